/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --dns: queries that processes send to name servers over UDP, and the answers, read from the
 * memory of the processes. An answer counts only for a matching query:
 * src/trace/features/dns/host-names.ts matches them. The messages have a ring buffer of their own,
 * which is read before the events that come later. The programs are attached with the filters: see
 * src/trace/features/sockets/steps.ts.
 */
#ifndef SNOOPKIT_DNS_H
#define SNOOPKIT_DNS_H

#include <bpf/bpf_endian.h>

#include "event.h"
#include "filter.h"
#include "path.h"
#include "sockaddr.h"
#include "syscall.h"
#include "tail.h"

#define DNS_PORT 53
#define DNS_SHORT 512 /* questions, and most answers */
#define DNS_LONG 4096 /* resolvers advertise less: RFC 9715 */

NO_PADDING_BEGIN
/* One message, followed by its bytes. */
struct dns_message {
	snoop_time time;
	__u64 socket; /* tells sockets apart */
	__u32 pid;
	__u32 netns;	       /* of the socket */
	snoop_endpoint server; /* port 0: the process did not ask for the sender of an answer */
	bool is_received;
	__u8 _padding[3];
	__u32 length;
	__u32 _end;
};
NO_PADDING_END

SMALL_EVENT(dns_message);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} dns_messages SEC(".maps");

const volatile bool dns_by_socket; /* whether the kernel has the tracepoints of dns_receive() */

/* The location of a system call's data, and the address of the other end if the call has one. */
struct dns_transfer {
	const void *bytes;
	const void *address;
	int address_size;
};

static __always_inline void read_message(struct dns_transfer *transfer,
					 const struct user_msghdr *user)
{
	struct user_msghdr header;
	struct iovec vector;

	if (bpf_probe_read_user(&header, sizeof(header), user) ||
	    bpf_probe_read_user(&vector, sizeof(vector), header.msg_iov))
		return;
	transfer->bytes = vector.iov_base;
	transfer->address = header.msg_name;
	transfer->address_size = header.msg_namelen;
}

static __always_inline void read_transfer(struct dns_transfer *transfer)
{
	struct pt_regs *regs = current_regs();
	const void *second = (void *)syscall_argument(regs, 2);

	switch (syscall_number(regs)) {
	case NR_recvfrom:
	case NR_sendto:
		transfer->address = (void *)syscall_argument(regs, 5);
		transfer->address_size = sizeof(struct sockaddr_in6);
		transfer->bytes = second;
		return;
	case NR_read:
	case NR_write:
		transfer->bytes = second;
		return;
	case NR_recvmsg:
	case NR_sendmsg:
	case NR_recvmmsg: /* messages begin with a struct msghdr */
		read_message(transfer, second);
		return;
	}
}

static __always_inline void dns_keep(struct sock *sk, const snoop_endpoint *server,
				     const void *bytes, __u64 size, bool is_received,
				     const __u32 room)
{
	struct dns_message *message =
		bpf_ringbuf_reserve(&dns_messages, sizeof(*message) + room, 0);
	__u64 length = place_of(size);

	if (!message) {
		count_lost(LOST_NOT_KEPT);
		return;
	}
	message->time = bpf_ktime_get_boot_ns();
	message->socket = (__u64)sk;
	message->pid = bpf_get_current_pid_tgid() >> 32;
	message->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	message->server = *server;
	message->is_received = is_received;
	if (length > room || bpf_probe_read_user(message + 1, length, bytes))
		length = 0;
	message->length = length;
	bpf_ringbuf_submit(message, BPF_RB_NO_WAKEUP);
}

/* The remote endpoint of a connected socket. Returns whether the socket is connected. */
static __always_inline bool dns_peer(struct sock *sk, snoop_endpoint *server)
{
	server->port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == ipv6)
		BPF_CORE_READ_INTO(&server->addr, sk, __sk_common.skc_v6_daddr);
	else
		map_ip4(server, BPF_CORE_READ(sk, __sk_common.skc_daddr));
	return server->port;
}

