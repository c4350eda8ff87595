/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets parsed from their headers: IP and TCP or UDP in an sk_buff. */
#ifndef SNOOPKIT_PACKET_H
#define SNOOPKIT_PACKET_H

#include <bpf/bpf_endian.h>

#include "socket.h"

#define ETH_P_IP 0x0800 /* include/uapi/linux/if_ether.h */
#define ETH_P_IPV6 0x86dd
#define IP_OFFSET 0x1fff /* offset of a fragment in the whole packet */
#define IP6_OFFSET 0xfff8
#define IP6_HEADERS 6 /* limit of extension headers looked through */
#define HEADER_UNSET 0xffff

/* include/uapi/linux/in6.h */
#define IPPROTO_HOPOPTS 0
#define IPPROTO_ROUTING 43
#define IPPROTO_FRAGMENT 44
#define IPPROTO_DSTOPTS 60

/* SKB_DROP_REASON_NO_SOCKET and so on: shown without the prefix; 0 for none. */
typedef enum skb_drop_reason snoop_drop_reason;

struct tcp_packet {
	snoop_endpoint source;
	snoop_endpoint target;
	enum socket_family family;
	__u32 seq;
	__u32 ack;
	__u32 length; /* of the payload */
	__u8 flags;   /* as in the header, FIN is 1 */
};

/* The linear part of a packet, which always contains the headers. */
struct packet_memory {
	unsigned char *head;
	__u32 end;
};

static __always_inline bool packet_read(const struct packet_memory *m, __u32 at, void *to,
					const __u32 size)
{
	return at + size <= m->end && !bpf_probe_read_kernel(to, size, m->head + at);
}

/* Reads the TCP header at `at`, with `rest` bytes from there on. */
static __always_inline bool tcp_header_read(struct tcp_packet *p, const struct packet_memory *m,
					    __u32 at, __u32 rest)
{
	struct tcphdr tcp;
	__u32 size;

	if (!packet_read(m, at, &tcp, sizeof(tcp)))
		return false;
	size = tcp.doff * 4;
	p->source.port = bpf_ntohs(tcp.source);
	p->target.port = bpf_ntohs(tcp.dest);
	p->seq = bpf_ntohl(tcp.seq);
	p->ack = bpf_ntohl(tcp.ack_seq);
	p->flags = ((__u8 *)&tcp)[13];
	p->length = rest > size ? rest - size : 0;
	return true;
}

/*
 * Offset of the TCP header of an IPv4 packet, or 0 if there is none. `end` is the end of the
 * packet.
 */
static __always_inline __u32 ip4_read(struct tcp_packet *p, const struct packet_memory *m, __u32 at,
				      __u32 *end)
{
	struct iphdr ip;

	if (!packet_read(m, at, &ip, sizeof(ip)) || ip.version != 4 || ip.protocol != IPPROTO_TCP ||
	    ip.frag_off & bpf_htons(IP_OFFSET))
		return 0;
	map_ip4(&p->source, ip.saddr);
	map_ip4(&p->target, ip.daddr);
	if (ip.tot_len) /* 0 if the length exceeds 16 bits */
		*end = at + bpf_ntohs(ip.tot_len);
	return at + ip.ihl * 4;
}

