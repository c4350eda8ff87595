// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Finds the ancestors of a process by a loop whose length the verifier need not know. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define MOST 64

const volatile __u32 only_pid;
__u32 ancestors[MOST];
__u32 count;

/*
 * Called by the kernel for each iteration. The verifier checks it once, not once for each
 * iteration. `task` points to a variable of the caller, in which the callback keeps its place.
 */
static long add_parent(__u64 index, struct task_struct **task)
{
	/* A read of kernel memory, whose offset is adjusted to the running kernel (CO-RE). */
	struct task_struct *child = *task, *parent = BPF_CORE_READ(child, real_parent);

	if (index >= MOST)
		return 1; /* 1 ends the loop. */
	ancestors[index] = BPF_CORE_READ(parent, tgid);
	*task = parent;
	return ancestors[index] <= 1;
}

SEC("tp/syscalls/sys_enter_getegid")
int find_ancestors(void *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	(void)ctx;
	if (bpf_get_current_pid_tgid() >> 32 == only_pid)
		count = bpf_loop(MOST, add_parent, &task, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
