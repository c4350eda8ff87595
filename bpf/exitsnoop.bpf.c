// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Traces the end of processes, optionally of threads: exit status, age and resource usage. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "event.h"
#include "exit.h"
#include "filter.h"
#include "launched.h"

NO_PADDING_BEGIN
struct exitsnoop_event {
	struct event;
	snoop_comm ended_comm;
	bool is_thread;
	__u8 _before_ending[7];
	struct ending;
};
NO_PADDING_END

SMALL_EVENT(exitsnoop_event);

const volatile bool want_threads;
const volatile __u64 only_signals;	 /* bit N - 1 for signal N */
const volatile __u64 only_exit_codes[4]; /* a bit for each */

/* Keyed by pid. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct executed);
} executions SEC(".maps");

SEC("raw_tp/sched_process_exec")
int handle_exec(void *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct executed executed;

	(void)ctx;
	executed_now(&executed);
	launched_exec(executed.time);
	if (filter_allows())
		bpf_map_update_elem(&executions, &pid, &executed, BPF_ANY);
	return 0;
}

/*
 * A process ends by a signal or with a status: if both filters are in use, matching either is
 * enough.
 */
static __always_inline bool end_wanted(int status)
{
	__u32 signal = status & 0x7f, code = status >> 8 & 0xff;

	if (!only_signals && !only_exit_codes[0] && !only_exit_codes[1] && !only_exit_codes[2] &&
	    !only_exit_codes[3])
		return true;
	if (signal)
		return only_signals >> ((signal - 1) & 63) & 1;
	return only_exit_codes[code >> 6] >> (code & 63) & 1;
}

static __always_inline void handle_end(bool is_alone)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct exitsnoop_event e = {};
	bool is_thread;
	int status;

	if ((is_alone && !want_threads) || !filter_allows())
		return;
	is_thread = !ends_process(is_alone);
	status = exit_status(is_thread);
	if ((is_thread && !want_threads) || (filter_failed && !status) || !end_wanted(status))
		return;
	event_fill((struct event *)&e);
	e.is_thread = is_thread;
	__builtin_memcpy(e.ended_comm, is_thread ? e.thread_comm : e.comm, sizeof(e.ended_comm));
	ending_fill(ENDING(&e), e.time, status, is_thread, bpf_map_lookup_elem(&executions, &pid));
	launched_end(ENDING(&e), e.time, is_thread);
	if (!is_thread)
		bpf_map_delete_elem(&executions, &pid);
	event_send(&e, sizeof(e));
}

EXIT_PROGRAMS(handle_end)

char LICENSE[] SEC("license") = "Dual BSD/GPL";
