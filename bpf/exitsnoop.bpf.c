// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Traces the end of processes, and of threads where one wants it: how they ended, how long they
 * lived, and what they used.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "event.h"
#include "exit.h"
#include "filter.h"

struct exitsnoop_event {
	struct event;
	bool is_thread;
	struct ending;
};

SMALL_EVENT(exitsnoop_event);

const volatile bool want_threads;
const volatile __u64 only_signals;	 /* bit N - 1 for signal N */
const volatile __u64 only_exit_codes[4]; /* a bit for each */

/* When processes were executed, by pid: ns on CLOCK_BOOTTIME. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u64);
} exec_times SEC(".maps");

SEC("raw_tp/sched_process_exec")
int handle_exec(void *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u64 now = bpf_ktime_get_boot_ns();

	(void)ctx;
	if (filter_allows())
		bpf_map_update_elem(&exec_times, &pid, &now, BPF_ANY);
	return 0;
}

/* It ends by a signal or with a status: where both are asked for, either will do. */
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

static __always_inline int handle_end(void)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	bool is_thread = ends_alone();
	int status = exit_status(is_thread);
	struct exitsnoop_event e = {};
	__u64 *executed;

	if ((is_thread && !want_threads) || (filter_failed && !status) || !end_wanted(status) ||
	    !filter_allows())
		return 0;
	event_fill((struct event *)&e);
	e.is_thread = is_thread;
	executed = bpf_map_lookup_elem(&exec_times, &pid);
	ending_fill(ENDING(&e), e.time, status, is_thread, executed ? *executed : 0);
	if (!is_thread)
		bpf_map_delete_elem(&exec_times, &pid);
	event_send(&e, sizeof(e));
	return 0;
}

EXIT_PROGRAMS(handle_end)

char LICENSE[] SEC("license") = "Dual BSD/GPL";
