// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sends the path of each file that one process opens, in records that are as long as the path. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} events SEC(".maps");

const volatile __u32 only_pid;
__u64 lost;

SEC("tp/syscalls/sys_enter_openat")
int handle_openat(struct trace_event_raw_sys_enter *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct bpf_dynptr record;
	char path[256];
	long length;

	if (pid != only_pid)
		return 0;
	length = bpf_probe_read_user_str(path, sizeof(path), (const char *)ctx->args[1]);
	if (length <= 0)
		return 0;
	/*
	 * The size of bpf_ringbuf_reserve() is a constant. A dynptr knows the size of its memory
	 * while the program runs, and checks each access. It has to be submitted or discarded, even
	 * if nothing was reserved.
	 */
	if (bpf_ringbuf_reserve_dynptr(&events, sizeof(pid) + length, 0, &record)) {
		__sync_fetch_and_add(&lost, 1);
		bpf_ringbuf_discard_dynptr(&record, 0);
		return 0;
	}
	bpf_dynptr_write(&record, 0, &pid, sizeof(pid), 0);
	bpf_dynptr_write(&record, sizeof(pid), path, length, 0);
	bpf_ringbuf_submit_dynptr(&record, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
