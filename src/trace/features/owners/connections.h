/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TCP sockets by the endpoints of their connection, for packets that have no socket, or none yet.
 * An entry may be outdated and is checked when it is used.
 */
#ifndef SNOOPKIT_CONNECTIONS_H
#define SNOOPKIT_CONNECTIONS_H

#include "owner.h"

NO_PADDING_BEGIN
struct connection_key {
	snoop_endpoint local;
	snoop_endpoint remote;
	__u32 netns;
};
NO_PADDING_END

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct connection_key);
	__type(value, __u64); /* the socket's address */
} connections SEC(".maps");

/*
 * Before 6.11 the kernel does not report which socket drops a packet, and the packet has left its
 * device by then. The connection is then looked up regardless of the network namespace, which is 0
 * in its key.
 */
#define TELLS_SOCKETS bpf_core_field_exists(struct trace_event_raw_kfree_skb, rx_sk)

static __always_inline void connection_add(struct sock *sk)
{
	struct socket_event ends = {};
	struct connection_key key = {};
	__u64 value = (__u64)sk;

	ends_read(&ends, sk);
	key.local = ends.local;
	key.remote = ends.remote;
	key.netns = ends.netns;
	bpf_map_update_elem(&connections, &key, &value, BPF_ANY);
	if (!TELLS_SOCKETS) {
		key.netns = 0;
		bpf_map_update_elem(&connections, &key, &value, BPF_ANY);
	}
}

/* The socket of a connection, or NULL if it is not known. Also fills in an unknown namespace. */
static __always_inline struct sock *connection_find(struct socket_event *ends)
{
	struct connection_key key = {
		.local = ends->local, .remote = ends->remote, .netns = ends->netns};
	__u64 *found = bpf_map_lookup_elem(&connections, &key);
	struct sock *sk = found ? (void *)*found : NULL;

	/* The memory may have been reused for another socket. */
	if (!sk || !tcp_socket_find(sk) ||
	    BPF_CORE_READ(sk, __sk_common.skc_dport) != bpf_htons(ends->remote.port) ||
	    BPF_CORE_READ(sk, __sk_common.skc_num) != ends->local.port)
		return NULL;
	if (!ends->netns)
		ends->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	return sk;
}

/*
 * Sockets that have begun to connect, by remote endpoint: their local port is assigned only then.
 * Each processor has a slot for its latest one, so that simultaneous connections to one endpoint do
 * not share a slot.
 */
#define CONNECTING_SLOTS 4

NO_PADDING_BEGIN
struct connecting_key {
	snoop_endpoint remote;
	__u32 netns;
	__u32 slot;
};
NO_PADDING_END

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct connecting_key);
	__type(value, __u64); /* the socket's address */
} connecting SEC(".maps");

static __always_inline void connecting_add(struct sock *sk)
{
	struct connecting_key key = {.slot = bpf_get_smp_processor_id() % CONNECTING_SLOTS};
	struct socket_event ends = {};
	__u64 value = (__u64)sk;

	ends_read(&ends, sk);
	key.remote = ends.remote;
	key.netns = ends.netns;
	bpf_map_update_elem(&connecting, &key, &value, BPF_ANY);
}

static __always_inline bool endpoints_equal(const snoop_endpoint *one, const snoop_endpoint *other)
{
	const __u32 *left = (const void *)one->addr, *right = (const void *)other->addr;

	return one->port == other->port && left[0] == right[0] && left[1] == right[1] &&
	       left[2] == right[2] && left[3] == right[3];
}

/* The socket that connects from `local` to `remote`, or NULL if none is known. */
static __always_inline struct sock *connecting_find(const snoop_endpoint *local,
						    const snoop_endpoint *remote, __u32 netns)
{
	struct connecting_key key = {.remote = *remote, .netns = netns};

	for (int i = 0; i < CONNECTING_SLOTS; i++) {
		struct socket_event now = {};
		struct sock *sk;
		__u64 *found;

		key.slot = i;
		found = bpf_map_lookup_elem(&connecting, &key);
		sk = found ? (void *)*found : NULL;
		/* The memory may have been reused for another socket. */
		if (!sk || !tcp_socket_find(sk))
			continue;
		ends_read(&now, sk);
		if (endpoints_equal(&now.local, local) && endpoints_equal(&now.remote, remote))
			return sk;
	}
	return NULL;
}

/* The owner of the listener at the local endpoint, or at all addresses; NULL if it is not known. */
static __always_inline const struct owner *listener_find(const struct socket_event *ends)
{
	struct listener_key key = {.netns = ends->netns, .port = ends->local.port};
	struct tcp_listener *known;

	__builtin_memcpy(key.addr, ends->local.addr, sizeof(key.addr));
	known = bpf_map_lookup_elem(&listeners, &key);
	if (!known && ends->family == ipv4) {
		__builtin_memset(key.addr + 12, 0, 4);
		known = bpf_map_lookup_elem(&listeners, &key);
	}
	if (!known) {
		__builtin_memset(key.addr, 0, sizeof(key.addr));
		known = bpf_map_lookup_elem(&listeners, &key);
	}
	return known && !known->is_shared ? &known->owner : NULL;
}

/* Adds connections older than the trace. Runs once. */
SEC("iter/task_file")
int connections_existing(struct bpf_iter__task_file *ctx)
{
	struct sock *sk = ctx->task ? socket_of(ctx->file) : NULL;

	struct mptcp_subflows at;

	if (!sk || !has_connections(sk))
		return 0;
	if (!is_mptcp(sk)) {
		if (BPF_CORE_READ(sk, __sk_common.skc_dport))
			connection_add(sk);
		return 0;
	}
	mptcp_subflows_begin(&at, sk);
	for (int i = 0; i < MPTCP_SUBFLOWS_MAX && (sk = mptcp_subflows_next(&at)); i++)
		connection_add(sk);
	return 0;
}

#endif
