/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The current task. Since 5.11 a program can read through a typed pointer to it, at the price of a
 * load; before, each read is a call of a helper.
 */
#ifndef SNOOPKIT_TASK_H
#define SNOOPKIT_TASK_H

#include "compat.h"

/* The process that the current one is a child of. */
static __always_inline __u32 current_ppid(void)
{
	struct task_struct *task;

	if (HAS_HELPER(get_current_task_btf)) {
		task = bpf_get_current_task_btf();
		return task->real_parent->tgid;
	}
	task = (void *)bpf_get_current_task();
	return BPF_CORE_READ(task, real_parent, tgid);
}

#endif