/* Whether the message answers one question: RFC 1035, 4.1.1. */
static __always_inline bool dns_is_answer(const void *bytes)
{
	struct {
		__be16 id, flags, questions;
	} header;

	return !bpf_probe_read_user(&header, sizeof(header), bytes) &&
	       (header.flags & bpf_htons(0xf800)) == bpf_htons(0x8000) &&
	       header.questions == bpf_htons(1);
}

/* Keeps a message that the current process has sent or received if it may be DNS. */
static __always_inline void dns_take(struct sock *sk, const struct dns_transfer *transfer,
				     long size, bool is_received)
{
	snoop_endpoint server = {};

	if (!dns_peer(sk, &server)) {
		server = (snoop_endpoint){};
		endpoint_read(&server, BPF_CORE_READ(sk, __sk_common.skc_family), transfer->address,
			      transfer->address_size, true);
	}
	if (!transfer->bytes || !filter_allows_anywhere())
		return;
	if (server.port != DNS_PORT &&
	    (server.port || transfer->address || !is_received || !dns_is_answer(transfer->bytes)))
		return;
	if (size <= DNS_SHORT)
		dns_keep(sk, &server, transfer->bytes, size, is_received, DNS_SHORT);
	else
		dns_keep(sk, &server, transfer->bytes, size, is_received, DNS_LONG);
}

static __always_inline bool dns_may_be(struct sock *sk, long size)
{
	__u16 port;

	if (size <= 0 || size > DNS_LONG || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_UDP)
		return false;
	port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	return !port || port == bpf_htons(DNS_PORT);
}

static __always_inline int dns_transfers(struct sock *sk, long size, bool is_received)
{
	struct dns_transfer transfer = {};

	if (!dns_may_be(sk, size))
		return 0;
	read_transfer(&transfer);
	dns_take(sk, &transfer, size, is_received);
	return 0;
}

/* Since 6.3. */
SEC("raw_tp/sock_send_length")
int dns_send(__u64 *ctx)
{
	return dns_transfers((void *)ctx[0], (int)ctx[1], false);
}

/*
 * On unconnected sockets the sender is not in the memory of the process yet, but read(2) never
 * reports it.
 */
SEC("raw_tp/sock_recv_length")
int dns_receive(__u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];

	if (!BPF_CORE_READ(sk, __sk_common.skc_dport) && syscall_number(current_regs()) != NR_read)
		return 0;
	return dns_transfers(sk, (int)ctx[1], true);
}

/*
 * The other calls, and all messages of these calls before 6.3. read(2) and write(2) are left out:
 * they are called too often.
 */
static __always_inline int dns_exits(long ret, bool is_received)
{
	struct sock *sk =
		ret > 0 ? socket_of(current_file(syscall_argument(current_regs(), 1))) : NULL;

	if (!sk || (dns_by_socket && BPF_CORE_READ(sk, __sk_common.skc_dport)))
		return 0;
	return dns_transfers(sk, ret, is_received);
}

SYSCALL_EXIT(dns_recvfrom, recvfrom)
{
	return dns_exits(ret, true);
}

SYSCALL_EXIT(dns_recvmsg, recvmsg)
{
	return dns_exits(ret, true);
}

SYSCALL_EXIT(dns_sendto, sendto)
{
	return dns_exits(ret, false);
}

SYSCALL_EXIT(dns_sendmsg, sendmsg)
{
	return dns_exits(ret, false);
}

/* The C library queries both families at once. */
#define DNS_AT_ONCE 4

SYSCALL_EXIT(dns_sendmmsg, sendmmsg)
{
	struct pt_regs *regs = current_regs();
	const struct mmsghdr *messages = (void *)syscall_argument(regs, 2);
	struct sock *sk = ret > 0 ? socket_of(current_file(syscall_argument(regs, 1))) : NULL;

	if (!sk)
		return 0;
	for (int i = 0; i < DNS_AT_ONCE && i < ret; i++) {
		struct dns_transfer transfer = {};
		__u32 size = 0;

		bpf_probe_read_user(&size, sizeof(size), &messages[i].msg_len);
		if (!dns_may_be(sk, size))
			continue;
		/*
		 * A struct mmsghdr begins with a struct msghdr, whose members have other types in
		 * user space.
		 */
		read_message(&transfer, (void *)&messages[i]);
		dns_take(sk, &transfer, size, false);
	}
	return 0;
}

#endif
