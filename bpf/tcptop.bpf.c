// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Adds up what processes send and receive over TCP, by connection, as their calls return. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "call.h"
#include "socket.h"
#include "tally.h"

#define MSG_PEEK 2 /* include/linux/socket.h */

extern int LINUX_KERNEL_VERSION __kconfig;

struct tcptop_row_key {
	snoop_cgroup cgroup;
	__u32 pid;
	snoop_comm comm;
	snoop_endpoint local;
	snoop_peer remote;
	__u32 netns;
};

struct tcptop_row_value {
	snoop_count sent;
	snoop_count received;
};

TALLY(tcptop_row, 32768);

static __always_inline int add(struct sock *sk, long sent, long received)
{
	struct socket_event e = {};
	struct tcptop_row_key key = {};
	struct tcptop_row_value *row;

	if ((sent <= 0 && received <= 0) || !is_tcp(sk))
		return 0;
	ends_read(&e, sk);
	if (!ends_wanted(&e) || !filter_allows_anywhere())
		return 0;
	key.cgroup = tally_cgroup(bpf_get_current_cgroup_id());
	key.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(key.comm, sizeof(key.comm));
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

/* tcp_recvmsg() has an argument less since 5.19, `nonblock`, before `flags`; and another, behind
 * them, since 7.x. */
static __always_inline bool has_nonblock(void)
{
	return LINUX_KERNEL_VERSION < KERNEL_VERSION(5, 19, 0);
}

/* One of two arguments. clang would make it one load, from an address that depends: kernels refuse
 * that of a context. */
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

SEC("fexit/tcp_recvmsg")
int handle_recvmsg(__u64 *ctx)
{
	int flags = EITHER(has_nonblock(), ctx[4], ctx[3]);
	__u64 ret = 0;

	if (has_nonblock())
		ret = ctx[6];
	else /* since 5.17: it knows how many arguments there are */
		bpf_get_func_ret(ctx, &ret);
	return flags & MSG_PEEK ? 0 : add((void *)ctx[0], 0, (int)ret);
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

SEC("kprobe/tcp_sendmsg")
int enter_sendmsg(struct pt_regs *ctx)
{
	return enter(ctx, false);
}

SEC("kretprobe/tcp_sendmsg")
int leave_sendmsg(struct pt_regs *ctx)
{
	struct sock *sk = leave();

	return sk ? add(sk, (int)PT_REGS_RC(ctx), 0) : 0;
}

SEC("kprobe/tcp_recvmsg")
int enter_recvmsg(struct pt_regs *ctx)
{
	int flags = EITHER(has_nonblock(), PT_REGS_PARM5(ctx), PT_REGS_PARM4(ctx));

	return enter(ctx, flags & MSG_PEEK);
}

SEC("kretprobe/tcp_recvmsg")
int leave_recvmsg(struct pt_regs *ctx)
{
	struct sock *sk = leave();

	return sk ? add(sk, 0, (int)PT_REGS_RC(ctx)) : 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
