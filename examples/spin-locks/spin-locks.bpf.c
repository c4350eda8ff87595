// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lets UDP datagrams pass as long as a quota lasts: a number of packets, and a number of bytes. */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETH_P_IP 0x0800

struct quota {
	struct bpf_spin_lock lock; /* protects the other members; only in values of maps */
	__u32 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct quota);
} quotas SEC(".maps");

SEC("xdp")
int enforce(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *ethernet = data;
	struct iphdr *ip = (void *)(ethernet + 1);
	__u64 size = end - data;
	struct quota *quota;
	__u32 zero = 0;
	bool allowed;

	if ((void *)(ip + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	quota = ip->protocol == IPPROTO_UDP ? bpf_map_lookup_elem(&quotas, &zero) : NULL;
	if (!quota)
		return XDP_PASS;
	/*
	 * Both members change together, or neither. Atomic additions could not do that. No helper
	 * may be called until the lock is released, and the verifier sees that it is.
	 */
	bpf_spin_lock(&quota->lock);
	allowed = quota->packets > 0 && quota->bytes >= size;
	if (allowed) {
		quota->packets--;
		quota->bytes -= size;
	}
	bpf_spin_unlock(&quota->lock);
	return allowed ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
