// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Traces TCP packets that the kernel drops. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "connections.h"
#include "packet.h"
#include "stack.h"
#include "tally.h"

#define SOCK_STREAM 1	/* include/linux/net.h */
#define TCPHDR_SYN 0x02 /* include/net/tcp.h */
#define TCPHDR_RST 0x04

enum packet_direction {
	received,
	sent,
};

NO_PADDING_BEGIN
struct tcpdrop_event {
	struct socket_event;
	enum packet_direction direction;
	snoop_drop_reason drop_reason;
	snoop_known_tcp_state state;
	__u32 seq;
	__u32 ack;
	__u32 length;
	snoop_mptcp mptcp;
	snoop_tcp_flags flags;
	__u8 _padding[3];
	snoop_ksym location;
	snoop_stack stack;
};
NO_PADDING_END

enum program {
	BY_SOCKET,
	BY_REASON,
	BY_FREE,
	BY_TCP,
	PROGRAMS,
};

STACK_EVENT(tcpdrop_event, PROGRAMS);

/* --count: owner, reason, location. */
NO_PADDING_BEGIN
struct tcpdrop_count_key {
	snoop_cgroup cgroup;
	snoop_comm comm;
	snoop_ksym location;
	snoop_drop_reason drop_reason;
	enum packet_direction direction;
};

struct tcpdrop_count_value {
	snoop_count count;
};
NO_PADDING_END

TALLY(tcpdrop_count, 16384);

const volatile bool want_counts;

static __always_inline void send(void *ctx, struct tcpdrop_event *e, enum program program)
{
	struct tcpdrop_count_key key = {
		.location = e->location,
		.drop_reason = e->drop_reason,
		.direction = e->direction,
	};
	struct tcpdrop_count_value *value;

	if (!want_counts) {
		tcpdrop_event_send(ctx, e, program);
		return;
	}
	key.cgroup = tally_cgroup(e->cgroup);
	__builtin_memcpy(key.comm, e->comm, sizeof(key.comm));
	value = tally_row(&key);
	if (value)
		__sync_fetch_and_add(&value->count, 1);
}

/* Whether the struct is more than the common start of all kinds of sockets. */
static __always_inline bool is_whole(struct sock *sk)
{
	__u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);

	return state != TCP_NEW_SYN_RECV && state != TCP_TIME_WAIT;
}

/*
 * Whether this is a program's socket that speaks TCP, not a packet socket or one of the kernel's
 * own.
 */
static __always_inline bool is_stream(struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	if (family != ipv4 && family != ipv6)
		return false;
	return !is_whole(sk) || (is_tcp(sk) && BPF_CORE_READ(sk, sk_type) == SOCK_STREAM);
}

/* The network namespace of the socket, or without one that of the device. */
static __always_inline __u32 netns_of(struct sk_buff *skb, struct sock *sk)
{
	if (sk)
		return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	return BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
}

/* Reads the known parts of the packet. Returns whether it is TCP. */
static __always_inline bool packet_fill(struct tcpdrop_event *e, struct sk_buff *skb,
					struct sock *sk)
{
	struct tcp_packet p = {};

	if (tcp_packet_read(&p, skb)) {
		bool is_ours = packet_is_ours(skb);

		e->direction = is_ours ? sent : received;
		e->family = p.family;
		e->local = is_ours ? p.source : p.target;
		e->remote = is_ours ? p.target : p.source;
		e->netns = netns_of(skb, sk);
	} else if (sk && is_whole(sk) && unsent_packet_read(&p, skb)) {
		e->direction = sent;
		ends_read((struct socket_event *)e, sk);
	} else {
		return false;
	}
	e->seq = p.seq;
	e->ack = p.ack;
	e->length = p.length;
	e->flags = p.flags;
	return true;
}

/* Whether the packet belongs to a handshake, for which there may be no connection yet. */
static __always_inline bool is_handshake(const struct tcpdrop_event *e)
{
	return e->direction == received && e->flags & (TCPHDR_SYN | TCPHDR_RST);
}

/*
 * The owner of a packet that no socket has: the listener's owner, or without one the sender, if
 * that is a process in the same network namespace.
 */
static __always_inline const struct owner *owner_without_socket(struct tcpdrop_event *e)
{
	const struct owner *listener =
		e->direction == received ? listener_find((struct socket_event *)e) : NULL;
	struct sock *sender;

	if (listener) {
		e->state = TCP_LISTEN;
		return listener;
	}
	sender = is_handshake(e) ? connecting_find(&e->remote, &e->local, e->netns) : NULL;
	if (!sender)
		return NULL;
	e->mptcp = mptcp_part_of(sender);
	return owner_of(sender, tcp_socket_find(sender));
}

