/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --dns: what name servers answer over UDP, from the memory of the processes that receive it. It
 * goes through a ring of its own, which src/cli/host-names.ts reads before the events that come
 * later. The programs are attached with the filters: see src/cli/net-filters.ts.
 */
#ifndef SNOOPKIT_DNS_H
#define SNOOPKIT_DNS_H

#include <bpf/bpf_endian.h>

#include "event.h"
#include "filter.h"
#include "path.h"
#include "syscall.h"
#include "tail.h"

#define DNS_PORT 53
#define DNS_ANSWER_MAX 4096 /* resolvers ask for less: RFC 9715 */

struct dns_answer {
	__u32 length;
	char bytes[DNS_ANSWER_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} dns_answers SEC(".maps");

/* Where a system call has put what it received, and whom it came from, where the call tells. */
struct received {
	const void *bytes;
	const void *from;
};

static __always_inline void read_message(struct received *received, const struct user_msghdr *user)
{
	struct user_msghdr header;
	struct iovec vector;

	if (bpf_probe_read_user(&header, sizeof(header), user) ||
	    bpf_probe_read_user(&vector, sizeof(vector), header.msg_iov))
		return;
	received->bytes = vector.iov_base;
	received->from = header.msg_name;
}

static __always_inline void read_received(struct received *received)
{
	struct pt_regs *regs = current_regs();
	const void *second = (void *)syscall_argument(regs, 2);

	switch (syscall_number(regs)) {
	case NR_recvfrom:
		received->from = (void *)syscall_argument(regs, 5);
		received->bytes = second;
		return;
	case NR_read:
		received->bytes = second;
		return;
	case NR_recvmsg:
	case NR_recvmmsg: /* whose messages begin with such a header */
		read_message(received, second);
		return;
	}
}

static __always_inline int dns_receives(struct sock *sk, long size)
{
	struct received received = {};
	struct sockaddr_in from = {};
	struct dns_answer *answer;
	__u64 length;

	if (size <= 0 || size > DNS_ANSWER_MAX || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_UDP)
		return 0;
	from.sin_port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	if (from.sin_port && from.sin_port != bpf_htons(DNS_PORT))
		return 0;
	read_received(&received);
	if (!from.sin_port) /* not connected */
		bpf_probe_read_user(&from, sizeof(from), received.from);
	if (from.sin_port != bpf_htons(DNS_PORT) || !received.bytes || !filter_allows_anywhere())
		return 0;
	answer = bpf_ringbuf_reserve(&dns_answers, sizeof(*answer), 0);
	if (!answer) {
		count_lost(LOST_NOT_KEPT);
		return 0;
	}
	length = place_of(size);
	if (length > DNS_ANSWER_MAX || bpf_probe_read_user(answer->bytes, length, received.bytes))
		length = 0;
	answer->length = length;
	bpf_ringbuf_submit(answer, BPF_RB_NO_WAKEUP);
	return 0;
}

/* Since 6.3. Of sockets that are not connected the sender is not in the process's memory yet. */
SEC("raw_tp/sock_recv_length")
int dns_receive(__u64 *ctx)
{
	return dns_receives((void *)ctx[0], (int)ctx[1]);
}

/* The others, and all that came by these calls before 6.3; not by read(2), which is called too
 * often. */
static __always_inline int dns_exits(long ret)
{
	struct sock *sk =
		ret > 0 ? socket_of(current_file(syscall_argument(current_regs(), 1))) : NULL;

	return sk ? dns_receives(sk, ret) : 0;
}

SEC("tp/syscalls/sys_exit_recvfrom")
int dns_recvfrom(struct trace_event_raw_sys_exit *ctx)
{
	return dns_exits(ctx->ret);
}

SEC("tp/syscalls/sys_exit_recvmsg")
int dns_recvmsg(struct trace_event_raw_sys_exit *ctx)
{
	return dns_exits(ctx->ret);
}

#endif
