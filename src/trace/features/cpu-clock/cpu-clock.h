/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * CPU time of a task, up to now. The kernel's sum, se.sum_exec_runtime, reaches only to the last
 * tick or switch: for a short process that is little or nothing. The rest is the time since
 * se.exec_start by the clock of the task's run queue. A program cannot read that clock, only the
 * value from when the scheduler last updated it. But the clock advances like CLOCK_MONOTONIC, so
 * the lag between the two is enough. It is measured where a new task is woken, right after the
 * scheduler has updated its clock. steps.ts creates the first such task.
 */
#ifndef SNOOPKIT_CPU_CLOCK_H
#define SNOOPKIT_CPU_CLOCK_H

/*
 * Two ticks of the slowest kernels. A longer gap between updates means that the clocks have
 * advanced differently: over a suspend.
 */
#define CPU_CLOCK_STALE 20000000

/* CLOCK_MONOTONIC minus rq::clock, in ns; 0 if not known yet. */
__s64 cpu_clock_lag;

static __always_inline struct rq *run_queue(struct task_struct *task)
{
	struct cfs_rq *cfs = BPF_CORE_READ(task, se.cfs_rq);

	/* Without CONFIG_FAIR_GROUP_SCHED a task does not lead to its run queue. */
	return bpf_core_field_exists(cfs->rq) ? BPF_CORE_READ(cfs, rq) : NULL;
}

SEC("raw_tp/sched_wakeup_new")
int cpu_clock_seen(struct bpf_raw_tracepoint_args *ctx)
{
	struct rq *rq = run_queue((void *)ctx->args[0]);

	if (rq)
		cpu_clock_lag = bpf_ktime_get_ns() - BPF_CORE_READ(rq, clock);
	return 0;
}

/* Run time of a running task that is not in its se.sum_exec_runtime yet, in ns. */
static __always_inline __u64 current_stretch(struct task_struct *task)
{
	struct rq *rq = run_queue(task);
	__s64 clock, now, stretch;

	if (!rq)
		return 0;
	clock = now = BPF_CORE_READ(rq, clock);
	if (cpu_clock_lag) {
		now = bpf_ktime_get_ns() - cpu_clock_lag;
		if (now < clock || now - clock > CPU_CLOCK_STALE)
			now = clock;
	}
	/* Time taken by interrupts and the host belongs to no task. */
	stretch = now - clock + BPF_CORE_READ(rq, clock_task) - BPF_CORE_READ(task, se.exec_start);
	return stretch > 0 ? stretch : 0;
}

/* CPU time in ns. */
static __always_inline __u64 cpu_time_of(struct task_struct *task)
{
	__u64 time = BPF_CORE_READ(task, se.sum_exec_runtime);

	return BPF_CORE_READ(task, on_cpu) ? time + current_stretch(task) : time;
}

#endif
