/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The arguments of a system call at its exit. They are still in the registers that it was entered
 * with, so a tool needs no second program at the entry and no map between the two: half the cost,
 * and a call that was under way when tracing began is seen too.
 */
#ifndef SNOOPKIT_SYSCALL_H
#define SNOOPKIT_SYSCALL_H

/* The helper's number, also where the vmlinux.h is of a kernel that lacks it. */
enum bpf_func_id___regs {
	BPF_FUNC_task_pt_regs___regs = 175,
};

#define KERNEL_STACK_SIZE (16 * 1024) /* THREAD_SIZE of x86-64, and of arm64 with 4 KiB pages */

/* The user registers of the current task: task_pt_regs(). */
static __always_inline struct pt_regs *current_regs(void)
{
	struct task_struct *task;

	if (bpf_core_enum_value_exists(enum bpf_func_id___regs, BPF_FUNC_task_pt_regs___regs))
		return (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

	/* Before 5.15 there is no helper, and they lie at the very end of the kernel stack. */
	task = (void *)bpf_get_current_task();
	return BPF_CORE_READ(task, stack) + KERNEL_STACK_SIZE - bpf_core_type_size(struct pt_regs);
}

#endif
