// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Names the process that kill(2) is called for. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#ifdef __TARGET_ARCH_arm64
#define NR_KILL 129
#else
#define NR_KILL 62
#endif

/*
 * Functions of the kernel, as its source declares them. Unlike helpers they have no numbers: libbpf
 * finds them by name in the kernel's BTF, and checks their types.
 */
extern struct task_struct *bpf_task_from_pid(s32 pid) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;

const volatile __u32 only_pid;
__u32 killed;
char name[16];

SEC("tp_btf/sys_enter")
int BPF_PROG(handle_call, struct pt_regs *regs, long number)
{
	struct task_struct *task;

	if (number != NR_KILL || bpf_get_current_pid_tgid() >> 32 != only_pid)
		return 0;
	killed = PT_REGS_PARM1_CORE_SYSCALL(regs);
	task = bpf_task_from_pid(killed);
	if (!task)
		return 0;
	bpf_core_read_str(name, sizeof(name), &task->comm);
	/* The kfunc took a reference. The verifier rejects a program that keeps it. */
	bpf_task_release(task);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
