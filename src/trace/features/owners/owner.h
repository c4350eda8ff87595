/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owners of TCP sockets. Most events of a socket happen while the kernel interrupts some other
 * process, so the owner is recorded when it is known: at connect or listen, then at accept, and
 * from then on at each send and receive, as a socket can be passed on. The verdict of the filters
 * on that process is kept with it.
 *
 * For MPTCP the owner of a connection is the owner of its subflows.
 *
 * A tool's own program at sock:inet_sock_set_state calls owner_state(); the others are in
 * owner-hooks.h, and feature.ts names them.
 */
#ifndef SNOOPKIT_OWNER_H
#define SNOOPKIT_OWNER_H

#include "errno.h"
#include "mptcp.h"
#include "socket.h"

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h */

struct owner {
	__u64 cgroup;
	__u32 pid; /* 0 if not known */
	__u32 tid;
	__u32 ppid;
	snoop_uid uid;
	snoop_euid euid;
	snoop_comm comm;
	snoop_comm thread_comm;
	bool is_wanted; /* by the filters */
	bool has_used;	/* it has sent or received */
};

/* The side of the connection that a socket is on. */
enum tcp_role {
	unknown, /* the connection is older than the trace */
	client,
	server,
};

/* State of a TCP socket, kept as long as the socket exists. */
struct tcp_socket {
	struct owner owner;
	__u64 opened;  /* start of the connection, by either side; 0 if before the trace */
	__u64 changed; /* last change of state; 0 if before the trace */
	enum tcp_role role;
	__u32 marks; /* for the tool's own use */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64); /* its address */
	__type(value, struct tcp_socket);
} tcp_sockets SEC(".maps");

NO_PADDING_BEGIN
/* A listening address. The socket of a new connection has this address, too, when it is created. */
struct listener_key {
	snoop_ip6 addr;
	__u32 netns;
	__u32 port;
};
NO_PADDING_END

struct tcp_listener {
	struct owner owner;
	__u32 count;
	bool is_shared; /* by several processes: a connection has no owner until one accepts it */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct listener_key);
	__type(value, struct tcp_listener);
} listeners SEC(".maps");

static __always_inline struct tcp_socket *tcp_socket_find(struct sock *sk)
{
	__u64 key = (__u64)sk;

	return bpf_map_lookup_elem(&tcp_sockets, &key);
}

/* Returns whether the socket was added: with BPF_NOEXIST it is not if it was there. */
static __always_inline bool tcp_socket_add(struct sock *sk, const struct tcp_socket *socket,
					   __u64 flags)
{
	__u64 key = (__u64)sk;
	/* Before 6.4 only the lower half of the register is the result. */
	int error = bpf_map_update_elem(&tcp_sockets, &key, socket, flags);

	if (error && error != -EEXIST)
		count_lost(LOST_NOT_KEPT);
	return !error;
}

static __always_inline void tcp_socket_remove(struct sock *sk)
{
	__u64 key = (__u64)sk;

	bpf_map_delete_elem(&tcp_sockets, &key);
}

/* Fills in the current process. */
static __always_inline void owner_current(struct owner *owner)
{
	__u64 id = bpf_get_current_pid_tgid();

	owner->cgroup = bpf_get_current_cgroup_id();
	owner->pid = id >> 32;
	owner->tid = (__u32)id;
	owner->ppid = current_ppid();
	owner->uid = (__u32)bpf_get_current_uid_gid();
	owner->euid = current_euid(owner->uid);
	current_comms(owner->comm, owner->thread_comm);
	owner->is_wanted = filter_allows_anywhere();
}

/*
 * Fills in another process than the current one, with the verdict of filter_allows_anywhere() for
 * it.
 */
static __always_inline void owner_other(struct owner *owner, struct task_struct *task)
{
	struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	struct names names = {};

	owner->cgroup = BPF_CORE_READ(cgroup, kn, id);
	owner->pid = BPF_CORE_READ(task, tgid);
	owner->tid = BPF_CORE_READ(task, pid);
	owner->ppid = BPF_CORE_READ(task, real_parent, tgid);
	owner->uid = BPF_CORE_READ(task, cred, uid.val);
	owner->euid = BPF_CORE_READ(task, cred, euid.val);
	if (owner->euid == owner->uid)
		owner->euid = UID_SAME;
	read_names(&names, task);
	__builtin_memcpy(owner->comm, names.process, sizeof(owner->comm));
	__builtin_memcpy(owner->thread_comm, names.thread, sizeof(owner->thread_comm));
	owner->is_wanted = FILTER_ALLOWS(task, owner->pid, owner->tid, owner->ppid,
					 filter_lists_user(owner->uid, owner->euid),
					 any_name_contains(&names), filter_allows_cgroup(cgroup));
}

static __always_inline void listener_key(struct listener_key *key, struct sock *sk)
{
	struct socket_event ends = {};

	ends_read(&ends, sk);
	__builtin_memcpy(key->addr, ends.local.addr, sizeof(key->addr));
	key->netns = ends.netns;
	key->port = ends.local.port;
}

static __always_inline void listener_add(struct sock *sk, const struct owner *owner)
{
	struct listener_key key = {};
	struct tcp_listener *known, added = {.owner = *owner, .count = 1};

	listener_key(&key, sk);
	known = bpf_map_lookup_elem(&listeners, &key);
	if (known) {
		known->count++;
		if (known->owner.pid != owner->pid)
			known->is_shared = true;
	} else if (bpf_map_update_elem(&listeners, &key, &added, BPF_NOEXIST)) {
		count_lost(LOST_NOT_KEPT);
	}
}

