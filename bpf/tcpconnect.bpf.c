// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Traces attempts to connect, each when its outcome is there. What comes of an attempt that is
 * under way shows in the socket's state; that there was none, or that a program did not wait for
 * it, at the exit of connect(2).
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

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

struct tcpconnect_event {
	struct socket_event;
	enum connect_outcome outcome;
	snoop_ret ret;
	snoop_known_duration latency;
};

SMALL_EVENT(tcpconnect_event);

/* --count: where to, with what outcome. */
struct tcpconnect_count_key {
	snoop_cgroup cgroup;
	snoop_comm comm;
	snoop_peer remote;
	enum connect_outcome outcome;
};

struct tcpconnect_count_value {
	snoop_count count;
};

TALLY(tcpconnect_count, 16384);

const volatile __u64 min_latency;
const volatile bool want_counts;

/* What is noted in tcp_socket::marks. */
#define IN_CALL_MARK 1	   /* connect(2) has not returned yet */
#define TOLD_MARK 2	   /* the outcome was */
#define LEFT_MARK 4	   /* connect(2) returned before there was an outcome */
#define INTERRUPTED_MARK 8 /* by a signal */

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

/* An attempt of which a SYN was sent has come to its end. */
static __always_inline void send_outcome(struct sock *sk, struct tcp_socket *known,
					 enum connect_outcome outcome, int error)
{
	struct tcpconnect_event e = {.outcome = outcome, .ret = -error};

	known->marks |= TOLD_MARK;
	if (!socket_event_fill((struct socket_event *)&e, sk, known))
		return;
	e.latency = e.time - known->opened;
	send(&e);
}

/* Whether the current task is in connect(2): the attempt may be io_uring's, or sendto(2)'s. */
static __always_inline bool in_connect(void)
{
	return syscall_number(current_regs()) == NR_connect;
}

SEC("raw_tp/inet_sock_set_state")
int handle_state(struct bpf_raw_tracepoint_args *ctx)
{
	struct sock *sk = (void *)ctx->args[0];
	int from = ctx->args[1], to = ctx->args[2], error;
	struct tcp_socket *known;

	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	owner_state(sk, from, to);
	known = tcp_socket_find(sk);
	if (!known || known->role != client)
		return 0;
	if (to == TCP_SYN_SENT && in_connect())
		known->marks |= IN_CALL_MARK;
	if (known->marks & TOLD_MARK)
		return 0;
	if (to == TCP_ESTABLISHED) {
		send_outcome(sk, known, established, 0);
	} else if (to == TCP_CLOSE) {
		error = BPF_CORE_READ(sk, sk_err);
		if (error)
			send_outcome(sk, known, outcome_of(error), error);
		else if (known->marks & INTERRUPTED_MARK)
			send_outcome(sk, known, interrupted, EINTR);
		else if (!(known->marks & IN_CALL_MARK)) /* else connect(2) knows why */
			send_outcome(sk, known, closed, EINPROGRESS);
	}
	return 0;
}

/* connect(2) failed before it sent anything. */
static __always_inline void send_failure(struct sock *sk, struct pt_regs *regs, int error)
{
	struct tcpconnect_event e = {.outcome = outcome_of(error), .ret = -error};
	struct socket_event *base = (void *)&e;

	ends_read(base, sk);
	/* Where the program wanted to go: the socket has not come so far. */
	endpoint_read(&e.remote, e.family, (void *)syscall_argument(regs, 2),
		      syscall_argument(regs, 3), true);
	if (socket_event_current(base))
		send(&e);
}

SEC("tp/syscalls/sys_exit_connect")
int handle_connect(struct trace_event_raw_sys_exit *ctx)
{
	struct pt_regs *regs = current_regs();
	struct sock *sk = socket_of(current_file(syscall_argument(regs, 1)));
	struct tcp_socket *known;
	int error = -ctx->ret;

	if (!sk || !is_tcp(sk))
		return 0;
	known = tcp_socket_find(sk);
	if (known && known->marks & IN_CALL_MARK) {
		known->marks &= ~IN_CALL_MARK;
		if (error == EINTR || error == ERESTARTSYS)
			known->marks |= LEFT_MARK | INTERRUPTED_MARK;
		else if (error == EINPROGRESS)
			known->marks |= LEFT_MARK;
		else if (error > 0 && !(known->marks & TOLD_MARK))
			send_outcome(sk, known, outcome_of(error), error);
		return 0;
	}
	if (error <= 0 || error == EINPROGRESS || error == EALREADY || error == EISCONN ||
	    error == EINTR || error == ERESTARTSYS)
		return 0;
	/* The outcome of an attempt before, which was told when it was there. */
	if (known && known->marks & LEFT_MARK) {
		known->marks &= ~LEFT_MARK;
		return 0;
	}
	send_failure(sk, regs, error);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
