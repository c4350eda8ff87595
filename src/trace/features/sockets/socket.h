/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Common parts of socket events: both endpoints, and the filters for them. */
#ifndef SNOOPKIT_SOCKET_H
#define SNOOPKIT_SOCKET_H

#include <bpf/bpf_endian.h>

#include "event.h"
#include "filter.h"
#include "path.h"

#define S_IFMT 0170000 /* include/uapi/linux/stat.h */
#define S_IFSOCK 0140000

/* AF_INET and AF_INET6. */
enum socket_family {
	ipv4 = 2,
	ipv6 = 10,
};

/* The states of a TCP connection: include/net/tcp_states.h. */
enum tcp_state {
	ESTABLISHED = TCP_ESTABLISHED,
	SYN_SENT = TCP_SYN_SENT,
	SYN_RECV = TCP_SYN_RECV,
	FIN_WAIT1 = TCP_FIN_WAIT1,
	FIN_WAIT2 = TCP_FIN_WAIT2,
	TIME_WAIT = TCP_TIME_WAIT,
	CLOSE = TCP_CLOSE,
	CLOSE_WAIT = TCP_CLOSE_WAIT,
	LAST_ACK = TCP_LAST_ACK,
	LISTEN = TCP_LISTEN,
	CLOSING = TCP_CLOSING,
	NEW_SYN_RECV = TCP_NEW_SYN_RECV,
};

typedef enum tcp_state snoop_known_tcp_state; /* 0 if not known */

NO_PADDING_BEGIN
/* Common start of every socket event. */
struct socket_event {
	struct event;
	snoop_endpoint local;
	snoop_peer remote;
	__u32 netns;
	enum socket_family family;
};
NO_PADDING_END

/* --port, --local-port and --remote-port; --addr, --local-addr and --remote-addr. */
enum filter_side {
	SIDE_EITHER,
	SIDE_LOCAL,
	SIDE_REMOTE,
};
KEEP_IN_BTF(enum, filter_side);

NO_PADDING_BEGIN
struct filter_port {
	__u16 side;
	snoop_port port;
};
NO_PADDING_END

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct filter_port);
	__type(value, __u8);
} filter_ports SEC(".maps");

struct filter_network {
	__u32 prefix; /* in bits, including the bits of `side` */
	__u8 side;
	__u8 addr[16];
} __attribute__((packed));

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct filter_network);
	__type(value, __u8);
} filter_networks SEC(".maps");

const volatile __u32 filter_port_sides;	   /* a bit for each filter_side in use */
const volatile __u32 filter_network_sides; /* the same */
const volatile __u32 filter_ip;		   /* 4 or 6: only packets of that version; 0 for all */

static __always_inline bool port_listed(enum filter_side side, const snoop_endpoint *end)
{
	struct filter_port key = {.side = side, .port = end->port};

	return bpf_map_lookup_elem(&filter_ports, &key);
}

static __always_inline bool network_listed(enum filter_side side, const snoop_endpoint *end)
{
	struct filter_network key = {.prefix = 8 * (1 + sizeof(key.addr)), .side = side};

	__builtin_memcpy(key.addr, end->addr, sizeof(key.addr));
	return bpf_map_lookup_elem(&filter_networks, &key);
}

#define SIDES_ALLOW(sides, listed, e)                                                              \
	((!((sides) & 1 << SIDE_EITHER) || listed(SIDE_EITHER, &(e)->local) ||                     \
	  listed(SIDE_EITHER, &(e)->remote)) &&                                                    \
	 (!((sides) & 1 << SIDE_LOCAL) || listed(SIDE_LOCAL, &(e)->local)) &&                      \
	 (!((sides) & 1 << SIDE_REMOTE) || listed(SIDE_REMOTE, &(e)->remote)))

static __always_inline bool is_mapped(const snoop_endpoint *end)
{
	const __u32 *words = (const void *)end->addr;

	return !words[0] && !words[1] && words[2] == bpf_htonl(0xffff);
}

/* Whether the packets are IPv4, which includes an IPv6 socket with mapped addresses. */
static __always_inline bool is_ipv4(const struct socket_event *e)
{
	return is_mapped(&e->remote) || is_mapped(&e->local);
}

/* Whether any filter checks the endpoints of a socket. If not, ends_wanted() returns true. */
static __always_inline bool ends_filtered(void)
{
	return filter_ip || filter_port_sides || filter_network_sides || filter_uses(FILTER_NETNS);
}

/* Whether the filters allow a socket with these endpoints. */
static __always_inline bool ends_wanted(const struct socket_event *e)
{
	if (filter_ip && (filter_ip == 4) != is_ipv4(e))
		return false;
	return SIDES_ALLOW(filter_port_sides, port_listed, e) &&
	       SIDES_ALLOW(filter_network_sides, network_listed, e) &&
	       filter_allows_netns(e->netns);
}

static __always_inline void map_ip4(snoop_endpoint *end, __u32 addr)
{
	__u32 *words = (void *)end->addr;

	words[2] = bpf_htonl(0xffff);
	words[3] = addr;
}

/* Reads both endpoints of a socket into a zeroed event. */
static __always_inline void ends_read(struct socket_event *e, struct sock *sk)
{
	e->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	e->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	e->local.port = BPF_CORE_READ(sk, __sk_common.skc_num);
	if (!e->local.port) /* released before the socket was closed */
		e->local.port = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	e->remote.port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (e->family == ipv6) {
		BPF_CORE_READ_INTO(&e->local.addr, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&e->remote.addr, sk, __sk_common.skc_v6_daddr);
		return;
	}
	map_ip4(&e->local, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
	map_ip4(&e->remote, BPF_CORE_READ(sk, __sk_common.skc_daddr));
}

/*
 * Adds the current process and time to the endpoints of a socket. Returns whether the filters allow
 * the event.
 */
static __always_inline bool socket_event_current(struct socket_event *e)
{
	if (!ends_wanted(e) || !filter_allows_anywhere())
		return false;
	event_fill((struct event *)e);
	return true;
}

/* The socket behind a file, or NULL. */
static __always_inline struct sock *socket_of(struct file *file)
{
	struct socket *socket;

	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	socket = BPF_CORE_READ(file, private_data); /* NULL if it was opened with O_PATH */
	return socket ? BPF_CORE_READ(socket, sk) : NULL;
}

static __always_inline bool is_inet(struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	return family == ipv4 || family == ipv6;
}

static __always_inline bool is_tcp(struct sock *sk)
{
	return is_inet(sk) && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP;
}

#include "dns.h"

#endif
