/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The end of a process or a thread, and its resource usage, from the kernel's own accounting. For
 * programs at sched_process_exit.
 */
#ifndef SNOOPKIT_EXIT_H
#define SNOOPKIT_EXIT_H

#ifdef SNOOPKIT_FILTER_H
#error "exit.h must be included before filter.h"
#endif
/* See EXIT_PROGRAMS. */
#define FILTER_FORGETS_IN_EXIT_PROGRAMS

#include "cpu-clock.h"
#include "filter.h"
#include "memory.h"
#include "types.h"

#define SIGNAL_GROUP_EXIT 0x4 /* include/linux/sched/signal.h */
#define CORE_DUMPED 0x80      /* wait(2): WCOREDUMP */
#define PAGE_SHIFT 12	      /* of x86-64, and of arm64 with 4 KiB pages */

NO_PADDING_BEGIN
struct ending {
	__s32 exit_code;
	snoop_signal signal;
	bool core_dumped;
	__u8 _before_age[7];
	snoop_duration age;
	snoop_known_duration run_time;
	snoop_duration cpu_time;
	snoop_known_count max_rss;
	snoop_count read_bytes;
	snoop_count written_bytes;
	snoop_count storage_read_bytes;
	snoop_count storage_written_bytes;
	snoop_count voluntary_switches;
	snoop_count involuntary_switches;
};
NO_PADDING_END

/* The struct ending embedded in an event: C names only its members. */
#define ENDING(e) ((struct ending *)&(e)->exit_code)

/* State kept from the last exec. */
struct executed {
	__u64 time;   /* ns on CLOCK_BOOTTIME */
	__u64 maxrss; /* signal_struct::maxrss, which covers all programs executed before */
};

static __always_inline void executed_now(struct executed *executed)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	executed->time = bpf_ktime_get_boot_ns();
	executed->maxrss = BPF_CORE_READ(task, signal, maxrss);
}

/* Adds the usage of one thread. */
static __always_inline void add_thread(struct ending *e, struct task_struct *task)
{
	e->cpu_time += cpu_time_of(task);
	e->read_bytes += BPF_CORE_READ(task, ioac.rchar);
	e->written_bytes += BPF_CORE_READ(task, ioac.wchar);
	e->storage_read_bytes += BPF_CORE_READ(task, ioac.read_bytes);
	e->storage_written_bytes += BPF_CORE_READ(task, ioac.write_bytes);
	e->voluntary_switches += BPF_CORE_READ(task, nvcsw);
	e->involuntary_switches += BPF_CORE_READ(task, nivcsw);
}

/* Threads looked at, at most: few end at the very same time. */
#define THREADS_MAX 64

/*
 * Adds the usage of the other threads. The kernel keeps the sum of those that are gone. The first
 * thread exists as long as its process, and each of the others until it is released.
 */
static __always_inline void add_process(struct ending *e, struct task_struct *task)
{
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	struct list_head *node, *end = &signal->thread_head;

	e->cpu_time += BPF_CORE_READ(signal, sum_sched_runtime);
	e->read_bytes += BPF_CORE_READ(signal, ioac.rchar);
	e->written_bytes += BPF_CORE_READ(signal, ioac.wchar);
	e->storage_read_bytes += BPF_CORE_READ(signal, ioac.read_bytes);
	e->storage_written_bytes += BPF_CORE_READ(signal, ioac.write_bytes);
	e->voluntary_switches += BPF_CORE_READ(signal, nvcsw);
	e->involuntary_switches += BPF_CORE_READ(signal, nivcsw);
	node = BPF_CORE_READ(end, next);
	for (int i = 0; i < THREADS_MAX && node != end; i++) {
		struct task_struct *thread =
			(void *)node - bpf_core_field_offset(struct task_struct, thread_node);

		if (thread != task)
			add_thread(e, thread);
		node = BPF_CORE_READ(node, next);
	}
}

/* Whether the current task is a thread of a process that continues. */
static __always_inline bool ends_alone(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, signal, live.counter) > 0;
}

