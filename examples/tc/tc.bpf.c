// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Counts the bytes that each user sends to a UDP port, and drops what is beyond a limit. */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* vmlinux.h has types and enums, but not what kernel headers #define. */
#define ETH_P_IP 0x0800
#define ETH_HLEN 14
#define TC_ACT_OK 0
#define TC_ACT_SHOT 2

const volatile __u16 port;
const volatile __u64 limit;

struct usage {
	__u64 bytes;
	__u64 dropped; /* packets */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32); /* uid */
	__type(value, struct usage);
} users SEC(".maps");

/* What is sent has a socket, and so an owner. What is received has none yet. */
SEC("tc")
int limit_users(struct __sk_buff *skb)
{
	struct usage nothing = {}, *usage;
	__u32 uid, length = skb->len;
	struct iphdr ip;
	struct udphdr udp;

	/* Parts of a packet may lie elsewhere in memory: this helper finds them all. */
	if (skb->protocol != bpf_htons(ETH_P_IP) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) || ip.protocol != IPPROTO_UDP ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + ip.ihl * 4, &udp, sizeof(udp)) ||
	    udp.dest != bpf_htons(port))
		return TC_ACT_OK;

	uid = bpf_get_socket_uid(skb);
	bpf_map_update_elem(&users, &uid, &nothing, BPF_NOEXIST);
	usage = bpf_map_lookup_elem(&users, &uid);
	if (!usage)
		return TC_ACT_OK;
	if (usage->bytes + length > limit) {
		__sync_fetch_and_add(&usage->dropped, 1);
		return TC_ACT_SHOT;
	}
	__sync_fetch_and_add(&usage->bytes, length);
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
