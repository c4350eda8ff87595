// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Counts the IPv4 packets that an interface receives, by source address. */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* vmlinux.h has types and enums, but not what kernel headers #define. */
#define ETH_P_IP 0x0800

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u8[4]); /* the address, as it is in the packet */
	__type(value, __u64);
} packets SEC(".maps");

SEC("xdp")
int count_sources(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *ethernet = data;
	struct iphdr *ip = (void *)(ethernet + 1);
	__u64 one = 1, *count;

	/* The verifier accepts no read beyond what was compared with the end of the packet. */
	if ((void *)(ip + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	count = bpf_map_lookup_elem(&packets, &ip->saddr);
	if (count)
		/* CPUs receive packets at the same time, so the addition is atomic. */
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&packets, &ip->saddr, &one, BPF_ANY);
	return XDP_PASS; /* XDP_DROP would discard the packet. */
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
