// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Traces the end of processes, and of threads where one wants it: how they ended, how long they
 * lived, and what they used, from what the kernel keeps anyway.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "event.h"
#include "filter.h"

#define SIGNAL_GROUP_EXIT 0x4 /* include/linux/sched/signal.h */
#define CORE_DUMPED 0x80      /* wait(2): WCOREDUMP */
#define PAGE_SHIFT 12	      /* of x86-64, and of arm64 with 4 KiB pages */

struct exitsnoop_event {
	struct event;
	__s32 exit_code;
	snoop_signal signal;
	bool core_dumped;
	bool is_thread;
	snoop_duration age;
	snoop_duration cpu_time;
	snoop_count max_rss;
	snoop_count read_bytes;
	snoop_count written_bytes;
	snoop_count storage_read_bytes;
	snoop_count storage_written_bytes;
	snoop_count voluntary_switches;
	snoop_count involuntary_switches;
};

SMALL_EVENT(exitsnoop_event);

const volatile bool want_threads;

/* What one thread has used. */
static __always_inline void add_thread(struct exitsnoop_event *e, struct task_struct *task)
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
static __always_inline void add_process(struct exitsnoop_event *e, struct task_struct *task,
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

static __always_inline int handle_end(void)
{
	struct task_struct *task = (void *)bpf_get_current_task(), *whose = task;
	bool is_thread = BPF_CORE_READ(task, signal, live.counter) > 0;
	struct exitsnoop_event e = {.is_thread = is_thread};
	int code;

	if (is_thread && !want_threads)
		return 0;
	/* As wait(2) tells it. Since 5.17 the last thread sets that of the group; before, the first
	 * one's counts. */
	if (!is_thread)
		whose = BPF_CORE_READ(task, group_leader);
	code = BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT
		       ? BPF_CORE_READ(task, signal, group_exit_code)
		       : BPF_CORE_READ(whose, exit_code);
	if ((filter_failed && !code) || !filter_allows())
		return 0;
	event_fill((struct event *)&e);
	e.exit_code = code >> 8 & 0xff;
	e.signal = code & 0x7f;
	e.core_dumped = code & CORE_DUMPED;
	e.age = e.time - BPF_CORE_READ(whose, start_boottime);
	add_thread(&e, task);
	if (!is_thread)
		add_process(&e, task, whose);
	event_send(&e, sizeof(e));
	return 0;
}

SEC("tp/sched/sched_process_exit")
int handle_exit(void *ctx)
{
	(void)ctx;
	return handle_end();
}

SEC("raw_tp/sched_process_exit")
int handle_exit_raw(void *ctx)
{
	(void)ctx;
	return handle_end();
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
