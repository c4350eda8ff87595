// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Traces attempts to connect, each when its outcome is known. The outcome of an attempt in progress
 * shows in the socket's state. Calls without an attempt, and attempts that a program did not wait
 * for, are seen at the exit of connect(2).
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "call.h"
#include "errno.h"
#include "owner.h"
#include "sockaddr.h"
#include "syscall.h"
#include "tally.h"

enum connect_outcome {
	established,
	refused,
	timed_out,
	unreachable,
	reset,
	interrupted, /* a signal ended the wait, and the program gave up */
	closed,	     /* the program gave up */
	failed,
};

NO_PADDING_BEGIN
struct tcpconnect_event {
	struct socket_event;
	enum connect_outcome outcome;
	snoop_ret ret;
	snoop_known_duration latency;
	snoop_mptcp mptcp;
	__u32 _padding; /* before 6.3 the verifier requires every byte sent to be initialized */
};
NO_PADDING_END

SMALL_EVENT(tcpconnect_event);

/* --count: remote endpoint and outcome. */
NO_PADDING_BEGIN
struct tcpconnect_count_key {
	snoop_cgroup cgroup;
	snoop_comm comm;
	snoop_peer remote;
	enum connect_outcome outcome;
};

struct tcpconnect_count_value {
	snoop_count count;
};
NO_PADDING_END

TALLY(tcpconnect_count, 16384);

const volatile __u64 min_latency;
const volatile bool want_counts;

/* Bits of tcp_socket::marks. */
#define IN_CALL_MARK 1	   /* connect(2) has not returned yet */
#define TOLD_MARK 2	   /* the outcome was reported */
#define LEFT_MARK 4	   /* connect(2) returned before the outcome */
#define INTERRUPTED_MARK 8 /* by a signal */
#define SYN_MARK 16	   /* the SYN was sent */

static __always_inline enum connect_outcome outcome_of(int error)
{
	switch (error) {
	case 0:
		return established;
	case ECONNREFUSED:
		return refused;
	case ETIMEDOUT:
		return timed_out;
	case ENETUNREACH:
	case EHOSTUNREACH:
		return unreachable;
	case ECONNRESET:
		return reset;
	default:
		return failed;
	}
}

static __always_inline void add(const struct tcpconnect_event *e)
{
	struct tcpconnect_count_key key = {.remote = e->remote, .outcome = e->outcome};
	struct tcpconnect_count_value *value;

	key.cgroup = tally_cgroup(e->cgroup);
	__builtin_memcpy(key.comm, e->comm, sizeof(key.comm));
	value = tally_row(&key);
	if (value)
		__sync_fetch_and_add(&value->count, 1);
}

static __always_inline void send(struct tcpconnect_event *e)
{
	if ((filter_failed && e->outcome == established) || e->latency < min_latency)
		return;
	if (want_counts)
		add(e);
	else
		event_send(e, sizeof(*e));
}

/* Whether a SYN has left: an attempt may fail before that. */
static __always_inline bool syn_has_left(struct sock *sk)
{
	return BPF_CORE_READ((struct tcp_sock *)sk, segs_out) != 0;
}

/*
 * The MPTCP role of the socket that a program has connected, for an attempt by this TCP socket: the
 * connection, for a subflow.
 */
static __always_inline snoop_mptcp asked_part(struct sock *sk)
{
	struct sock *connection = mptcp_connection(sk);

	if (!connection || mptcp_first(connection) != sk)
		return mptcp_part_of(sk);
	return mptcp_part_of(connection);
}

/* Handles an attempt whose end the socket's state reports. */
static __always_inline void send_outcome(struct sock *sk, struct tcp_socket *known,
					 enum connect_outcome outcome, int error)
{
	struct tcpconnect_event e = {.outcome = outcome, .ret = -error};

	known->marks |= TOLD_MARK;
	if (!socket_event_fill((struct socket_event *)&e, sk, known))
		return;
	e.mptcp = asked_part(sk);
	if (syn_has_left(sk))
		e.latency = e.time - known->opened;
	send(&e);
}

/* Whether the current task is in connect(2): the attempt may come from io_uring or sendto(2). */
static __always_inline bool in_connect(void)
{
	return syscall_number(current_regs()) == NR_connect;
}

/* The error of a closed socket: MPTCP copies the error of a subflow to its connection. */
static __always_inline int error_of(struct sock *sk)
{
	struct sock *connection = mptcp_connection(sk);
	int error = BPF_CORE_READ(sk, sk_err);

	return error || !connection ? error : BPF_CORE_READ(connection, sk_err);
}

static __always_inline void handle_close(struct sock *sk, struct tcp_socket *known)
{
	int error = error_of(sk);

	if (syn_has_left(sk))
		known->marks |= SYN_MARK;
	if (error)
		send_outcome(sk, known, outcome_of(error), error);
	else if (known->marks & INTERRUPTED_MARK)
		send_outcome(sk, known, interrupted, EINTR);
	else if (known->marks & IN_CALL_MARK)
		return; /* connect(2) reports the error */
	else if (known->marks & (SYN_MARK | LEFT_MARK) || BPF_CORE_READ(sk, sk_shutdown))
		send_outcome(sk, known, closed, EINPROGRESS);
	else /* no call reports it: there is hardly another reason */
		send_outcome(sk, known, failed, EADDRNOTAVAIL);
}