/* Creation time of the current task, or of its process: ns on CLOCK_BOOTTIME. */
static __always_inline __u64 birth(bool is_thread)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return is_thread ? BPF_CORE_READ(task, start_boottime)
			 : BPF_CORE_READ(task, group_leader, start_boottime);
}

/* Processes whose end was reported while some of their threads still existed. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct process_key);
	__type(value, __u8);
} told_ends SEC(".maps");

/*
 * Whether the end of the current task is the end of its process and has not been reported for
 * another thread: two threads that end at the same time may both find that none is left.
 */
static __always_inline bool ends_process(bool is_alone)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct process_key key = process_key(task);
	__u8 value = 1;

	if (is_alone || bpf_map_lookup_elem(&told_ends, &key))
		return false;
	/* The first thread counts until its process is gone. */
	return BPF_CORE_READ(task, signal, nr_threads) == 1 ||
	       !bpf_map_update_elem(&told_ends, &key, &value, BPF_NOEXIST);
}

/* The current task's status in the format of wait(2): 0 for success. */
static __always_inline int exit_status(bool is_thread)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	/* A thread may have ended by itself before the process did, with another status. */
	if (is_thread)
		return BPF_CORE_READ(task, exit_code);
	/*
	 * Since 5.17 the last thread sets the status of the group; before, the first thread's
	 * counts.
	 */
	return BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT
		       ? BPF_CORE_READ(task, signal, group_exit_code)
		       : BPF_CORE_READ(task, group_leader, exit_code);
}

/* Peak memory of the current process since its last exec, in pages; 0 if not known. */
static __always_inline __u64 max_rss(const struct executed *executed)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	__u64 maxrss = BPF_CORE_READ(task, signal, maxrss);

	if (mm)
		return peak_of(mm);
	/*
	 * Before 6.16 the memory is released by now. Only the peak over all programs that the
	 * process has executed is left: it belongs to the last one if it exceeds the peak before
	 * that.
	 */
	return executed && executed->maxrss >= maxrss ? 0 : maxrss;
}

/* Fills a zeroed struct. `executed` is NULL if not known. */
static __always_inline void ending_fill(struct ending *e, __u64 now, int status, bool is_thread,
					const struct executed *executed)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	e->exit_code = status >> 8 & 0xff;
	e->signal = status & 0x7f;
	e->core_dumped = status & CORE_DUMPED;
	e->age = now - birth(is_thread);
	add_thread(e, task);
	if (is_thread)
		return;
	add_process(e, task);
	e->max_rss = max_rss(executed) << PAGE_SHIFT;
	if (executed)
		e->run_time = now - executed->time;
}

/* Forgets the current process, but not for threads of its that come later. */
static __always_inline void forget_ended(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct process_key key;
	__u8 value = 1;

	if (!filter_uses(FILTER_PID) || !filter_listed(FILTER_PID, pid))
		return;
	if (BPF_CORE_READ(task, signal, nr_threads) > 1) {
		key = process_key(task);
		bpf_map_update_elem(&filter_ended, &key, &value, BPF_ANY);
	}
	filter_forget(pid);
}

/*
 * The two programs that see ends; either is enough. `handle` gets whether the thread ends alone.
 * The filter's own cleanup depends on that answer, too: in a program of its own, the last thread
 * could end between the two checks, and the pid would be forgotten before the last thread's program
 * runs.
 */
#define EXIT_PROGRAMS(handle)                                                                      \
	static __always_inline int handle_and_forget(void)                                         \
	{                                                                                          \
		bool is_alone = ends_alone();                                                      \
                                                                                                   \
		handle(is_alone);                                                                  \
		if (!is_alone)                                                                     \
			forget_ended();                                                            \
		return 0;                                                                          \
	}                                                                                          \
                                                                                                   \
	SEC("tp/sched/sched_process_exit")                                                         \
	int handle_exit(void *ctx)                                                                 \
	{                                                                                          \
		(void)ctx;                                                                         \
		return handle_and_forget();                                                        \
	}                                                                                          \
                                                                                                   \
	SEC("raw_tp/sched_process_exit")                                                           \
	int handle_exit_raw(void *ctx)                                                             \
	{                                                                                          \
		(void)ctx;                                                                         \
		return handle_and_forget();                                                        \
	}

#endif
