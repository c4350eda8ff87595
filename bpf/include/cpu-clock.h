/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Processor time of a task, up to now. What the kernel has added up, se.sum_exec_runtime, goes as
 * far as the last tick or switch: of a short process that is little or nothing. What it has run
 * since is the time since se.exec_start by the clock of its run queue. No program can ask for that
 * clock, only see what it was when the scheduler last looked at it. But it runs as CLOCK_MONOTONIC
 * does, so that it is enough to know how far the one is behind the other: that is seen where a new
 * task is woken, for the scheduler has just looked. src/trace/attach.ts creates the first one.
 */
#ifndef SNOOPKIT_CPU_CLOCK_H
#define SNOOPKIT_CPU_CLOCK_H

/* Two ticks of the slowest kernels. When the scheduler has not looked for longer, it is because the
 * clocks have not run alike: over a suspend. */
#define CPU_CLOCK_STALE 20000000

/* CLOCK_MONOTONIC less rq::clock, in ns; 0 where that is not known yet. */
__s64 cpu_clock_lag;

static __always_inline struct rq *run_queue(struct task_struct *task)
{
	struct cfs_rq *cfs = BPF_CORE_READ(task, se.cfs_rq);

	/* Without CONFIG_FAIR_GROUP_SCHED there is no way from a task to it. */
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

/* What a task that runs has run that is not in its se.sum_exec_runtime yet, in ns. */
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
	/* The time that interrupts and the host took is no task's. */
	stretch = now - clock + BPF_CORE_READ(rq, clock_task) - BPF_CORE_READ(task, se.exec_start);
	return stretch > 0 ? stretch : 0;
}

/* In ns. */
static __always_inline __u64 cpu_time_of(struct task_struct *task)
{
	__u64 time = BPF_CORE_READ(task, se.sum_exec_runtime);

	return BPF_CORE_READ(task, on_cpu) ? time + current_stretch(task) : time;
}

#endif
