/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a process or a thread ends, and what it has used, from what the kernel keeps anyway; to be
 * asked for in sched_process_exit.
 */
#ifndef SNOOPKIT_EXIT_H
#define SNOOPKIT_EXIT_H

#include "types.h"

#define SIGNAL_GROUP_EXIT 0x4 /* include/linux/sched/signal.h */
#define CORE_DUMPED 0x80      /* wait(2): WCOREDUMP */
#define PAGE_SHIFT 12	      /* of x86-64, and of arm64 with 4 KiB pages */

struct ending {
	__s32 exit_code;
	snoop_signal signal;
	bool core_dumped;
	snoop_duration age;
	snoop_known_duration run_time;
	snoop_duration cpu_time;
	snoop_count max_rss;
	snoop_count read_bytes;
	snoop_count written_bytes;
	snoop_count storage_read_bytes;
	snoop_count storage_written_bytes;
	snoop_count voluntary_switches;
	snoop_count involuntary_switches;
};

/* The struct ending that an event has taken in: C has names for its members alone. */
#define ENDING(e) ((struct ending *)&(e)->exit_code)

/* What one thread has used. */
static __always_inline void add_thread(struct ending *e, struct task_struct *task)
{
	e->cpu_time += BPF_CORE_READ(task, se.sum_exec_runtime);
	e->read_bytes += BPF_CORE_READ(task, ioac.rchar);
	e->written_bytes += BPF_CORE_READ(task, ioac.wchar);
	e->storage_read_bytes += BPF_CORE_READ(task, ioac.read_bytes);
	e->storage_written_bytes += BPF_CORE_READ(task, ioac.write_bytes);
	e->voluntary_switches += BPF_CORE_READ(task, nvcsw);
	e->involuntary_switches += BPF_CORE_READ(task, nivcsw);
}

/* What the threads have used that are gone; the first one's use is with itself as long as the
 * process is there. */
static __always_inline void add_process(struct ending *e, struct task_struct *task,
					struct task_struct *leader)
{
	struct signal_struct *signal = BPF_CORE_READ(task, signal);

	e->cpu_time += BPF_CORE_READ(signal, sum_sched_runtime);
	e->read_bytes += BPF_CORE_READ(signal, ioac.rchar);
	e->written_bytes += BPF_CORE_READ(signal, ioac.wchar);
	e->storage_read_bytes += BPF_CORE_READ(signal, ioac.read_bytes);
	e->storage_written_bytes += BPF_CORE_READ(signal, ioac.write_bytes);
	e->voluntary_switches += BPF_CORE_READ(signal, nvcsw);
	e->involuntary_switches += BPF_CORE_READ(signal, nivcsw);
	e->max_rss = (__u64)BPF_CORE_READ(signal, maxrss) << PAGE_SHIFT;
	if (leader != task)
		add_thread(e, leader);
}

/* Whether the current task is a thread of a process that goes on. */
static __always_inline bool ends_alone(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, signal, live.counter) > 0;
}

/* The current task's status, as wait(2) tells it: 0 for success. */
static __always_inline int exit_status(bool is_thread)
{
	struct task_struct *task = (void *)bpf_get_current_task(), *whose = task;

	/* Since 5.17 the last thread sets that of the group; before, the first one's counts. */
	if (!is_thread)
		whose = BPF_CORE_READ(task, group_leader);
	return BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT
		       ? BPF_CORE_READ(task, signal, group_exit_code)
		       : BPF_CORE_READ(whose, exit_code);
}

/* When the current task, or its process, was created: ns on CLOCK_BOOTTIME. */
static __always_inline __u64 birth(bool is_thread)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return is_thread ? BPF_CORE_READ(task, start_boottime)
			 : BPF_CORE_READ(task, group_leader, start_boottime);
}

/* Fills a zeroed struct; `executed` is when the program was executed, 0 where that is not known. */
static __always_inline void ending_fill(struct ending *e, __u64 now, int status, bool is_thread,
					__u64 executed)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	e->exit_code = status >> 8 & 0xff;
	e->signal = status & 0x7f;
	e->core_dumped = status & CORE_DUMPED;
	e->age = now - birth(is_thread);
	e->run_time = executed && !is_thread ? now - executed : 0;
	add_thread(e, task);
	if (!is_thread)
		add_process(e, task, BPF_CORE_READ(task, group_leader));
}

/* The programs that see ends, either of which will do; `handle` has no arguments. */
#define EXIT_PROGRAMS(handle)                                                                      \
	SEC("tp/sched/sched_process_exit")                                                         \
	int handle_exit(void *ctx)                                                                 \
	{                                                                                          \
		(void)ctx;                                                                         \
		return handle();                                                                   \
	}                                                                                          \
                                                                                                   \
	SEC("raw_tp/sched_process_exit")                                                           \
	int handle_exit_raw(void *ctx)                                                             \
	{                                                                                          \
		(void)ctx;                                                                         \
		return handle();                                                                   \
	}

#endif
