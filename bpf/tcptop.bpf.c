// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sums bytes that processes send and receive over TCP, by connection, as their calls return. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "call.h"
#include "mptcp.h"
#include "tally.h"

#define MSG_PEEK 2 /* include/linux/socket.h */

extern int LINUX_KERNEL_VERSION __kconfig;

NO_PADDING_BEGIN
struct tcptop_row_key {
	snoop_cgroup cgroup;
	__u32 pid;
	snoop_comm comm;
	snoop_endpoint local;
	snoop_peer remote;
	__u32 netns;
	snoop_mptcp mptcp;
	__u32 _padding;
};

struct tcptop_row_value {
	snoop_count sent;
	snoop_count received;
};
NO_PADDING_END

TALLY(tcptop_row, 32768);

static __always_inline int add(struct sock *sk, long sent, long received)
{
	struct socket_event e = {};
	struct tcptop_row_key key = {};
	struct tcptop_row_value *row;

	if (sent <= 0 && received <= 0)
		return 0;
	if (is_tcp(sk)) {
		ends_read(&e, sk);
	} else if (is_mptcp(sk)) {
		connection_ends_read(&e, sk);
		key.mptcp = mptcp_part_of(sk);
	} else {
		return 0;
	}
	if (!ends_wanted(&e) || !filter_allows_anywhere())
		return 0;
	key.cgroup = tally_cgroup(bpf_get_current_cgroup_id());
	key.pid = bpf_get_current_pid_tgid() >> 32;
	current_process_comm(key.comm);
	key.local = e.local;
	key.remote = e.remote;
	key.netns = e.netns;
	row = tally_row(&key);
	if (!row)
		return 0;
	if (sent > 0)
		__sync_fetch_and_add(&row->sent, sent);
	if (received > 0)
		__sync_fetch_and_add(&row->received, received);
	return 0;
}

SEC("raw_tp/sock_send_length")
int handle_send(__u64 *ctx)
{
	return add((void *)ctx[0], (int)ctx[1], 0);
}

SEC("raw_tp/sock_recv_length")
int handle_receive(__u64 *ctx)
{
	return (int)ctx[2] & MSG_PEEK ? 0 : add((void *)ctx[0], 0, (int)ctx[1]);
}

SEC("fexit/tcp_sendmsg")
int handle_sendmsg(__u64 *ctx)
{
	return add((void *)ctx[0], (int)ctx[3], 0);
}

/*
 * tcp_recvmsg() and mptcp_recvmsg() have one argument less since 5.19, `nonblock`, before `flags`,
 * and one more after `flags` since 7.x.
 */
static __always_inline bool has_nonblock(void)
{
	return LINUX_KERNEL_VERSION < KERNEL_VERSION(5, 19, 0);
}

/*
 * One of two arguments. clang would merge the loads into one from a variable address, which kernels
 * refuse for a context.
 */
#define EITHER(condition, one, other)                                                              \
	({                                                                                         \
		int either;                                                                        \
		if (condition) {                                                                   \
			either = one;                                                              \
			barrier_var(either);                                                       \
		} else {                                                                           \
			either = other;                                                            \
			barrier_var(either);                                                       \
		}                                                                                  \
		either;                                                                            \
	})

static __always_inline int received(__u64 *ctx)
{
	int flags = EITHER(has_nonblock(), ctx[4], ctx[3]);
	__u64 ret = 0;

	if (has_nonblock())
		ret = ctx[6];
	else /* since 5.17: knows the number of arguments */
		bpf_get_func_ret(ctx, &ret);
	return flags & MSG_PEEK ? 0 : add((void *)ctx[0], 0, (int)ret);
}

SEC("fexit/tcp_recvmsg")
int handle_recvmsg(__u64 *ctx)
{
	return received(ctx);
}

SEC("fexit/mptcp_sendmsg")
int handle_mptcp_sendmsg(__u64 *ctx)
{
	return add((void *)ctx[0], (int)ctx[3], 0);
}

SEC("fexit/mptcp_recvmsg")
int handle_mptcp_recvmsg(__u64 *ctx)
{
	return received(ctx);
}

struct call {
	struct sock *sk;
};

CALLS(struct call);

static __always_inline int enter(struct pt_regs *ctx, bool is_peek)
{
	struct call call = {.sk = (void *)PT_REGS_PARM1(ctx)};

	if (!is_peek)
		call_keep(&call);
	return 0;
}

static __always_inline struct sock *leave(void)
{
	struct call *call = call_find();
	struct sock *sk = call ? call->sk : NULL;

	call_forget();
	return sk;
}

static __always_inline int enter_receive(struct pt_regs *ctx)
{
	int flags = EITHER(has_nonblock(), PT_REGS_PARM5(ctx), PT_REGS_PARM4(ctx));

	return enter(ctx, flags & MSG_PEEK);
}

static __always_inline int leave_send(struct pt_regs *ctx)
{
	struct sock *sk = leave();

	return sk ? add(sk, (int)PT_REGS_RC(ctx), 0) : 0;
}

static __always_inline int leave_receive(struct pt_regs *ctx)
{
	struct sock *sk = leave();

	return sk ? add(sk, 0, (int)PT_REGS_RC(ctx)) : 0;
}

/* Programs at the entry and the return of a protocol's functions for sending and receiving. */
#define KPROBES(protocol)                                                                          \
	SEC("kprobe/" #protocol "_sendmsg")                                                        \
	int enter_##protocol##_sendmsg(struct pt_regs *ctx)                                        \
	{                                                                                          \
		return enter(ctx, false);                                                          \
	}                                                                                          \
                                                                                                   \
	SEC("kretprobe/" #protocol "_sendmsg")                                                     \
	int leave_##protocol##_sendmsg(struct pt_regs *ctx)                                        \
	{                                                                                          \
		return leave_send(ctx);                                                            \
	}                                                                                          \
                                                                                                   \
	SEC("kprobe/" #protocol "_recvmsg")                                                        \
	int enter_##protocol##_recvmsg(struct pt_regs *ctx)                                        \
	{                                                                                          \
		return enter_receive(ctx);                                                         \
	}                                                                                          \
                                                                                                   \
	SEC("kretprobe/" #protocol "_recvmsg")                                                     \
	int leave_##protocol##_recvmsg(struct pt_regs *ctx)                                        \
	{                                                                                          \
		return leave_receive(ctx);                                                         \
	}                                                                                          \
	_Static_assert(true, "") /* for the semicolon */

KPROBES(tcp);
KPROBES(mptcp);

char LICENSE[] SEC("license") = "Dual BSD/GPL";
