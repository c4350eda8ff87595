// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Leaves the rest of its work to another program, by the protocol of the packet. */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETH_P_IP 0x0800

int count_udp(struct xdp_md *ctx);

/* libbpf stores the programs that are named here when it loads the object. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 256);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct xdp_md *));
} by_protocol SEC(".maps") = {
	.values = {[IPPROTO_UDP] = (void *)&count_udp},
};

__u64 counted;
__u64 dropped;
__u64 others;

SEC("xdp")
int dispatch(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *ethernet = data;
	struct iphdr *ip = (void *)(ethernet + 1);

	if ((void *)(ip + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	/* It does not return, unless the map has no program for the protocol. */
	bpf_tail_call(ctx, &by_protocol, ip->protocol);
	__sync_fetch_and_add(&others, 1);
	return XDP_PASS;
}

SEC("xdp")
int count_udp(struct xdp_md *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&counted, 1);
	return XDP_PASS;
}

SEC("xdp")
int drop_udp(struct xdp_md *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&dropped, 1);
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
