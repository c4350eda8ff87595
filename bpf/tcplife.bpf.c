// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Summarizes each TCP connection at its end. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "errno.h"
#include "owner.h"

/* How a connection ended. */
enum tcp_close {
	fin,	 /* orderly, by FIN */
	rst,	 /* it was reset */
	timeout, /* the peer stopped answering */
};

enum tcp_closer {
	us,
	peer,
};

NO_PADDING_BEGIN
struct tcplife_event {
	struct socket_event;
	enum tcp_role role;
	enum tcp_close close;
	enum tcp_closer closed_by;
	__u32 retransmits;
	snoop_known_duration duration;
	snoop_count sent;
	snoop_count received;
	snoop_count retransmitted;
	snoop_known_duration srtt;
	snoop_mptcp mptcp;
	__u32 _padding; /* before 6.3 the verifier requires every byte sent to be initialized */
};
NO_PADDING_END

SMALL_EVENT(tcplife_event);

const volatile __u64 min_duration;
const volatile bool want_subflows;

/* Bits of tcp_socket::marks. */
#define ESTABLISHED_MARK 1
#define FIRST_LOCAL_MARK 2 /* the local FIN was the first */
#define FIRST_REMOTE_MARK 4

/* The first FIN decides which side closed. */
static __always_inline void note_state(struct tcp_socket *known, int to)
{
	if (to == TCP_ESTABLISHED)
		known->marks |= ESTABLISHED_MARK;
	if (known->marks & (FIRST_LOCAL_MARK | FIRST_REMOTE_MARK))
		return;
	if (to == TCP_FIN_WAIT1)
		known->marks |= FIRST_LOCAL_MARK;
	else if (to == TCP_CLOSE_WAIT)
		known->marks |= FIRST_REMOTE_MARK;
}

static __always_inline void read_close(struct tcplife_event *e, struct sock *sk, int from,
				       __u32 marks)
{
	switch (BPF_CORE_READ(sk, sk_err)) {
	case 0:
		/* Without a local FIN the reset is a local one: unread data, SO_LINGER 0. */
		e->close = from == TCP_FIN_WAIT2 || from == TCP_LAST_ACK || from == TCP_CLOSING ||
					   from == TCP_TIME_WAIT
				   ? fin
				   : rst;
		e->closed_by = e->close == fin && marks & FIRST_REMOTE_MARK ? peer : us;
		return;
	case ECONNABORTED: /* by ss --kill */
		e->close = rst;
		e->closed_by = us;
		return;
	case EPIPE: /* a reset, after a FIN */
	case ECONNRESET:
		e->close = rst;
		e->closed_by = peer;
		return;
	default: /* ETIMEDOUT, or the reason for the silence, such as EHOSTUNREACH */
		e->close = timeout;
		e->closed_by = us;
	}
}

/* Counts of a TCP socket, or of all subflows of a connection. */
struct counts {
	__u64 sent;
	__u64 received;
	__u64 retransmitted;
	__u64 srtt; /* of the first subflow */
	__u32 retransmits;
};

/* Whether a socket that leaves this state has sent or queued a FIN. */
static __always_inline bool has_fin(int from)
{
	return from == TCP_FIN_WAIT1 || from == TCP_FIN_WAIT2 || from == TCP_CLOSING ||
	       from == TCP_LAST_ACK || from == TCP_TIME_WAIT;
}

/*
 * Whether a socket older than the trace has sent a SYN: an accepted socket has the backlog of the
 * listener that it is a copy of.
 */
static __always_inline bool has_connected(struct sock *sk)
{
	return !BPF_CORE_READ(sk, sk_max_ack_backlog);
}

/*
 * Bytes of data sent, each counted once: by sequence numbers. The kernel's own count includes data
 * that could not leave the machine, once for each attempt. A SYN and a FIN take a number each, too.
 */
static __always_inline __u64 sent_once(struct tcp_sock *tp, int from, enum tcp_role role)
{
	__u32 next = BPF_CORE_READ(tp, snd_nxt);
	__u64 sent = BPF_CORE_READ(tp, bytes_acked) + (__u32)(next - BPF_CORE_READ(tp, snd_una));

	if (has_fin(from) && next == BPF_CORE_READ(tp, write_seq))
		sent--;
	if (role == client || (role == unknown && has_connected((struct sock *)tp)))
		sent--;
	return sent;
}

/* The kernel's counts of received bytes include a FIN as one byte. */
static __always_inline void counts_read(struct counts *c, struct sock *sk, int from,
					enum tcp_role role)
{
	struct tcp_sock *tp = (void *)sk;

	c->sent = sent_once(tp, from, role);
	c->received = BPF_CORE_READ(tp, bytes_received);
	if (c->received && BPF_CORE_READ(sk, __sk_common.skc_flags) & 1UL << SOCK_DONE)
		c->received--;
	c->retransmitted = BPF_CORE_READ(tp, bytes_retrans);
	c->retransmits = BPF_CORE_READ(tp, total_retrans);
	c->srtt = (__u64)(BPF_CORE_READ(tp, srtt_us) >> 3) *
		  1000; /* the kernel keeps it times eight */
}

