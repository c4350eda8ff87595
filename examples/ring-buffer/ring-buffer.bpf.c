// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sends an event for each file that one process opens, and counts those that find the ring full. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

enum result { OPENED, FAILED };

struct open_event {
	__u64 time; /* nanoseconds since boot */
	__u32 number;
	__s32 ret;
	enum result result;
	char comm[16];
};
const struct open_event *unused_event;

/* As small as a ring can be on x86; 256 KiB or more would be usual. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

const volatile __u32 only_pid;
__u32 calls;
__u64 lost;

SEC("tp/syscalls/sys_exit_openat")
int handle_open(struct trace_event_raw_sys_exit *ctx)
{
	struct open_event *event;
	__u32 number;

	if (bpf_get_current_pid_tgid() >> 32 != only_pid)
		return 0;
	number = ++calls;
	/* The event is written in the ring itself: nothing is copied in the kernel. */
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		/* The kernel does not count losses. */
		__sync_fetch_and_add(&lost, 1);
		return 0;
	}
	event->time = bpf_ktime_get_ns();
	event->number = number;
	event->ret = ctx->ret;
	event->result = ctx->ret < 0 ? FAILED : OPENED;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	bpf_ringbuf_submit(event, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
