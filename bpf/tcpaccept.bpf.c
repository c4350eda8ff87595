// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Traces accept(2): the process, the peer, and the length of the accept queue. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "errno.h"
#include "mptcp.h"
#include "syscall.h"

NO_PADDING_BEGIN
struct tcpaccept_event {
	struct socket_event;
	snoop_ret ret;
	__u32 waiting;
	__u32 backlog;
	snoop_mptcp mptcp;
};
NO_PADDING_END

SMALL_EVENT(tcpaccept_event);

static __always_inline int handle_exit(long ret)
{
	struct tcpaccept_event e = {.ret = ret};
	struct sock *listener = socket_of(current_file(syscall_argument(current_regs(), 1)));
	struct sock *sk = ret < 0 ? listener : socket_of(current_file(ret));
	struct socket_event *base = (void *)&e;

	/* An empty accept queue is no failure. */
	if (ret == -EAGAIN || ret == -EINTR || ret == -ERESTARTSYS || (filter_failed && ret >= 0))
		return 0;
	if (!sk || !listener || !has_connections(sk))
		return 0;
	connection_ends_read(base, sk);
	if (!socket_event_current(base))
		return 0;
	e.waiting = BPF_CORE_READ(queue_of(listener), sk_ack_backlog);
	e.backlog = BPF_CORE_READ(queue_of(listener), sk_max_ack_backlog);
	e.mptcp = mptcp_part_of(sk);
	event_send(&e, sizeof(e));
	return 0;
}

SYSCALL_EXIT(handle_accept, accept)
{
	return handle_exit(ret);
}

SYSCALL_EXIT(handle_accept4, accept4)
{
	return handle_exit(ret);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
