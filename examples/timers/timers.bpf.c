// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Keeps the sources of packets in a map, each until nothing has come from it for a while. */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETH_P_IP 0x0800
#define CLOCK_MONOTONIC 1
#define EEXIST 17

struct source {
	struct bpf_timer timer; /* managed by the kernel; only in values of maps */
	__u64 packets;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u8[4]);
	__type(value, struct source);
} sources SEC(".maps");

const volatile __u64 silence_ns;
__u64 expired;

/* Called by the timer, in an interrupt: the entry, and the timer in it, are removed. */
static int expire(void *map, void *address, struct source *source)
{
	(void)source;
	bpf_map_delete_elem(map, address);
	__sync_fetch_and_add(&expired, 1);
	return 0;
}

SEC("xdp")
int note_source(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *ethernet = data;
	struct iphdr *ip = (void *)(ethernet + 1);
	struct source new = {}, *source;

	if ((void *)(ip + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	bpf_map_update_elem(&sources, &ip->saddr, &new, BPF_NOEXIST);
	source = bpf_map_lookup_elem(&sources, &ip->saddr);
	if (!source)
		return XDP_PASS;
	__sync_fetch_and_add(&source->packets, 1);
	if (bpf_timer_init(&source->timer, &sources, CLOCK_MONOTONIC) != -EEXIST)
		bpf_timer_set_callback(&source->timer, expire);
	/* A timer that runs already begins again. */
	bpf_timer_start(&source->timer, silence_ns, 0);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
