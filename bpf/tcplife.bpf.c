// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Tells of each TCP connection, at its end, what became of it. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "errno.h"
#include "owner.h"

/* How a connection ended. */
enum tcp_close {
	fin,	 /* in order */
	rst,	 /* it was reset */
	timeout, /* the other end did not answer any more */
};

enum tcp_closer {
	us,
	peer,
};

struct tcplife_event {
	struct socket_event;
	enum tcp_role role;
	enum tcp_close close;
	enum tcp_closer closed_by;
	__u32 retransmits;
	snoop_known_duration duration;
	snoop_count sent;
	snoop_count received;
	snoop_known_duration srtt;
};

SMALL_EVENT(tcplife_event);

const volatile __u64 min_duration;

/* What is noted in tcp_socket::marks. */
#define ESTABLISHED_MARK 1
#define FIRST_LOCAL_MARK 2 /* our FIN was the first */
#define FIRST_REMOTE_MARK 4

/* The first FIN decides who closed. */
static __always_inline void note_state(struct tcp_socket *known, int to)
{
	if (to == TCP_ESTABLISHED)
		known->marks |= ESTABLISHED_MARK;
	if (known->marks & (FIRST_LOCAL_MARK | FIRST_REMOTE_MARK))
		return;
	if (to == TCP_FIN_WAIT1)
		known->marks |= FIRST_LOCAL_MARK;
	else if (to == TCP_CLOSE_WAIT)
		known->marks |= FIRST_REMOTE_MARK;
}

static __always_inline void read_close(struct tcplife_event *e, struct sock *sk, int from,
				       __u32 marks)
{
	switch (BPF_CORE_READ(sk, sk_err)) {
	case 0:
		/* Without a FIN of ours we reset it: unread data, SO_LINGER 0. */
		e->close = from == TCP_FIN_WAIT2 || from == TCP_LAST_ACK || from == TCP_CLOSING ||
					   from == TCP_TIME_WAIT
				   ? fin
				   : rst;
		e->closed_by = e->close == fin && marks & FIRST_REMOTE_MARK ? peer : us;
		return;
	case ECONNABORTED: /* by ss --kill */
		e->close = rst;
		e->closed_by = us;
		return;
	case EPIPE: /* a reset, after a FIN */
	case ECONNRESET:
		e->close = rst;
		e->closed_by = peer;
		return;
	default: /* ETIMEDOUT, or why nothing came back, such as EHOSTUNREACH */
		e->close = timeout;
		e->closed_by = us;
	}
}

/* The kernel's counts have a FIN as one byte, too, and each retransmission. */
static __always_inline void read_counts(struct tcplife_event *e, struct sock *sk)
{
	struct tcp_sock *tp = (void *)sk;

	e->sent = BPF_CORE_READ(tp, bytes_sent) - BPF_CORE_READ(tp, bytes_retrans);
	e->received = BPF_CORE_READ(tp, bytes_received);
	if (e->received && BPF_CORE_READ(sk, __sk_common.skc_flags) & 1UL << SOCK_DONE)
		e->received--;
	e->retransmits = BPF_CORE_READ(tp, total_retrans);
	e->srtt = (__u64)(BPF_CORE_READ(tp, srtt_us) >> 3) * 1000; /* it is kept times eight */
}

static __always_inline void send(struct sock *sk, const struct tcp_socket *known, int from)
{
	struct tcplife_event e = {};

	if (!socket_event_fill((struct socket_event *)&e, sk, known))
		return;
	read_close(&e, sk, from, known ? known->marks : 0);
	if (filter_failed && e.close == fin)
		return;
	if (known) {
		e.role = known->role;
		e.duration = known->opened ? e.time - known->opened : 0;
	}
	if (e.duration < min_duration)
		return;
	read_counts(&e, sk);
	event_send(&e, sizeof(e));
}

SEC("raw_tp/inet_sock_set_state")
int handle_state(struct bpf_raw_tracepoint_args *ctx)
{
	struct sock *sk = (void *)ctx->args[0];
	int from = ctx->args[1], to = ctx->args[2];
	struct tcp_socket *known;

	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	owner_state(sk, from, to);
	known = tcp_socket_find(sk);
	if (known)
		note_state(known, to);
	if (to != TCP_CLOSE || from == TCP_LISTEN || from == TCP_SYN_SENT)
		return 0;
	/* One that is older than the trace was established, if it is not just being so. */
	if (known && known->opened && !(known->marks & ESTABLISHED_MARK))
		return 0;
	if (from != TCP_SYN_RECV || (known && known->marks & ESTABLISHED_MARK))
		send(sk, known, from);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
