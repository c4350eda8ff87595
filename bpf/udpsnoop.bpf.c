// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Traces UDP datagrams sent and received, with their peers. An unconnected socket has no remote
 * endpoint: it is in the message, which the kernel's functions see, but not the tracepoints
 * sock_send_length and sock_recv_length. For these it is read from the memory of the program, or
 * from the queue of the socket.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "call.h"
#include "errno.h"
#include "packet.h"
#include "sockaddr.h"
#include "socket.h"
#include "syscall.h"
#include "tally.h"
#include "udp-queue.h"

#define MSG_PEEK 2 /* include/linux/socket.h */
#define MSG_ERRQUEUE 0x2000
#define MESSAGES_MAX 1024 /* UIO_MAXIOV */

enum udpsnoop_direction {
	send,
	receive,
};

NO_PADDING_BEGIN
struct udpsnoop_event {
	struct socket_event;
	enum udpsnoop_direction direction;
	__u32 bytes;
	snoop_ret ret;
	__u32 _padding; /* before 6.3 the verifier requires every byte sent to be initialized */
};
NO_PADDING_END

SMALL_EVENT(udpsnoop_event);

/* --count: process and peer. */
NO_PADDING_BEGIN
struct udpsnoop_count_key {
	snoop_cgroup cgroup;
	__u32 pid;
	snoop_comm comm;
	enum udpsnoop_direction direction;
	snoop_peer remote;
	snoop_ret ret; /* 0 unless it failed */
};

struct udpsnoop_count_value {
	snoop_count count;
	snoop_count bytes;
};
NO_PADDING_END

TALLY(udpsnoop_count, 16384);

const volatile bool want_counts;

static __always_inline void add(const struct udpsnoop_event *e)
{
	struct udpsnoop_count_key key = {
		.cgroup = tally_cgroup(e->cgroup),
		.pid = e->pid,
		.direction = e->direction,
		.remote = e->remote,
		.ret = e->ret < 0 ? e->ret : 0,
	};
	struct udpsnoop_count_value *value;

	__builtin_memcpy(key.comm, e->comm, sizeof(key.comm));
	value = tally_row(&key);
	if (!value)
		return;
	__sync_fetch_and_add(&value->count, 1);
	__sync_fetch_and_add(&value->bytes, e->bytes);
}

/* State of a call that has not returned. */
struct call {
	struct udpsnoop_event event;
	__u64 messages; /* of sendmmsg(2): number of messages sent */
};

CALLS(struct call);

/* Whether to report a result: an empty queue, or a signal before any datagram, is no failure. */
static __always_inline bool is_told(enum udpsnoop_direction direction, int ret)
{
	if (ret >= 0)
		return !filter_failed;
	return ret != -ERESTARTSYS && ret != -EINTR && !(direction == receive && ret == -EAGAIN);
}

/* Reads the endpoints of a socket into a zeroed event, if the filters may allow it. */
static __always_inline bool begin(struct udpsnoop_event *e, struct sock *sk,
				  enum udpsnoop_direction direction)
{
	if (!is_udp(sk) || !filter_allows_anywhere())
		return false;
	ends_read((struct socket_event *)e, sk);
	e->direction = direction;
	return true;
}

static __always_inline void tell(struct udpsnoop_event *e, int ret)
{
	if (!socket_event_current((struct socket_event *)e))
		return;
	e->ret = ret;
	e->bytes = ret < 0 ? 0 : ret;
	if (want_counts)
		add(e);
	else
		event_send(e, sizeof(*e));
}

