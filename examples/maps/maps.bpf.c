// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Counts packets in maps of several types. */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETH_P_IP 0x0800

/* All bytes of a key count, so it must have no padding that nobody sets. */
struct pair {
	__u8 source[4];
	__u8 destination[4];
};
struct traffic {
	__u64 packets;
	__u64 bytes;
};
/* A key of an LPM trie: the length of the prefix in bits, then the bits. */
struct prefix {
	__u32 length;
	__u8 address[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct pair);
	__type(value, struct traffic);
} pairs SEC(".maps");

/* Each CPU has a value of its own, so that no addition has to be atomic. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct traffic);
} total SEC(".maps");

/* Never full: a new entry takes the place of one that was not used for long. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 64);
	__type(key, __u8[4]);
	__type(value, __u64);
} last_seen SEC(".maps");

/* Finds the longest prefix of an address, as a routing table does. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 16);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, __u64);
} networks SEC(".maps");

SEC("xdp")
int count_packet(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *ethernet = data;
	struct iphdr *ip = (void *)(ethernet + 1);
	struct traffic none = {}, *traffic;
	__u64 now = bpf_ktime_get_ns(), *count;
	struct prefix host = {.length = 32};
	struct pair pair;
	__u32 zero = 0;

	if ((void *)(ip + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	__builtin_memcpy(pair.source, &ip->saddr, sizeof(pair.source));
	__builtin_memcpy(pair.destination, &ip->daddr, sizeof(pair.destination));
	__builtin_memcpy(host.address, &ip->saddr, sizeof(host.address));

	bpf_map_update_elem(&pairs, &pair, &none, BPF_NOEXIST);
	traffic = bpf_map_lookup_elem(&pairs, &pair);
	if (traffic) {
		__sync_fetch_and_add(&traffic->packets, 1);
		__sync_fetch_and_add(&traffic->bytes, end - data);
	}
	traffic = bpf_map_lookup_elem(&total, &zero);
	if (traffic) {
		traffic->packets++;
		traffic->bytes += end - data;
	}
	bpf_map_update_elem(&last_seen, &pair.source, &now, BPF_ANY);
	count = bpf_map_lookup_elem(&networks, &host);
	if (count)
		__sync_fetch_and_add(count, 1);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
