// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Counts the calls of one process, in a map that is replaced while it counts. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* The template: each inner map has this type and these sizes. Two maps are declared with it. */
struct calls {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__type(key, __s64); /* number of the system call */
	__type(value, __u64);
} even SEC(".maps"), odd SEC(".maps");

/* The outer map, which has the inner map that is in use. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct calls);
} current SEC(".maps") = {
	.values = {&even},
};

const volatile __u32 only_pid;

SEC("raw_tp/sys_enter")
int count_calls(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 one = 1, *count;
	__s64 number = ctx->args[1];
	__u32 zero = 0;
	void *calls;

	if (bpf_get_current_pid_tgid() >> 32 != only_pid)
		return 0;
	calls = bpf_map_lookup_elem(&current, &zero);
	if (!calls)
		return 0;
	count = bpf_map_lookup_elem(calls, &number);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(calls, &number, &one, BPF_NOEXIST);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
