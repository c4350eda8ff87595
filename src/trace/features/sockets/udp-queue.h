/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The sender of the datagram that a UDP socket returns next, for tracepoints that see a receive
 * only when the packet is gone. It is read while the packet heads the queue: on its arrival, or
 * when the one before it is received. net/ipv4/udp.c has two queues: receives take from
 * reader_queue, and all of sk_receive_queue moves there when that is empty.
 */
#ifndef SNOOPKIT_UDP_QUEUE_H
#define SNOOPKIT_UDP_QUEUE_H

#include "packet.h"
#include "syscall.h"

#define SOCK_DGRAM 2 /* include/linux/net.h */

static __always_inline bool is_udp(struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_protocol) == IPPROTO_UDP &&
	       BPF_CORE_READ(sk, sk_type) == SOCK_DGRAM && is_inet(sk);
}

struct udp_next {
	snoop_endpoint source;
	__u32 length;
	bool is_known;
};

/* Freed with its socket. Tracing programs may have such maps since 5.11. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct udp_next);
} udp_nexts SEC(".maps");

static __always_inline struct sk_buff *queue_first(struct sk_buff_head *queue)
{
	struct sk_buff *first = BPF_CORE_READ(queue, next);

	return first == (void *)queue ? NULL : first;
}

static __always_inline void udp_next_read(struct udp_next *next, const struct sock *sk)
{
	struct udp_sock *udp = (void *)sk;
	struct sk_buff *packet = queue_first(__builtin_preserve_access_index(&udp->reader_queue));

	if (!packet)
		packet = queue_first(
			__builtin_preserve_access_index(&((struct sock *)sk)->sk_receive_queue));
	if (!packet)
		return;
	udp_source_read(&next->source, packet);
	next->length = BPF_CORE_READ(packet, len);
	next->is_known = true;
}

/* Called when a datagram has arrived. `sk` is the pointer that a tp_btf program was given. */
static __always_inline void udp_arrived(struct sock *sk)
{
	struct udp_next *next =
		bpf_sk_storage_get(&udp_nexts, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	if (next && !next->is_known)
		udp_next_read(next, sk);
}

/*
 * Called at the end of a receive, with its number of bytes, less than 0 if it failed or only
 * peeked. Sets the sender if known. A failed receive may have dropped its datagram, and a peek
 * leaves it: the head of the queue is read again.
 */
static __always_inline void udp_received(snoop_endpoint *source, struct sock *sk, int length)
{
	struct udp_next *next = bpf_sk_storage_get(&udp_nexts, sk, NULL, 0);

	if (!next)
		return;
	if (next->is_known && length >= 0 && length <= (int)next->length)
		*source = next->source;
	next->is_known = false;
	udp_next_read(next, sk);
}

SEC("tp_btf/sk_data_ready")
int handle_arrival(__u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];

	if (is_udp(sk))
		udp_arrived(sk);
	return 0;
}

static __always_inline bool message_has_name(const struct user_msghdr *message)
{
	struct user_msghdr read = {};

	return !bpf_probe_read_user(&read, sizeof(read), message) && read.msg_name;
}

/*
 * Whether a program asks for the sender of its datagram: the answer is in its memory only when the
 * call returns. For several messages in one call, the first decides for all.
 */
static __always_inline bool sender_is_asked(void)
{
	struct pt_regs *regs = current_regs();

	switch (syscall_number(regs)) {
	case NR_recvfrom:
		return syscall_argument(regs, 5);
	case NR_recvmsg: /* a struct mmsghdr begins with a struct user_msghdr */
	case NR_recvmmsg:
		return message_has_name((void *)syscall_argument(regs, 2));
	}
	return false;
}

#endif
