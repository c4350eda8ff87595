// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Traces listen(2) of IPv4 and IPv6 sockets. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "mptcp.h"
#include "socket-options.h"
#include "syscall.h"

struct solisten_event {
	struct socket_event;
	enum ip_protocol proto;
	enum socket_option_flags options;
	snoop_ret ret;
	__s32 asked_backlog;
	__u32 backlog;
	__u8 _padding[4]; /* before 6.3 the verifier requires every byte sent to be initialized */
};

SMALL_EVENT(solisten_event);

static __always_inline int handle_listen(struct sock *sk, int asked, int ret)
{
	struct solisten_event e = {.ret = ret, .asked_backlog = asked};
	struct socket_event *ends = (struct socket_event *)&e;

	if (!is_inet(sk) || (filter_failed && ret >= 0))
		return 0;
	ends_read(ends, sk);
	if (!socket_event_current(ends))
		return 0;
	e.proto = protocol_of(sk);
	e.options = options_of(sk);
	if (ret >= 0)
		e.backlog = BPF_CORE_READ(queue_of(sk), sk_max_ack_backlog);
	event_send(&e, sizeof(e));
	return 0;
}

static __always_inline int handle_exit(int ret)
{
	struct pt_regs *regs = current_regs();
	struct sock *sk = socket_of(current_file(syscall_argument(regs, 1)));

	return sk ? handle_listen(sk, syscall_argument(regs, 2), ret) : 0;
}

SYSCALL_EXIT(handle_call, listen)
{
	return handle_exit(ret);
}

/* Arguments: socket, backlog. The backlog of listen(2) is already limited to the one in force. */
SEC("fexit/inet_listen")
int handle_inet(__u64 *ctx)
{
	struct pt_regs *regs = current_regs();
	struct socket *socket = (void *)ctx[0];
	int asked = syscall_number(regs) == NR_listen ? syscall_argument(regs, 2) : ctx[1];

	return handle_listen(BPF_CORE_READ(socket, sk), asked, ctx[2]);
}

/* The arguments of the function are gone when it returns; those of the system call are not. */
SEC("kretprobe/inet_listen")
int handle_inet_return(struct pt_regs *ctx)
{
	return syscall_number(current_regs()) == NR_listen ? handle_exit(PT_REGS_RC(ctx)) : 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
