/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hooks that find the owners of sockets: at accept, send and receive, and for sockets older than
 * the trace.
 */
#ifndef SNOOPKIT_OWNER_HOOKS_H
#define SNOOPKIT_OWNER_HOOKS_H

#include "owner.h"

static __always_inline int owner_accepts(long fd)
{
	struct sock *sk = fd < 0 ? NULL : socket_of(current_file(fd));

	if (sk && has_connections(sk))
		owner_set(sk, false);
	return 0;
}

SYSCALL_EXIT(owner_accept, accept)
{
	return owner_accepts(ret);
}

SYSCALL_EXIT(owner_accept4, accept4)
{
	return owner_accepts(ret);
}

/* A process sends or receives. Most often it is the same one as before: that path must be quick. */
static __always_inline int owner_uses(struct sock *sk)
{
	struct tcp_socket *known = tcp_socket_find(sk);

	if (known && known->owner.has_used && known->owner.pid == bpf_get_current_pid_tgid() >> 32)
		return 0;
	if (known || has_connections(sk))
		owner_set(sk, true);
	return 0;
}

SEC("raw_tp/sock_send_length")
int owner_sends(struct bpf_raw_tracepoint_args *ctx)
{
	return owner_uses((void *)ctx->args[0]);
}

SEC("raw_tp/sock_recv_length")
int owner_receives(struct bpf_raw_tracepoint_args *ctx)
{
	return owner_uses((void *)ctx->args[0]);
}

SEC("fentry/tcp_sendmsg")
int owner_sends_fentry(__u64 *ctx)
{
	return owner_uses((void *)ctx[0]);
}

SEC("fentry/tcp_recvmsg")
int owner_receives_fentry(__u64 *ctx)
{
	return owner_uses((void *)ctx[0]);
}

SEC("fentry/mptcp_sendmsg")
int owner_sends_mptcp_fentry(__u64 *ctx)
{
	return owner_uses((void *)ctx[0]);
}

SEC("fentry/mptcp_recvmsg")
int owner_receives_mptcp_fentry(__u64 *ctx)
{
	return owner_uses((void *)ctx[0]);
}

SEC("kprobe/tcp_sendmsg")
int owner_sends_kprobe(struct pt_regs *ctx)
{
	return owner_uses((void *)PT_REGS_PARM1(ctx));
}

SEC("kprobe/tcp_recvmsg")
int owner_receives_kprobe(struct pt_regs *ctx)
{
	return owner_uses((void *)PT_REGS_PARM1(ctx));
}

SEC("kprobe/mptcp_sendmsg")
int owner_sends_mptcp_kprobe(struct pt_regs *ctx)
{
	return owner_uses((void *)PT_REGS_PARM1(ctx));
}

SEC("kprobe/mptcp_recvmsg")
int owner_receives_mptcp_kprobe(struct pt_regs *ctx)
{
	return owner_uses((void *)PT_REGS_PARM1(ctx));
}

/* The socket's memory is about to be reused. For MPTCP the kernel reports only subflows. */
SEC("raw_tp/tcp_destroy_sock")
int owner_forget(struct bpf_raw_tracepoint_args *ctx)
{
	struct sock *sk = (void *)ctx->args[0], *connection = mptcp_connection(sk);

	tcp_socket_remove(sk);
	if (connection && BPF_CORE_READ(connection, __sk_common.skc_state) == TCP_CLOSE &&
	    !mptcp_has_others(connection, sk))
		tcp_socket_remove(connection);
	return 0;
}

/* Adds the subflows of a connection older than the trace, with the connection's owner. */
static __always_inline void subflows_existing(struct sock *connection)
{
	const struct tcp_socket added = {};
	struct mptcp_subflows at;
	struct sock *sk;

	mptcp_subflows_begin(&at, connection);
	for (int i = 0; i < MPTCP_SUBFLOWS_MAX && (sk = mptcp_subflows_next(&at)); i++)
		tcp_socket_add(sk, &added, BPF_NOEXIST);
}

/* Adds sockets older than the trace. Runs once. */
SEC("iter/task_file")
int owner_existing(struct bpf_iter__task_file *ctx)
{
	struct tcp_socket added = {};
	struct task_struct *task = ctx->task;
	struct sock *sk = task ? socket_of(ctx->file) : NULL;

	if (!sk || !has_connections(sk))
		return 0;
	owner_other(&added.owner, task);
	/*
	 * The iterator visits a socket once for each process that has it: the first is likely its
	 * opener.
	 */
	if (!tcp_socket_add(sk, &added, BPF_NOEXIST))
		return 0;
	if (BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_LISTEN)
		listener_add(sk, &added.owner);
	else if (is_mptcp(sk))
		subflows_existing(sk);
	return 0;
}

#endif
