// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a router does to each IPv4 packet: one hop less to live, and a new checksum. */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETH_P_IP 0x0800

SEC("xdp")
int take_hop(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *ethernet = data;
	struct iphdr *ip = (void *)(ethernet + 1);
	__u32 sum;

	if ((void *)(ip + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	if (ip->ttl <= 1)
		return XDP_DROP;
	ip->ttl--;
	/* The TTL is the upper byte of its 16 bits, and the checksum is the complement of their sum
	 * (RFC 1624). */
	sum = ip->check + bpf_htons(0x0100);
	ip->check = sum + (sum >> 16);
	return XDP_TX;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
