/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Multipath TCP. An MPTCP socket that a program opens is a connection, which speaks through
 * subflows: TCP sockets internal to the kernel. The first subflow has the addresses that the
 * connection was made with; others join later. If the peer speaks only TCP, the first subflow is
 * the only one, and a listener accepts a connection from such a peer as a plain TCP socket.
 *
 * Not every kernel has MPTCP.
 */
#ifndef SNOOPKIT_MPTCP_H
#define SNOOPKIT_MPTCP_H

#include "socket.h"

#define IPPROTO_MPTCP_NUMBER 262 /* include/uapi/linux/in.h; not every vmlinux.h has it */
#define MPTCP_SUBFLOWS_MAX 8	 /* include/net/mptcp.h */

/* The role of a socket in MPTCP. */
enum mptcp_part {
	connection = 1, /* the program's */
	fallback,	/* the program's, with a peer that speaks only TCP */
	subflow,	/* one of the sockets that it speaks through */
};

typedef enum mptcp_part snoop_mptcp; /* 0 for plain TCP */

struct mptcp_sock___some {
	struct sock *first; /* for a listener, the socket that listens */
	struct list_head conn_list;
} __attribute__((preserve_access_index));

struct mptcp_subflow_context___some {
	struct list_head node;
	struct sock *tcp_sock;
	struct sock *conn;
	__u32 mp_capable : 1, mp_join : 1, conn_finished : 1;
} __attribute__((preserve_access_index));

struct tcp_sock___mptcp {
	bool is_mptcp;
} __attribute__((preserve_access_index));

struct tcp_request_sock___mptcp {
	bool is_mptcp;
} __attribute__((preserve_access_index));

#define HAS_MPTCP bpf_core_field_exists(struct mptcp_sock___some, first)

/* Whether this is an MPTCP socket of a program. */
static __always_inline bool is_mptcp(struct sock *sk)
{
	return HAS_MPTCP && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_MPTCP_NUMBER;
}

/* The first subflow of a connection, or NULL. */
static __always_inline struct sock *mptcp_first(struct sock *connection)
{
	return HAS_MPTCP ? BPF_CORE_READ((struct mptcp_sock___some *)connection, first) : NULL;
}

/* The socket that holds the accept queue of a program's listener. */
static __always_inline struct sock *queue_of(struct sock *listener)
{
	struct sock *first = is_mptcp(listener) ? mptcp_first(listener) : NULL;

	return first ? first : listener;
}

/* The MPTCP context of a TCP socket, or NULL if it is not a subflow. */
static __always_inline struct mptcp_subflow_context___some *mptcp_context(struct sock *sk)
{
	if (!HAS_MPTCP || !BPF_CORE_READ((struct tcp_sock___mptcp *)sk, is_mptcp))
		return NULL;
	return BPF_CORE_READ((struct inet_connection_sock *)sk, icsk_ulp_data);
}

/* The connection that a TCP socket is a subflow of, or NULL. */
static __always_inline struct sock *mptcp_connection(struct sock *sk)
{
	struct mptcp_subflow_context___some *context = mptcp_context(sk);

	return context ? BPF_CORE_READ(context, conn) : NULL;
}

/* Whether the handshake of the first subflow has shown that the peer speaks only TCP. */
static __always_inline bool mptcp_has_fallen_back(struct sock *connection)
{
	struct sock *first = mptcp_first(connection);
	struct mptcp_subflow_context___some *context = first ? mptcp_context(first) : NULL;

	return context && BPF_CORE_READ_BITFIELD_PROBED(context, conn_finished) &&
	       !BPF_CORE_READ_BITFIELD_PROBED(context, mp_capable);
}

/* The role of a socket that speaks TCP or MPTCP. */
static __always_inline snoop_mptcp mptcp_part_of(struct sock *sk)
{
	if (is_mptcp(sk))
		return mptcp_has_fallen_back(sk) ? fallback : connection;
	return mptcp_connection(sk) ? subflow : 0;
}

/* The role of a connection request, which has no socket yet. */
static __always_inline snoop_mptcp mptcp_part_of_request(struct request_sock *request)
{
	return HAS_MPTCP && BPF_CORE_READ((struct tcp_request_sock___mptcp *)request, is_mptcp)
		       ? subflow
		       : 0;
}

/* Iterates over the subflows of a connection: for (;;) until it returns NULL. */
struct mptcp_subflows {
	struct list_head *node;
	struct list_head *end;
};

static __always_inline void mptcp_subflows_begin(struct mptcp_subflows *at, struct sock *connection)
{
	struct mptcp_sock___some *multipath = (void *)connection;

	at->node = at->end = NULL;
	if (!HAS_MPTCP || !bpf_core_field_exists(multipath->conn_list))
		return;
	at->node = BPF_CORE_READ(multipath, conn_list.next);
	at->end = (void *)multipath + bpf_core_field_offset(struct mptcp_sock___some, conn_list);
}

static __always_inline struct sock *mptcp_subflows_next(struct mptcp_subflows *at)
{
	struct mptcp_subflow_context___some *context;
	struct list_head *node = at->node;

	if (node == at->end)
		return NULL;
	context = (void *)node - bpf_core_field_offset(struct mptcp_subflow_context___some, node);
	at->node = BPF_CORE_READ(node, next);
	return BPF_CORE_READ(context, tcp_sock);
}

/* Whether a connection has a subflow other than this one. */
static __always_inline bool mptcp_has_others(struct sock *connection, struct sock *sk)
{
	struct mptcp_subflows at;
	struct sock *one;

	mptcp_subflows_begin(&at, connection);
	one = mptcp_subflows_next(&at);
	return one && (one != sk || mptcp_subflows_next(&at));
}

/* Whether a socket of any protocol speaks TCP or MPTCP. */
static __always_inline bool speaks_tcp(struct sock *sk)
{
	__u16 protocol = BPF_CORE_READ(sk, sk_protocol);

	return protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP_NUMBER;
}

/*
 * Whether the state of a socket that speaks TCP changes: MPTCP also sets a state to its current
 * value.
 */
static __always_inline bool state_changes(struct sock *sk, int from, int to)
{
	return from != to && speaks_tcp(sk);
}

/* Whether a program's socket is for connecting, or for listening and accepting. */
static __always_inline bool has_connections(struct sock *sk)
{
	return is_inet(sk) && speaks_tcp(sk);
}

/*
 * ends_read() for such a socket: an MPTCP socket has its addresses only when connect(2) or
 * accept(2) is done.
 */
static __always_inline void connection_ends_read(struct socket_event *e, struct sock *sk)
{
	struct sock *first = NULL;

	if (is_mptcp(sk) && !BPF_CORE_READ(sk, __sk_common.skc_dport))
		first = mptcp_first(sk);
	ends_read(e, first ? first : sk);
}

#endif
