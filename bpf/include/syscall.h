/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Arguments of a system call, read at its exit. They are still in the registers of its entry, so a
 * tool needs no second program at the entry and no map between the two. This halves the cost, and
 * calls in progress when tracing began are seen, too.
 */
#ifndef SNOOPKIT_SYSCALL_H
#define SNOOPKIT_SYSCALL_H

#include "compat.h"

#if defined(__TARGET_ARCH_x86)
#define TS_COMPAT 0x2 /* arch/x86/include/asm/thread_info.h */
#define NR_read 0
#define NR_write 1
#define NR_open 2
#define NR_connect 42
#define NR_sendto 44
#define NR_recvfrom 45
#define NR_sendmsg 46
#define NR_recvmsg 47
#define NR_bind 49
#define NR_listen 50
#define NR_execve 59
#define NR_kill 62
#define NR_creat 85
#define NR_rt_sigqueueinfo 129
#define NR_tkill 200
#define NR_tgkill 234
#define NR_openat 257
#define NR_rt_tgsigqueueinfo 297
#define NR_recvmmsg 299
#define NR_sendmmsg 307
#define NR_execveat 322
#elif defined(__TARGET_ARCH_arm64)
#define PSR_MODE32_BIT 0x10 /* arch/arm64/include/uapi/asm/ptrace.h */
#define NR_openat 56
#define NR_read 63
#define NR_write 64
#define NR_kill 129
#define NR_tkill 130
#define NR_tgkill 131
#define NR_rt_sigqueueinfo 138
#define NR_bind 200
#define NR_listen 201
#define NR_connect 203
#define NR_sendto 206
#define NR_recvfrom 207
#define NR_sendmsg 211
#define NR_recvmsg 212
#define NR_execve 221
#define NR_rt_tgsigqueueinfo 240
#define NR_recvmmsg 243
#define NR_sendmmsg 269
#define NR_execveat 281
#endif
#define NR_pidfd_send_signal 424
#define NR_openat2 437

/* The number of the system call; -1 for 32-bit programs, which have other numbers. */
static __always_inline long syscall_number(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, thread_info.status) & TS_COMPAT ? -1
								   : READ_REGISTER(regs, orig_ax);
#elif defined(__TARGET_ARCH_arm64)
	/* Checks the processor's own state: the flags of a thread have moved between versions. */
	return READ_REGISTER(regs, pstate) & PSR_MODE32_BIT ? -1 : READ_REGISTER(regs, syscallno);
#endif
}

/* Declares the program at the exit of a system call. Its body follows, with the result as `ret`. */
#define SYSCALL_EXIT(name, call)                                                                   \
	static __always_inline int name##_body(long ret);                                          \
                                                                                                   \
	SEC("tp/syscalls/sys_exit_" #call)                                                         \
	int name(struct trace_event_raw_sys_exit *ctx)                                             \
	{                                                                                          \
		return name##_body(ctx->ret);                                                      \
	}                                                                                          \
                                                                                                   \
	static __always_inline int name##_body(long ret __attribute__((unused)))

/* Argument 1 to 6 of the system call with entry registers `regs`. */
static __always_inline unsigned long syscall_argument(struct pt_regs *regs, const int number)
{
#if defined(__TARGET_ARCH_x86)
	switch (number) {
	case 1:
		return READ_REGISTER(regs, di);
	case 2:
		return READ_REGISTER(regs, si);
	case 3:
		return READ_REGISTER(regs, dx);
	case 4:
		return READ_REGISTER(regs, r10);
	case 5:
		return READ_REGISTER(regs, r8);
	default:
		return READ_REGISTER(regs, r9);
	}
#elif defined(__TARGET_ARCH_arm64)
	/* The first register holds the result by now; its old value is kept in orig_x0. */
	return number == 1 ? READ_REGISTER(regs, orig_x0) : READ_REGISTER(regs, regs[number - 1]);
#else
#error "no system call arguments for this architecture"
#endif
}

#endif
