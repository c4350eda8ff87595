// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Traces the creation of processes, optionally of threads, as it happens, and failed calls at their
 * exit.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "event.h"
#include "filter.h"
#include "syscall.h"

#if defined(__TARGET_ARCH_x86)
#define NR_clone 56
#define NR_fork 57
#define NR_vfork 58
#elif defined(__TARGET_ARCH_arm64)
#define NR_clone 220
#endif
#define NR_clone3 435

/* Shown by these names. `kernel` stands for creation without a system call. */
enum forksnoop_call {
	kernel,
	fork,
	vfork,
	clone,
	clone3,
};

/* include/uapi/linux/sched.h */
enum forksnoop_flags {
	CLONE_NEWTIME = 0x80,
	CLONE_VM = 0x100,
	CLONE_FS = 0x200,
	CLONE_FILES = 0x400,
	CLONE_SIGHAND = 0x800,
	CLONE_PIDFD = 0x1000,
	CLONE_PTRACE = 0x2000,
	CLONE_VFORK = 0x4000,
	CLONE_PARENT = 0x8000,
	CLONE_THREAD = 0x10000,
	CLONE_NEWNS = 0x20000,
	CLONE_SYSVSEM = 0x40000,
	CLONE_SETTLS = 0x80000,
	CLONE_PARENT_SETTID = 0x100000,
	CLONE_CHILD_CLEARTID = 0x200000,
	CLONE_DETACHED = 0x400000,
	CLONE_UNTRACED = 0x800000,
	CLONE_CHILD_SETTID = 0x1000000,
	CLONE_NEWCGROUP = 0x2000000,
	CLONE_NEWUTS = 0x4000000,
	CLONE_NEWIPC = 0x8000000,
	CLONE_NEWUSER = 0x10000000,
	CLONE_NEWPID = 0x20000000,
	CLONE_NEWNET = 0x40000000,
	CLONE_IO = 0x80000000,
};

#define SIGNAL_MASK 0xff /* of clone(2): the signal sent when the child ends */
#define PF_KTHREAD 0x00200000

NO_PADDING_BEGIN
struct forksnoop_event {
	struct event;
	enum forksnoop_call call;
	snoop_ret ret;
	__u32 child_pid;
	__u32 child_tid;
	enum forksnoop_flags flags;
	bool is_thread;
	__u8 _padding[3]; /* before 6.3 the verifier requires every byte sent to be initialized */
};
NO_PADDING_END

SMALL_EVENT(forksnoop_event);

const volatile bool want_threads;

/* Reads the current system call. Returns false if it is none of these. */
static __always_inline bool read_call(struct pt_regs *regs, struct forksnoop_event *e)
{
	__u64 flags = 0;

	switch (syscall_number(regs)) {
	case NR_clone:
		e->call = clone;
		e->flags = syscall_argument(regs, 1) & ~SIGNAL_MASK;
		return true;
	case NR_clone3:
		e->call = clone3;
		/* The flags come first in struct clone_args; two of them are beyond 32 bits. */
		bpf_probe_read_user(&flags, sizeof(flags), (void *)syscall_argument(regs, 1));
		e->flags = flags;
		return true;
#ifdef NR_fork
	case NR_fork:
		e->call = fork;
		return true;
	case NR_vfork:
		e->call = vfork;
		e->flags = CLONE_VFORK | CLONE_VM;
		return true;
#endif
	}
	return false;
}

/* Arguments of the tracepoint: creator and new task. */
static __always_inline int handle_birth(__u64 *ctx)
{
	struct task_struct *parent = (void *)ctx[0], *child = (void *)ctx[1];
	struct forksnoop_event e = {};

	e.child_pid = BPF_CORE_READ(child, tgid);
	e.child_tid = BPF_CORE_READ(child, pid);
	e.is_thread = e.child_pid == (__u32)BPF_CORE_READ(parent, tgid);
	if (filter_failed || (e.is_thread && !want_threads) || !filter_allows())
		return 0;
	e.ret = e.child_tid;
	if (!(BPF_CORE_READ(parent, flags) & PF_KTHREAD))
		read_call(current_regs(), &e);
	event_fill((struct event *)&e);
	event_send(&e, sizeof(e));
	return 0;
}

SEC("raw_tp/sched_process_fork")
int handle_fork(__u64 *ctx)
{
	return handle_birth(ctx);
}

SEC("tp_btf/sched_process_fork")
int handle_fork_typed(__u64 *ctx)
{
	return handle_birth(ctx);
}

static __always_inline int handle_exit(struct pt_regs *regs, long ret)
{
	struct forksnoop_event e = {.ret = ret};

	if (ret >= 0 || !read_call(regs, &e))
		return 0;
	e.is_thread = e.flags & CLONE_THREAD;
	if ((e.is_thread && !want_threads) || !filter_allows())
		return 0;
	event_fill((struct event *)&e);
	event_send(&e, sizeof(e));
	return 0;
}

SYSCALL_EXIT(handle_call, clone)
{
	return handle_exit(current_regs(), ret);
}

/* Runs at the exit of any system call, with its registers and its result. */
SEC("tp_btf/sys_exit")
int handle_any(__u64 *ctx)
{
	return handle_exit((void *)ctx[0], ctx[1]);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
