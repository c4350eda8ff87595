// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Counts packets by size, in two programs that share a function. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define SIZES 16

__u64 received[SIZES];
__u64 sent[SIZES];

/*
 * A global function: one that is not static. The verifier checks it once, by itself, for all
 * arguments that its types allow, and takes each call of it for any result of its type. A static
 * function, by contrast, is checked again at each call, with what is known there.
 */
__noinline int size_of(__u32 length)
{
	int size = 0;

	for (int i = 0; i < SIZES - 1 && length > 1; i++) {
		length >>= 1;
		size++;
	}
	return size;
}

SEC("xdp")
int count_received(struct xdp_md *ctx)
{
	__u32 size = size_of(ctx->data_end - ctx->data);

	/* The verifier does not know here that the function returns less than SIZES. */
	if (size < SIZES)
		received[size]++;
	return XDP_PASS;
}

SEC("tc")
int count_sent(struct __sk_buff *ctx)
{
	__u32 size = size_of(ctx->len);

	if (size < SIZES)
		sent[size]++;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