SEC("raw_tp/inet_sock_set_state")
int handle_state(struct bpf_raw_tracepoint_args *ctx)
{
	struct sock *sk = (void *)ctx->args[0], *connection;
	int from = ctx->args[1], to = ctx->args[2];
	struct tcp_socket *known;

	if (!state_changes(sk, from, to))
		return 0;
	owner_state(sk, from, to);
	if (is_mptcp(sk)) {
		/* Only now is it known whether the peer speaks MPTCP. */
		sk = to == TCP_ESTABLISHED ? mptcp_first(sk) : NULL;
		if (!sk)
			return 0;
	} else if (to == TCP_ESTABLISHED) {
		connection = mptcp_connection(sk);
		if (connection && mptcp_first(connection) == sk &&
		    BPF_CORE_READ(connection, __sk_common.skc_state) == TCP_SYN_SENT)
			return 0;
	}
	known = tcp_socket_find(sk);
	if (!known || known->role != client)
		return 0;
	if (to == TCP_SYN_SENT && in_connect())
		known->marks |= IN_CALL_MARK;
	if (known->marks & TOLD_MARK)
		return 0;
	if (to == TCP_ESTABLISHED)
		send_outcome(sk, known, established, 0);
	else if (to == TCP_CLOSE)
		handle_close(sk, known);
	return 0;
}

/* The destination of the current call, as given at its entry. */
struct call {
	snoop_endpoint asked;
};

CALLS(struct call);

static __always_inline bool asked_read(snoop_endpoint *asked, unsigned long address,
				       unsigned long length)
{
	/* AF_UNSPEC disconnects, and endpoint_read() accepts it for an IPv6 socket. */
	return endpoint_read(asked, ipv6, (void *)address, length, true);
}

SEC("tp/syscalls/sys_enter_connect")
int enter_connect(struct trace_event_raw_sys_enter *ctx)
{
	struct call call = {};

	if (asked_read(&call.asked, ctx->args[1], ctx->args[2]))
		call_keep(&call);
	return 0;
}

/*
 * Reads the destination to `asked`, which stays unchanged if it can't be read. Its memory may have
 * been paged out at the entry, or the call may be older than the trace.
 */
static __always_inline void asked_take(snoop_endpoint *asked)
{
	struct pt_regs *regs = current_regs();
	struct call *call = call_find();

	if (call)
		*asked = call->asked;
	else
		asked_read(asked, syscall_argument(regs, 2), syscall_argument(regs, 3));
}

/*
 * Whether a socket with this remote endpoint belongs to the requested destination: all zeros are
 * loopback.
 */
static __always_inline bool is_there(const snoop_endpoint *now, const snoop_endpoint *asked)
{
	const __u32 *one = (const void *)now->addr, *other = (const void *)asked->addr;

	return now->port == asked->port &&
	       (!other[3] || (one[0] == other[0] && one[1] == other[1] && one[2] == other[2] &&
			      one[3] == other[3]));
}

/* Reports a failed connect(2). Its socket has forgotten the destination, or never knew it. */
static __always_inline void send_failure(struct sock *sk, struct tcp_socket *known, int error)
{
	struct tcpconnect_event e = {.outcome = outcome_of(error), .ret = -error};
	struct socket_event *base = (void *)&e;
	snoop_endpoint now;

	connection_ends_read(base, sk);
	now = e.remote;
	asked_take(&e.remote);
	/* The call repeats an attempt in progress or done: no new attempt. */
	if ((error == EALREADY || error == EISCONN) && is_there(&now, &e.remote))
		return;
	if (!socket_event_current(base))
		return;
	e.mptcp = mptcp_part_of(sk);
	if (known && known->marks & SYN_MARK)
		e.latency = e.time - known->opened;
	send(&e);
}

static __always_inline void leave(struct sock *sk, int error)
{
	struct sock *first = is_mptcp(sk) ? mptcp_first(sk) : sk;
	struct tcp_socket *known = first ? tcp_socket_find(first) : NULL;

	if (known && known->marks & IN_CALL_MARK) {
		known->marks &= ~IN_CALL_MARK;
		if (error == EINTR || error == ERESTARTSYS)
			known->marks |= LEFT_MARK | INTERRUPTED_MARK;
		else if (error == EINPROGRESS)
			known->marks |= LEFT_MARK;
		else if (known->marks & TOLD_MARK)
			return;
		else if (error > 0)
			send_failure(sk, known, error);
		else /* TCP_FASTOPEN_CONNECT: sends nothing before there is data */
			known->marks |= LEFT_MARK;
		return;
	}
	if (known && error == 0) /* including AF_UNSPEC: the socket begins anew */
		known->marks &= ~LEFT_MARK;
	if (error <= 0 || error == EINPROGRESS || error == EINTR || error == ERESTARTSYS)
		return;
	/* The outcome of an earlier attempt, which was already reported. */
	if (known && known->marks & LEFT_MARK && error != EALREADY && error != EISCONN) {
		known->marks &= ~LEFT_MARK;
		return;
	}
	send_failure(sk, NULL, error);
}

SYSCALL_EXIT(handle_connect, connect)
{
	struct sock *sk = socket_of(current_file(syscall_argument(current_regs(), 1)));

	if (sk && has_connections(sk))
		leave(sk, -ret);
	call_forget();
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