static __always_inline void listener_remove(struct sock *sk)
{
	struct listener_key key = {};
	struct tcp_listener *known;

	listener_key(&key, sk);
	known = bpf_map_lookup_elem(&listeners, &key);
	if (known && --known->count == 0)
		bpf_map_delete_elem(&listeners, &key);
}

/* The owner of the listener that `sk` is or came from, or NULL if not known. */
static __always_inline const struct owner *listener_owner(struct sock *sk)
{
	struct listener_key key = {};
	struct tcp_listener *known;

	listener_key(&key, sk);
	known = bpf_map_lookup_elem(&listeners, &key);
	return known && !known->is_shared ? &known->owner : NULL;
}

/* The owner of a socket with this known state, or NULL if it has none. */
static __always_inline const struct owner *owner_of(struct sock *sk, const struct tcp_socket *known)
{
	struct sock *connection = is_mptcp(sk) ? NULL : mptcp_connection(sk);
	const struct tcp_socket *its = connection ? tcp_socket_find(connection) : NULL;

	if (its && its->owner.pid)
		return &its->owner;
	return known ? &known->owner : NULL;
}

/* Makes the current process the owner of a socket. */
static __always_inline void owner_set(struct sock *sk, bool has_used)
{
	struct tcp_socket *known = tcp_socket_find(sk), added = {};

	if (known) {
		owner_current(&known->owner);
		known->owner.has_used |= has_used;
		return;
	}
	owner_current(&added.owner);
	added.owner.has_used = has_used;
	tcp_socket_add(sk, &added, BPF_ANY);
}

/*
 * To be called at each change of a TCP socket's state. A connect or listen replaces the known
 * state. A process that closes a socket owns it if no use of it was seen.
 */
static __always_inline void owner_state(struct sock *sk, int from, int to)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct tcp_socket *known, added = {.opened = bpf_ktime_get_boot_ns()};
	const struct owner *listener;

	added.changed = added.opened;
	switch (to) {
	case TCP_SYN_SENT:
		added.role = client;
		owner_current(&added.owner);
		tcp_socket_add(sk, &added, BPF_ANY);
		return;
	case TCP_LISTEN:
		owner_current(&added.owner);
		tcp_socket_add(sk, &added, BPF_ANY);
		if (!is_mptcp(sk)) /* its first subflow is reported, too */
			listener_add(sk, &added.owner);
		return;
	case TCP_SYN_RECV:
	case TCP_ESTABLISHED: /* for MPTCP, at once */
		if (from != TCP_LISTEN)
			break;
		added.role = server;
		listener = listener_owner(sk);
		if (listener)
			added.owner = *listener;
		tcp_socket_add(sk, &added, BPF_ANY);
		return;
	case TCP_CLOSE:
		if (from == TCP_LISTEN && !is_mptcp(sk))
			listener_remove(sk);
		break;
	}
	known = tcp_socket_find(sk);
	if (!known)
		return;
	known->changed = added.changed;
	if ((to == TCP_FIN_WAIT1 || to == TCP_LAST_ACK) && !known->owner.has_used &&
	    !(BPF_CORE_READ(task, flags) & PF_KTHREAD))
		owner_current(&known->owner);
}

/*
 * Fills in the process and the time of an event that has its endpoints. `owner` and `sk`, any
 * socket of the connection, may be NULL. Returns whether the filters allow the event: one without
 * an owner passes only if no filter asks for a process.
 */
static __always_inline bool owner_fill(struct socket_event *e, const struct owner *owner,
				       struct sock *sk)
{
	if (!ends_wanted(e))
		return false;
	e->time = bpf_ktime_get_boot_ns();
	e->euid = UID_SAME;
	if (!owner || !owner->pid) {
		if (sk)
			e->uid = BPF_CORE_READ(sk, sk_uid.val);
		return filter_allows_unowned();
	}
	e->cgroup = owner->cgroup;
	e->pid = owner->pid;
	e->tid = owner->tid;
	e->ppid = owner->ppid;
	e->uid = owner->uid;
	e->euid = owner->euid;
	__builtin_memcpy(e->comm, owner->comm, sizeof(e->comm));
	__builtin_memcpy(e->thread_comm, owner->thread_comm, sizeof(e->thread_comm));
	return owner->is_wanted;
}

/* Fills a zeroed event of a socket: process, time and endpoints. `known` may be NULL. */
static __always_inline bool socket_event_fill(struct socket_event *e, struct sock *sk,
					      const struct tcp_socket *known)
{
	connection_ends_read(e, sk);
	return owner_fill(e, owner_of(sk, known), sk);
}

/* The program of a tool that uses changes of state only for owners. */
#define OWNER_STATES(name)                                                                         \
	SEC("raw_tp/inet_sock_set_state")                                                          \
	int name(struct bpf_raw_tracepoint_args *ctx)                                              \
	{                                                                                          \
		struct sock *sk = (void *)ctx->args[0];                                            \
                                                                                                   \
		if (state_changes(sk, ctx->args[1], ctx->args[2]))                                 \
			owner_state(sk, ctx->args[1], ctx->args[2]);                               \
		return 0;                                                                          \
	}                                                                                          \
	_Static_assert(true, "") /* for the semicolon */

#include "owner-hooks.h"

#endif
