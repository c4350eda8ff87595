/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The command that snoopkit runs begins as a launcher, which waits until everything is attached
 * (src/native/launch.c). The launcher's resource usage, and the time until the exec, are not the
 * command's: they are noted at the exec of the command and subtracted at its end.
 */
#ifndef SNOOPKIT_LAUNCHED_H
#define SNOOPKIT_LAUNCHED_H

#include "exit.h"

const volatile __u64 tracing_since; /* ns on CLOCK_BOOTTIME */
const volatile __u32 launched_pid;  /* 0 without such a command */

struct launch {
	struct ending use;
	__u64 executed; /* ns on CLOCK_BOOTTIME; 0 until then */
	__u64 key;	/* identifies the process: pids are reused */
};
struct launch launch;

static __always_inline __u64 launch_key(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, group_leader, start_boottime);
}

/* For programs at sched_process_exec: the first exec is the beginning of the command. */
static __always_inline void launched_exec(__u64 now)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct ending use = {};

	if (!launched_pid || bpf_get_current_pid_tgid() >> 32 != launched_pid || launch.executed)
		return;
	add_thread(&use, task);
	add_process(&use, task);
	launch.use = use;
	launch.key = launch_key();
	launch.executed = now;
}

/* Subtracts the launcher's part from a filled struct ending. */
static __always_inline void launched_end(struct ending *e, __u64 now, bool is_thread)
{
	__u64 id = bpf_get_current_pid_tgid();

	if (!launched_pid || id >> 32 != launched_pid || !launch.executed ||
	    (is_thread && (__u32)id != launched_pid) || launch.key != launch_key())
		return;
	e->age = now - launch.executed;
	e->cpu_time -= launch.use.cpu_time;
	e->read_bytes -= launch.use.read_bytes;
	e->written_bytes -= launch.use.written_bytes;
	e->storage_read_bytes -= launch.use.storage_read_bytes;
	e->storage_written_bytes -= launch.use.storage_written_bytes;
	e->voluntary_switches -= launch.use.voluntary_switches;
	e->involuntary_switches -= launch.use.involuntary_switches;
}

#endif