SEC("raw_tp/sock_send_length")
int handle_send(__u64 *ctx)
{
	struct call call = {};
	struct udpsnoop_event *e = &call.event;
	const struct mmsghdr *messages;
	struct pt_regs *regs;
	struct call *known;
	int ret = ctx[1];

	if (!begin(e, (void *)ctx[0], send))
		return 0;
	regs = current_regs();
	switch (syscall_number(regs)) {
	case NR_sendto:
		endpoint_read(&e->remote, e->family, (void *)syscall_argument(regs, 5),
			      syscall_argument(regs, 6), true);
		break;
	case NR_sendmsg:
		message_endpoint_read(&e->remote, e->family, (void *)syscall_argument(regs, 2));
		break;
	case NR_sendmmsg:
		messages = (void *)syscall_argument(regs, 2);
		known = call_find();
		if (known)
			messages += known->messages++;
		else
			call_keep(&(struct call){.messages = 1});
		message_endpoint_read(&e->remote, e->family, &messages->msg_hdr);
		break;
	}
	if (is_told(send, ret))
		tell(e, ret);
	return 0;
}

SYSCALL_EXIT(leave_sendmmsg, sendmmsg)
{
	call_forget();
	return 0;
}

/* `source` is the sender, if known from the queue; otherwise its port is 0. */
static __always_inline int handle_received(__u64 *ctx, const snoop_endpoint *source)
{
	int ret = ctx[1], flags = ctx[2];
	struct call call = {};

	if ((flags & MSG_PEEK && ret >= 0) || flags & MSG_ERRQUEUE || !is_told(receive, ret) ||
	    !begin(&call.event, (void *)ctx[0], receive))
		return 0;
	if (ret >= 0) {
		if (sender_is_asked()) {
			call.event.ret = ret;
			call_keep(&call);
			return 0;
		}
		/* A datagram from before the socket was connected may have another sender. */
		if (source->port)
			call.event.remote = *source;
	}
	tell(&call.event, ret);
	return 0;
}

SEC("raw_tp/sock_recv_length")
int handle_receive(__u64 *ctx)
{
	const snoop_endpoint unknown = {};

	return handle_received(ctx, &unknown);
}

SEC("tp_btf/sock_recv_length")
int handle_receive_queue(__u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];
	int ret = ctx[1], flags = ctx[2];
	snoop_endpoint source = {};

	if (is_udp(sk))
		udp_received(&source, sk, flags & (MSG_PEEK | MSG_ERRQUEUE) ? -1 : ret);
	return handle_received(ctx, &source);
}

SYSCALL_EXIT(leave_recvfrom, recvfrom)
{
	struct call *call = call_find();

	if (!call)
		return 0;
	endpoint_read(&call->event.remote, call->event.family,
		      (void *)syscall_argument(current_regs(), 5), sizeof(struct sockaddr_in6),
		      true);
	tell(&call->event, call->event.ret);
	call_forget();
	return 0;
}

SYSCALL_EXIT(leave_recvmsg, recvmsg)
{
	struct call *call = call_find();

	if (!call)
		return 0;
	message_endpoint_read(&call->event.remote, call->event.family,
			      (void *)syscall_argument(current_regs(), 2));
	tell(&call->event, call->event.ret);
	call_forget();
	return 0;
}

struct messages {
	struct udpsnoop_event *event;
	const struct mmsghdr *first;
};

static long tell_message(__u32 index, struct messages *messages)
{
	const struct mmsghdr *message = messages->first + index;
	struct udpsnoop_event e = *messages->event;
	__u32 length = 0;

	message_endpoint_read(&e.remote, e.family, &message->msg_hdr);
	bpf_probe_read_user(&length, sizeof(length), &message->msg_len);
	tell(&e, length);
	return 0;
}

SYSCALL_EXIT(leave_recvmmsg, recvmmsg)
{
	struct call *call = call_find();
	struct messages messages = {};

	if (!call)
		return 0;
	messages.event = &call->event;
	messages.first = (void *)syscall_argument(current_regs(), 2);
	if (ret > 0 && ret <= MESSAGES_MAX)
		bpf_loop(ret, tell_message, &messages, 0);
	call_forget();
	return 0;
}

/*
 * udpv6_sendmsg() calls udp_sendmsg() for an IPv4 peer: reported once, by the function of the
 * socket's own family.
 */
