// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Writes a line for each process. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Called for each task, and once more, without one, at the end of the walk. */
SEC("iter/task")
int show_process(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;

	/* Members are read as in the kernel: the verifier knows the type of the pointer. */
	if (!task)
		return 0;
	if (task->pid == task->tgid)
		BPF_SEQ_PRINTF(seq, "%d %d %s\n", task->tgid, task->real_parent->tgid, task->comm);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
