// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Traces state changes of TCP connections. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "owner.h"

NO_PADDING_BEGIN
struct tcpstates_event {
	struct socket_event;
	enum tcp_state from;
	enum tcp_state to;
	snoop_known_duration lasted;
	snoop_mptcp mptcp;
	__u32 _padding; /* before 6.3 the verifier requires every byte sent to be initialized */
};
NO_PADDING_END

SMALL_EVENT(tcpstates_event);

static __always_inline void send(struct sock *sk, const struct tcp_socket *known, int from, int to,
				 __u64 time, __u64 since)
{
	struct tcpstates_event e = {};

	if (!socket_event_fill((struct socket_event *)&e, sk, known))
		return;
	e.time = time;
	e.from = from;
	e.to = to;
	e.lasted = since ? time - since : 0;
	e.mptcp = mptcp_part_of(sk);
	event_send(&e, sizeof(e));
}

#define TOLD_MARK 1 /* in tcp_socket::marks: the start of an MPTCP connection was reported */

/*
 * An MPTCP connection has no addresses when it begins: its start is reported when its first subflow
 * begins to connect, or is connected to.
 */
static __always_inline void tell_connection(struct sock *subflow)
{
	struct sock *sk = mptcp_connection(subflow);
	struct tcp_socket *known = sk ? tcp_socket_find(sk) : NULL;

	if (!known || known->role == unknown || known->marks & TOLD_MARK)
		return;
	known->marks |= TOLD_MARK;
	send(sk, known, known->role == server ? TCP_LISTEN : TCP_CLOSE,
	     BPF_CORE_READ(sk, __sk_common.skc_state), known->changed, 0);
}

SEC("raw_tp/inet_sock_set_state")
int handle_state(struct bpf_raw_tracepoint_args *ctx)
{
	struct sock *sk = (void *)ctx->args[0];
	int from = ctx->args[1], to = ctx->args[2];
	struct tcp_socket *known;
	__u64 now, since;

	if (!state_changes(sk, from, to))
		return 0;
	known = tcp_socket_find(sk);
	since = known ? known->changed : 0;
	owner_state(sk, from, to);
	/* The socket of a new connection has no addresses yet: reported with its next change. */
	if (from == TCP_LISTEN && to != TCP_CLOSE)
		return 0;
	if (to == TCP_SYN_SENT && is_mptcp(sk))
		return 0;
	known = tcp_socket_find(sk);
	now = bpf_ktime_get_boot_ns();
	if (to == TCP_SYN_SENT) {
		tell_connection(sk);
	} else if (from == TCP_SYN_RECV && known && known->role == server) {
		send(sk, known, TCP_LISTEN, TCP_SYN_RECV, since, 0);
		tell_connection(sk);
	}
	send(sk, known, from, to, now, since);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
