// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Hello: sends the path of each file that one process opens. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct opened {
	__u32 pid;
	char comm[16];
	char path[64];
};
/* Without a variable that refers to it, the compiler leaves a type out of the object. */
const struct opened *unused_opened;

/* A ring buffer: memory that programs write to and main.ts reads. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} events SEC(".maps");

/* Set by main.ts before the program is loaded. */
const volatile __u32 only_pid;

/* The section names the hook: the tracepoint at the start of openat(2). */
SEC("tp/syscalls/sys_enter_openat")
int handle_openat(struct trace_event_raw_sys_enter *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct opened *event;

	if (pid != only_pid)
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	/* The ring is full. The verifier rejects a program that does not test for it. */
	if (!event)
		return 0;
	event->pid = pid;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	/* The path is memory of the process, which only a helper can read. */
	bpf_probe_read_user_str(event->path, sizeof(event->path), (const char *)ctx->args[1]);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

/* Helpers for tracing are only for programs under the GPL. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";
