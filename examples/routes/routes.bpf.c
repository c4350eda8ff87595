// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lets packets to one UDP port pass on a route, and no others. */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

const volatile __u16 port;
__u64 passed, dropped;

/* Runs when a packet is sent on the route. It begins with its IP header. */
SEC("lwt_out")
int only_port(struct __sk_buff *skb)
{
	struct iphdr ip;
	struct udphdr udp;

	if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)) || ip.protocol != IPPROTO_UDP ||
	    bpf_skb_load_bytes(skb, ip.ihl * 4, &udp, sizeof(udp)) || udp.dest != bpf_htons(port)) {
		__sync_fetch_and_add(&dropped, 1);
		return BPF_DROP; /* send(2) fails with EPERM. */
	}
	__sync_fetch_and_add(&passed, 1);
	return BPF_OK;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
