// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Counts the reads of one process that return at least a number of bytes. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/*
 * Constants are set before load and never change. The verifier knows their values, and code that
 * they make unreachable is not part of the loaded program. `volatile` keeps the compiler from using
 * the values that stand here.
 */
const volatile struct {
	__u32 pid;
	__u32 at_least;
} wanted = {.at_least = 1};

/* All other variables can be read and set while the program runs. */
__u64 reads;
__u64 bytes;
bool paused;

SEC("tp/syscalls/sys_exit_read")
int handle_read(struct trace_event_raw_sys_exit *ctx)
{
	if (paused || bpf_get_current_pid_tgid() >> 32 != wanted.pid)
		return 0;
	if (ctx->ret < (long)wanted.at_least)
		return 0;
	__sync_fetch_and_add(&reads, 1);
	__sync_fetch_and_add(&bytes, ctx->ret);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