/* The process that the packet is from or for, and the state of the socket; NULL if not known. */
static __always_inline const struct owner *owner_find(struct tcpdrop_event *e, struct sock *sk)
{
	if (!sk)
		sk = connection_find((struct socket_event *)e);
	if (!sk && is_handshake(e))
		sk = connecting_find(&e->local, &e->remote, e->netns);
	if (!sk)
		return owner_without_socket(e);
	e->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	if (e->state == TCP_NEW_SYN_RECV) {
		e->state = TCP_SYN_RECV;
		e->mptcp = mptcp_part_of_request((struct request_sock *)sk);
		sk = BPF_CORE_READ(sk, __sk_common.skc_listener);
	} else if (e->state != TCP_TIME_WAIT) {
		e->mptcp = mptcp_part_of(sk);
	}
	return sk && e->state != TCP_TIME_WAIT ? owner_of(sk, tcp_socket_find(sk)) : NULL;
}

#define HAS_REASON(reason, name)                                                                   \
	(bpf_core_enum_value_exists(enum skb_drop_reason, name) &&                                 \
	 (reason) == bpf_core_enum_value(enum skb_drop_reason, name))

/* Whether a packet is dropped, not merely consumed. */
static __always_inline bool is_drop(__u32 reason)
{
	return !HAS_REASON(reason, SKB_NOT_DROPPED_YET) && !HAS_REASON(reason, SKB_CONSUMED);
}

/*
 * Whether the drop of a packet without data has no meaning. Such a packet has reached the socket of
 * a connection, which takes it from its device, and the kernel gives no reason: it has processed
 * the acknowledgement, or purges a queue that still holds an end that no program has read.
 */
static __always_inline bool is_done(const struct tcpdrop_event *e, struct sk_buff *skb)
{
	if (e->length || e->flags & (TCPHDR_SYN | TCPHDR_RST) || !e->state ||
	    e->state == TCP_SYN_RECV || e->state == TCP_LISTEN || BPF_CORE_READ(skb, dev))
		return false;
	return !e->drop_reason || HAS_REASON(e->drop_reason, SKB_DROP_REASON_NOT_SPECIFIED) ||
	       HAS_REASON(e->drop_reason, SKB_DROP_REASON_QUEUE_PURGE);
}

/* `sk` is the socket whose queue or rules reject the packet, if the kernel reports it. */
static __always_inline int handle(void *ctx, struct sk_buff *skb, struct sock *sk, __u64 location,
				  __u32 reason, enum program program)
{
	struct tcpdrop_event e = {.location = location, .drop_reason = reason};
	const struct owner *owner;

	/* Packet sockets get copies of packets. */
	if (sk && !is_stream(sk))
		return 0;
	/* Part of a larger packet, freed with that, or data that was not sent yet. */
	if (BPF_CORE_READ_BITFIELD_PROBED(skb, nohdr))
		return 0;
	if (!sk)
		sk = BPF_CORE_READ(skb, sk);
	if (sk && !is_stream(sk))
		sk = NULL;
	if (!packet_fill(&e, skb, sk))
		return 0;
	owner = owner_find(&e, sk);
	if (is_done(&e, skb) ||
	    !owner_fill((struct socket_event *)&e, owner, sk && is_whole(sk) ? sk : NULL))
		return 0;
	send(ctx, &e, program);
	return 0;
}

/* Since 6.11. */
SEC("raw_tp/kfree_skb")
int handle_drop_of_socket(struct bpf_raw_tracepoint_args *ctx)
{
	if (!is_drop(ctx->args[2]))
		return 0;
	return handle(ctx, (void *)ctx->args[0], (void *)ctx->args[3], ctx->args[1], ctx->args[2],
		      BY_SOCKET);
}

/* Since 5.17. */
SEC("raw_tp/kfree_skb")
int handle_drop(struct bpf_raw_tracepoint_args *ctx)
{
	if (!is_drop(ctx->args[2]))
		return 0;
	return handle(ctx, (void *)ctx->args[0], NULL, ctx->args[1], ctx->args[2], BY_REASON);
}

SEC("raw_tp/kfree_skb")
int handle_free(struct bpf_raw_tracepoint_args *ctx)
{
	return handle(ctx, (void *)ctx->args[0], NULL, ctx->args[1], 0, BY_FREE);
}

/* On kernels without reasons, drops by a socket do not reach that tracepoint. */
SEC("kprobe/tcp_drop")
int handle_tcp_drop(struct pt_regs *ctx)
{
	__u64 caller = 0;

	BPF_KPROBE_READ_RET_IP(caller, ctx);
	return handle(ctx, (void *)PT_REGS_PARM2(ctx), (void *)PT_REGS_PARM1(ctx), caller, 0,
		      BY_TCP);
}

SEC("raw_tp/inet_sock_set_state")
int handle_state(struct bpf_raw_tracepoint_args *ctx)
{
	struct sock *sk = (void *)ctx->args[0];
	int from = ctx->args[1], to = ctx->args[2];

	if (!state_changes(sk, from, to))
		return 0;
	owner_state(sk, from, to);
	if (is_mptcp(sk))
		return 0;
	if (to == TCP_ESTABLISHED)
		connection_add(sk);
	else if (to == TCP_SYN_SENT)
		connecting_add(sk);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
