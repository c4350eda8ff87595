/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The current task. Since 5.11 a program can read through a typed pointer to it, at the price of a
 * load; before, each read is a call of a helper.
 */
#ifndef SNOOPKIT_TASK_H
#define SNOOPKIT_TASK_H

#include "compat.h"
#include "types.h"

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

/* The effective user of the current task: UID_SAME where it is the real one, which is `uid`. */
static __always_inline snoop_euid current_euid(snoop_uid uid)
{
	struct task_struct *task;
	snoop_uid euid;

	if (HAS_HELPER(get_current_task_btf)) {
		task = bpf_get_current_task_btf();
		euid = task->cred->euid.val;
	} else {
		task = (void *)bpf_get_current_task();
		euid = BPF_CORE_READ(task, cred, euid.val);
	}
	return euid == uid ? UID_SAME : euid;
}

/* The name of the current process; `thread` is that of the current thread. */
static __always_inline void current_process_comm(char *comm, const char *thread)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 id = bpf_get_current_pid_tgid();

	if (id >> 32 == (__u32)id)
		__builtin_memcpy(comm, thread, sizeof(snoop_comm));
	else
		BPF_CORE_READ_INTO((snoop_comm *)comm, task, group_leader, comm);
}

#endif
