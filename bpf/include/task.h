/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The current task. Since 5.11 a program can read through a typed pointer to it, at the cost of a
 * load; before, each read calls a helper.
 */
#ifndef SNOOPKIT_TASK_H
#define SNOOPKIT_TASK_H

#include "compat.h"
#include "types.h"

/* The parent of the current process. */
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

/* The effective user of the current task: UID_SAME if it equals the real one, `uid`. */
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

static __always_inline bool current_leads(void)
{
	__u64 id = bpf_get_current_pid_tgid();

	return id >> 32 == (__u32)id;
}

/*
 * The name of the first thread of the current process, which may have ended. On old kernels the
 * remainder of a longer name may follow the NUL.
 */
static __always_inline void read_leader_comm(char *comm)
{
	struct task_struct *leader;

	if (HAS_HELPER(get_current_task_btf))
		leader = bpf_get_current_task_btf()->group_leader;
	else
		leader = BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), group_leader);
	__builtin_memset(comm, 0, sizeof(snoop_comm));
	bpf_core_read_str(comm, sizeof(snoop_comm), &leader->comm);
}

/* The name of the current process. */
static __always_inline void current_process_comm(char *comm)
{
	if (current_leads())
		bpf_get_current_comm(comm, sizeof(snoop_comm));
	else
		read_leader_comm(comm);
}

/* The names of the current process and the current thread. */
static __always_inline void current_comms(char *process, char *thread)
{
	bpf_get_current_comm(thread, sizeof(snoop_comm));
	if (current_leads())
		__builtin_memcpy(process, thread, sizeof(snoop_comm));
	else
		read_leader_comm(process);
}

#endif
