// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Traces TCP connections from state to state. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "owner.h"

struct tcpstates_event {
	struct socket_event;
	enum tcp_state from;
	enum tcp_state to;
	snoop_known_duration lasted;
};

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
	event_send(&e, sizeof(e));
}

SEC("raw_tp/inet_sock_set_state")
int handle_state(struct bpf_raw_tracepoint_args *ctx)
{
	struct sock *sk = (void *)ctx->args[0];
	int from = ctx->args[1], to = ctx->args[2];
	struct tcp_socket *known;
	__u64 now, since;

	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	known = tcp_socket_find(sk);
	since = known ? known->changed : 0;
	owner_state(sk, from, to);
	/* A new connection's socket has no addresses yet: told with its next change. */
	if (from == TCP_LISTEN && to == TCP_SYN_RECV)
		return 0;
	known = tcp_socket_find(sk);
	now = bpf_ktime_get_boot_ns();
	if (from == TCP_SYN_RECV && known && known->role == server)
		send(sk, known, TCP_LISTEN, TCP_SYN_RECV, since, 0);
	send(sk, known, from, to, now, since);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
