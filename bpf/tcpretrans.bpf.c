// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Traces TCP retransmissions. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "errno.h"
#include "owner.h"
#include "stack.h"
#include "tally.h"

/* include/net/tcp.h, include/net/inet_connection_sock.h */
#define TCPHDR_SYN 0x02
#define TCPHDR_ACK 0x10
#define ICSK_TIME_LOSS_PROBE 5

/* Kinds of retransmission. */
enum retransmit_kind {
	loss_probe,
	rto,
	after_rto,
	fast,
	syn,
	synack,
};

/* enum tcp_ca_state */
enum congestion_state {
	Open,
	Disorder,
	CWR,
	Recovery,
	Loss,
};

NO_PADDING_BEGIN
struct tcpretrans_event {
	struct socket_event;
	enum tcp_state state;
	enum retransmit_kind kind;
	snoop_ret ret;
	__u32 seq;
	__u32 length;
	enum congestion_state congestion;
	__u32 timeouts;
	__u32 retransmits;
	snoop_mptcp mptcp;
	__u32 _padding; /* before 6.3 the verifier requires every byte sent to be initialized */
	snoop_stack stack;
};
NO_PADDING_END

STACK_EVENT(tcpretrans_event, 2);

/* --count: owner, remote endpoint, kind. */
NO_PADDING_BEGIN
struct tcpretrans_count_key {
	snoop_cgroup cgroup;
	snoop_comm comm;
	snoop_peer remote;
	enum retransmit_kind kind;
};

struct tcpretrans_count_value {
	snoop_count count;
	snoop_count bytes;
};
NO_PADDING_END

TALLY(tcpretrans_count, 16384);

const volatile bool want_counts;

static __always_inline void send(void *ctx, struct tcpretrans_event *e, __u32 program)
{
	struct tcpretrans_count_key key = {.remote = e->remote, .kind = e->kind};
	struct tcpretrans_count_value *value;

	if (!want_counts) {
		tcpretrans_event_send(ctx, e, program);
		return;
	}
	key.cgroup = tally_cgroup(e->cgroup);
	__builtin_memcpy(key.comm, e->comm, sizeof(key.comm));
	value = tally_row(&key);
	if (!value)
		return;
	__sync_fetch_and_add(&value->count, 1);
	__sync_fetch_and_add(&value->bytes, e->length);
}

/*
 * A loss probe is the last segment sent, while its timer is still the one set. That also holds
 * while an acknowledgement causes retransmissions, but not of the last segment: it counts as lost
 * only if a segment sent after it has arrived. The timer for the RTO is no longer set when it
 * fires.
 */
static __always_inline enum retransmit_kind kind_of(struct sock *sk, struct tcp_skb_cb *cb)
{
	struct inet_connection_sock *icsk = (void *)sk;
	int congestion = BPF_CORE_READ_BITFIELD_PROBED(icsk, icsk_ca_state);
	__u8 flags = BPF_CORE_READ(cb, tcp_flags), timer = BPF_CORE_READ(icsk, icsk_pending);

	if (flags & TCPHDR_SYN)
		return flags & TCPHDR_ACK ? synack : syn;
	if (congestion == TCP_CA_Loss)
		return timer ? after_rto : rto;
	if (timer == ICSK_TIME_LOSS_PROBE &&
	    BPF_CORE_READ(cb, end_seq) == BPF_CORE_READ((struct tcp_sock *)sk, snd_nxt))
		return loss_probe;
	return fast;
}

/* Since 6.17 the kernel also reports retransmissions that it could not send. */
#define TELLS_FAILURES bpf_core_type_exists(struct trace_event_raw_tcp_retransmit_skb)

/* Drops by a queue of the device have no errno: the kernel's net_xmit_errno() returns this one. */
static __always_inline int error_of(int result)
{
	return result > 0 ? -ENOBUFS : result;
}

SEC("raw_tp/tcp_retransmit_skb")
int handle_retransmit(struct bpf_raw_tracepoint_args *ctx)
{
	struct sock *sk = (void *)ctx->args[0];
	struct sk_buff *skb = (void *)ctx->args[1];
	struct tcp_skb_cb *cb = (void *)skb->cb;
	struct tcpretrans_event e = {};

	if (TELLS_FAILURES)
		e.ret = error_of(ctx->args[2]);
	if (filter_failed && !e.ret)
		return 0;
	if (!socket_event_fill((struct socket_event *)&e, sk, tcp_socket_find(sk)))
		return 0;
	e.state = BPF_CORE_READ(sk, __sk_common.skc_state);
	e.kind = kind_of(sk, cb);
	e.seq = BPF_CORE_READ(cb, seq);
	e.length = BPF_CORE_READ(skb, len);
	e.congestion =
		BPF_CORE_READ_BITFIELD_PROBED((struct inet_connection_sock *)sk, icsk_ca_state);
	e.timeouts = BPF_CORE_READ((struct inet_connection_sock *)sk, icsk_retransmits);
	e.retransmits = BPF_CORE_READ((struct tcp_sock *)sk, total_retrans);
	e.mptcp = mptcp_part_of(sk);
	send(ctx, &e, 0);
	return 0;
}

/* A requested connection has no socket yet, only a request, which begins like one. */
SEC("raw_tp/tcp_retransmit_synack")
int handle_synack(struct bpf_raw_tracepoint_args *ctx)
{
	struct sock *listener = (void *)ctx->args[0];
	struct request_sock *request = (void *)ctx->args[1];
	struct tcpretrans_event e = {};

	if (filter_failed)
		return 0;
	ends_read((struct socket_event *)&e, (struct sock *)request);
	if (!owner_fill((struct socket_event *)&e, owner_of(listener, tcp_socket_find(listener)),
			listener))
		return 0;
	e.state = TCP_SYN_RECV;
	e.kind = synack;
	e.seq = BPF_CORE_READ((struct tcp_request_sock *)request, snt_isn);
	e.retransmits = BPF_CORE_READ(request, num_retrans) + 1;
	e.mptcp = mptcp_part_of_request(request);
	send(ctx, &e, 1);
	return 0;
}

OWNER_STATES(handle_state);

char LICENSE[] SEC("license") = "Dual BSD/GPL";
