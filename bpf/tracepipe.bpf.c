// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Traces lines written by BPF programs with bpf_printk(). */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "event.h"
#include "filter.h"
#include "tail.h"

#define MESSAGE_SIZE 1024 /* the kernel formats into as many bytes: BPF_TRACE_PRINTK_SIZE */
#define CALLER_DEPTH 24	  /* from this program to the one that called bpf_printk() */

NO_PADDING_BEGIN
struct tracepipe_event {
	struct event;
	__u32 cpu;
	snoop_bpf_caller program;
	snoop_text message;
	__u32 _padding;
};
NO_PADDING_END

struct tracepipe_record {
	struct tracepipe_event event; /* first: it begins the record that is sent */
	__u64 stack[CALLER_DEPTH];
	char message[MESSAGE_SIZE];
	bool in_use;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tracepipe_record);
} scratch SEC(".maps");

static __always_inline void send_line(void *ctx, struct tracepipe_record *r, const char *line)
{
	const __u32 at = offsetof(struct tracepipe_record, message);
	long size;

	event_fill((struct event *)&r->event);
	r->event.cpu = bpf_get_smp_processor_id();
	size = bpf_get_stack(ctx, r->stack, sizeof(r->stack), 0);
	span_set(&r->event.program, offsetof(struct tracepipe_record, stack), size > 0 ? size : 0,
		 false);
	size = bpf_probe_read_kernel_str(r->message, sizeof(r->message), line);
	if (size <= 0 || size > MESSAGE_SIZE)
		return;
	size--; /* the NUL */
	/* A format of bpf_trace_printk() ends the line itself. */
	if (size > 0 && r->message[size - 1] == '\n')
		size--;
	span_set(&r->event.message, at, size, false);
	size = place_of(size);
	if (size >= 0 && size < MESSAGE_SIZE) /* for the verifier */
		event_send(r, at + size);
}

/* Argument of the tracepoint: the line. Older kernels hold a lock meanwhile. */
SEC("raw_tp/bpf_trace_printk")
int handle_line(__u64 *ctx)
{
	struct tracepipe_record *r;
	__u32 key = 0;

	if (filter_failed || !filter_allows())
		return 0;
	r = bpf_map_lookup_elem(&scratch, &key);
	if (!r)
		return 0;
	/* On older kernels a program can be interrupted by itself. */
	if (r->in_use) {
		count_lost(LOST_NOT_KEPT);
		return 0;
	}
	r->in_use = true;
	send_line(ctx, r, (const char *)ctx[0]);
	r->in_use = false;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