/* Counts of the subflows that ended before their connection. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64); /* the connection's address */
	__type(value, struct counts);
} ended_subflows SEC(".maps");

static __always_inline void counts_add(struct counts *to, const struct counts *more)
{
	to->sent += more->sent;
	to->received += more->received;
	to->retransmitted += more->retransmitted;
	to->retransmits += more->retransmits;
	if (!to->srtt)
		to->srtt = more->srtt;
}

static __always_inline void keep_subflow(struct sock *connection, struct sock *sk, int from,
					 enum tcp_role role)
{
	__u64 key = (__u64)connection;
	struct counts *ended = bpf_map_lookup_elem(&ended_subflows, &key), counts;

	counts_read(&counts, sk, from, role);
	if (ended)
		counts_add(ended, &counts);
	else
		bpf_map_update_elem(&ended_subflows, &key, &counts, BPF_ANY);
}

static __always_inline void forget_subflows(struct sock *connection)
{
	__u64 key = (__u64)connection;

	bpf_map_delete_elem(&ended_subflows, &key);
}

/*
 * Since 6.6 a connection has its own counts, in which data sent over two subflows counts as
 * retransmitted.
 */
struct mptcp_sock___since_6_6 {
	__u64 bytes_sent;
	__u64 bytes_received;
	__u64 bytes_retrans;
} __attribute__((preserve_access_index));

static __always_inline void connection_counts_read(struct counts *c, struct sock *connection)
{
	struct mptcp_sock___since_6_6 *own = (void *)connection;
	__u64 key = (__u64)connection;
	struct counts *ended = bpf_map_lookup_elem(&ended_subflows, &key), more;
	struct mptcp_subflows at;
	struct tcp_socket *known;
	struct sock *sk;
	__u8 state;

	if (ended)
		*c = *ended;
	mptcp_subflows_begin(&at, connection);
	for (int i = 0; i < MPTCP_SUBFLOWS_MAX && (sk = mptcp_subflows_next(&at)); i++) {
		state = BPF_CORE_READ(sk, __sk_common.skc_state);
		if (state == TCP_CLOSE || state == TCP_SYN_SENT)
			continue;
		known = tcp_socket_find(sk);
		counts_read(&more, sk, state, known ? known->role : unknown);
		counts_add(c, &more);
	}
	if (bpf_core_field_exists(own->bytes_sent)) {
		c->sent = BPF_CORE_READ(own, bytes_sent);
		c->received = BPF_CORE_READ(own, bytes_received);
		c->retransmitted += BPF_CORE_READ(own, bytes_retrans);
	}
}

static __always_inline void read_counts(struct tcplife_event *e, struct sock *sk, int from)
{
	struct counts counts = {};

	if (e->mptcp == connection || e->mptcp == fallback)
		connection_counts_read(&counts, sk);
	else
		counts_read(&counts, sk, from, e->role);
	e->sent = counts.sent;
	e->received = counts.received;
	e->retransmitted = counts.retransmitted;
	e->retransmits = counts.retransmits;
	e->srtt = counts.srtt;
}

static __always_inline void send(struct sock *sk, const struct tcp_socket *known, int from)
{
	struct tcplife_event e = {};

	if (!socket_event_fill((struct socket_event *)&e, sk, known))
		return;
	read_close(&e, sk, from, known ? known->marks : 0);
	if (filter_failed && e.close == fin)
		return;
	if (known) {
		e.role = known->role;
		e.duration = known->opened ? e.time - known->opened : 0;
	}
	if (e.duration < min_duration)
		return;
	e.mptcp = mptcp_part_of(sk);
	read_counts(&e, sk, from);
	event_send(&e, sizeof(e));
}

/* Handles the end of a socket that was established. */
static __always_inline void handle_end(struct sock *sk, const struct tcp_socket *known, int from)
{
	struct sock *connection = is_mptcp(sk) ? NULL : mptcp_connection(sk);

	if (connection)
		keep_subflow(connection, sk, from, known ? known->role : unknown);
	if (!connection || want_subflows)
		send(sk, known, from);
}

SEC("raw_tp/inet_sock_set_state")
int handle_state(struct bpf_raw_tracepoint_args *ctx)
{
	struct sock *sk = (void *)ctx->args[0];
	int from = ctx->args[1], to = ctx->args[2];
	struct tcp_socket *known;

	if (!state_changes(sk, from, to))
		return 0;
	owner_state(sk, from, to);
	known = tcp_socket_find(sk);
	if (known)
		note_state(known, to);
	if (to == TCP_ESTABLISHED && is_mptcp(sk))
		forget_subflows(sk);
	if (to != TCP_CLOSE || from == TCP_LISTEN || from == TCP_SYN_SENT)
		return 0;
	/* A socket older than the trace was established, unless it is just becoming so. */
	if (known && known->opened && !(known->marks & ESTABLISHED_MARK))
		return 0;
	if (from != TCP_SYN_RECV || (known && known->marks & ESTABLISHED_MARK))
		handle_end(sk, known, from);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