/* Offset of the TCP header of an IPv6 packet, after any extension headers; 0 if there is none. */
static __always_inline __u32 ip6_read(struct tcp_packet *p, const struct packet_memory *m, __u32 at,
				      __u32 *end)
{
	struct ipv6hdr ip;
	__u8 next;

	if (!packet_read(m, at, &ip, sizeof(ip)) || ip.version != 6)
		return 0;
	__builtin_memcpy(p->source.addr, &ip.saddr, sizeof(p->source.addr));
	__builtin_memcpy(p->target.addr, &ip.daddr, sizeof(p->target.addr));
	at += sizeof(ip);
	if (ip.payload_len)
		*end = at + bpf_ntohs(ip.payload_len);
	next = ip.nexthdr;
	for (int i = 0; i < IP6_HEADERS; i++) {
		struct {
			__u8 next;
			__u8 size;
			__be16 offset; /* of a fragment */
		} header;

		if (next == IPPROTO_TCP)
			return at;
		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS &&
		    next != IPPROTO_FRAGMENT && next != IPPROTO_AH)
			return 0;
		if (!packet_read(m, at, &header, sizeof(header)))
			return 0;
		if (next == IPPROTO_FRAGMENT && header.offset & bpf_htons(IP6_OFFSET))
			return 0;
		if (next == IPPROTO_FRAGMENT)
			at += 8;
		else
			at += next == IPPROTO_AH ? (header.size + 2) * 4 : (header.size + 1) * 8;
		next = header.next;
	}
	return 0;
}

static __always_inline struct packet_memory packet_memory(struct sk_buff *skb)
{
	return (struct packet_memory){.head = BPF_CORE_READ(skb, head),
				      .end = BPF_CORE_READ(skb, tail)};
}

/* Offset in its memory at which a packet would end if it were linear. */
static __always_inline __u32 packet_end(struct sk_buff *skb, const struct packet_memory *m)
{
	return BPF_CORE_READ(skb, data) - m->head + BPF_CORE_READ(skb, len);
}

/* Reads a packet into a zeroed struct. Returns whether it is TCP. */
static __always_inline bool tcp_packet_read(struct tcp_packet *p, struct sk_buff *skb)
{
	const struct packet_memory m = packet_memory(skb);
	__u32 at = BPF_CORE_READ(skb, network_header), end = packet_end(skb, &m);

	switch (BPF_CORE_READ(skb, protocol)) {
	case bpf_htons(ETH_P_IP):
		p->family = ipv4;
		at = ip4_read(p, &m, at, &end);
		break;
	case bpf_htons(ETH_P_IPV6):
		p->family = ipv6;
		at = ip6_read(p, &m, at, &end);
		break;
	default:
		return false;
	}
	return at && tcp_header_read(p, &m, at, end > at ? end - at : 0);
}

/*
 * Reads a packet that a socket sends and that has no IP header yet: its addresses are the socket's.
 */
static __always_inline bool unsent_packet_read(struct tcp_packet *p, struct sk_buff *skb)
{
	const struct packet_memory m = packet_memory(skb);
	__u32 at = BPF_CORE_READ(skb, transport_header), end = packet_end(skb, &m);

	return !BPF_CORE_READ(skb, protocol) && at != HEADER_UNSET &&
	       tcp_header_read(p, &m, at, end > at ? end - at : 0);
}

/*
 * Whether a packet was made locally: every packet received from a device has an input device. Some
 * replies have no socket, but they have no link header either until they are about to leave.
 */
static __always_inline bool packet_is_ours(struct sk_buff *skb)
{
	return !BPF_CORE_READ(skb, skb_iif) &&
	       (BPF_CORE_READ(skb, sk) || BPF_CORE_READ(skb, mac_header) == HEADER_UNSET);
}

/* The sender of a UDP packet that a socket has received. */
static __always_inline void udp_source_read(snoop_endpoint *end, struct sk_buff *skb)
{
	const struct packet_memory m = packet_memory(skb);
	__u32 ip = BPF_CORE_READ(skb, network_header);
	struct udphdr udp = {};
	__u32 ip4 = 0;

	packet_read(&m, BPF_CORE_READ(skb, transport_header), &udp, sizeof(udp));
	end->port = bpf_ntohs(udp.source);
	if (BPF_CORE_READ(skb, protocol) == bpf_htons(ETH_P_IP)) {
		packet_read(&m, ip + offsetof(struct iphdr, saddr), &ip4, sizeof(ip4));
		map_ip4(end, ip4);
	} else {
		packet_read(&m, ip + offsetof(struct ipv6hdr, saddr), end->addr, sizeof(end->addr));
	}
}

#endif