static __always_inline int enter_send(struct sock *sk, struct msghdr *message,
				      enum socket_family family)
{
	struct call call = {};
	struct udpsnoop_event *e = &call.event;

	if (BPF_CORE_READ(sk, __sk_common.skc_family) != family || !begin(e, sk, send))
		return 0;
	endpoint_read(&e->remote, e->family, BPF_CORE_READ(message, msg_name),
		      BPF_CORE_READ(message, msg_namelen), false);
	call_keep(&call);
	return 0;
}

static __always_inline int leave_send(int ret, enum socket_family family)
{
	struct call *call = call_find();

	if (!call || call->event.family != family)
		return 0;
	if (is_told(send, ret))
		tell(&call->event, ret);
	call_forget();
	return 0;
}

SEC("fentry/udp_sendmsg")
int enter_send4(__u64 *ctx)
{
	return enter_send((void *)ctx[0], (void *)ctx[1], ipv4);
}

SEC("fexit/udp_sendmsg")
int leave_send4(__u64 *ctx)
{
	return leave_send(ctx[3], ipv4);
}

SEC("fentry/udpv6_sendmsg")
int enter_send6(__u64 *ctx)
{
	return enter_send((void *)ctx[0], (void *)ctx[1], ipv6);
}

SEC("fexit/udpv6_sendmsg")
int leave_send6(__u64 *ctx)
{
	return leave_send(ctx[3], ipv6);
}

SEC("kprobe/udp_sendmsg")
int enter_send4_kprobe(struct pt_regs *ctx)
{
	return enter_send((void *)PT_REGS_PARM1(ctx), (void *)PT_REGS_PARM2(ctx), ipv4);
}

SEC("kretprobe/udp_sendmsg")
int leave_send4_kprobe(struct pt_regs *ctx)
{
	return leave_send(PT_REGS_RC(ctx), ipv4);
}

SEC("kprobe/udpv6_sendmsg")
int enter_send6_kprobe(struct pt_regs *ctx)
{
	return enter_send((void *)PT_REGS_PARM1(ctx), (void *)PT_REGS_PARM2(ctx), ipv6);
}

SEC("kretprobe/udpv6_sendmsg")
int leave_send6_kprobe(struct pt_regs *ctx)
{
	return leave_send(PT_REGS_RC(ctx), ipv6);
}

/*
 * A process has received a packet. `length` is the result of the call, or less than 0 if the packet
 * was only peeked at.
 */
static __always_inline int handle_packet(struct sock *sk, struct sk_buff *packet, int length)
{
	struct udpsnoop_event e = {};

	if (length < 0 || !is_told(receive, length) || !begin(&e, sk, receive))
		return 0;
	udp_source_read(&e.remote, packet);
	tell(&e, length);
	return 0;
}

SEC("fentry/skb_consume_udp")
int handle_consume(__u64 *ctx)
{
	return handle_packet((void *)ctx[0], (void *)ctx[1], ctx[2]);
}

SEC("kprobe/skb_consume_udp")
int handle_consume_kprobe(struct pt_regs *ctx)
{
	return handle_packet((void *)PT_REGS_PARM1(ctx), (void *)PT_REGS_PARM2(ctx),
			     PT_REGS_PARM3(ctx));
}

/* Arguments of inet_recvmsg() and inet6_recvmsg(): socket, message, size, flags. */
static __always_inline int handle_failure(__u64 *ctx)
{
	struct socket *socket = (void *)ctx[0];
	struct udpsnoop_event e = {};
	int flags = ctx[3], ret = ctx[4];

	if (ret < 0 && !(flags & MSG_ERRQUEUE) && is_told(receive, ret) &&
	    begin(&e, BPF_CORE_READ(socket, sk), receive))
		tell(&e, ret);
	return 0;
}

SEC("fexit/inet_recvmsg")
int handle_failure4(__u64 *ctx)
{
	return handle_failure(ctx);
}

SEC("fexit/inet6_recvmsg")
int handle_failure6(__u64 *ctx)
{
	return handle_failure(ctx);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
