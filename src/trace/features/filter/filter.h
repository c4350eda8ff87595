/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The shared filters, which select the tasks that a tool traces.
 * src/trace/features/filter/steps.ts sets the constants and the maps from the flags. The verifier
 * removes a filter that is not in use. Features that have a filter of their own add it by
 * feature-filters.h.
 */
#ifndef SNOOPKIT_FILTER_H
#define SNOOPKIT_FILTER_H

#include "cgroups.h"
#include "event.h"
#include "feature-filters.h"

enum filter_kind {
	FILTER_PID,
	FILTER_TID,
	FILTER_PPID,
	FILTER_UID,
	FILTER_MNTNS,
	FILTER_NETNS,
	FILTER_CGROUP, /* the lower half of its id: for tasks other than the current one */
};

NO_PADDING_BEGIN
struct filter_key {
	enum filter_kind kind;
	__u32 id;
};
NO_PADDING_END

/*
 * The ids of --pid, --tid, --ppid, --uid, --mntns, --netns and --cgroup; with --follow, descendants
 * too.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct filter_key);
	__type(value, __u8);
} filter_ids SEC(".maps");

#define FILTER_CGROUPS_MAX 16
struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, FILTER_CGROUPS_MAX);
	__type(key, __u32);
	__type(value, __u32);
} filter_cgroups SEC(".maps");

#define FILTER_COMMS_MAX 8

const volatile __u32 filter_self;	   /* snoopkit's own pid: never traced */
const volatile __u32 filter_kinds;	   /* a bit for each filter_kind in use */
const volatile __u32 filter_cgroups_count; /* how many of filter_cgroups are set */
const volatile __u32 filter_comms_count;
const volatile char filter_comms[FILTER_COMMS_MAX][16];
const volatile bool filter_failed; /* for the tools: only failures */
const volatile bool filter_adopts; /* --follow on a kernel that may skip follow_fork() */

static __always_inline bool filter_listed(enum filter_kind kind, __u32 id)
{
	struct filter_key key = {.kind = kind, .id = id};

	return bpf_map_lookup_elem(&filter_ids, &key);
}

static __always_inline bool filter_uses(enum filter_kind kind)
{
	return filter_kinds & (1 << kind);
}

static __always_inline bool comm_starts(const char *comm, const volatile char *wanted)
{
	for (int i = 0; i < 16; i++) {
		if (!wanted[i])
			return true;
		if (comm[i] != wanted[i])
			return false;
	}
	return true;
}

/*
 * The names of --comm. Each is followed by zeros, which end every comparison that starts near its
 * end.
 */
struct names {
	snoop_comm thread;
	char _end_of_thread[16];
	snoop_comm process;
	char _end_of_process[16];
};

static __always_inline bool comm_contains_any(const char *comm)
{
	for (__u32 n = 0; n < FILTER_COMMS_MAX && n < filter_comms_count; n++)
		for (int from = 0; from < 16; from++)
			if (comm_starts(comm + from, filter_comms[n]))
				return true;
	return false;
}

/* Whether --comm matches the process or the thread. */
static __always_inline bool any_name_contains(const struct names *names)
{
	return comm_contains_any(names->thread) || comm_contains_any(names->process);
}

static __always_inline bool in_any_cgroup(void)
{
	for (__u32 n = 0; n < FILTER_CGROUPS_MAX && n < filter_cgroups_count; n++)
		if (bpf_current_task_under_cgroup(&filter_cgroups, n) == 1)
			return true;
	return false;
}

#define FILTER_ADOPT_DEPTH 4

/*
 * Lists a process that descends from a listed one, but was not listed when it was created. Before
 * its first event a process is seldom more than one or two forks away from an ancestor that had
 * some.
 */
static __always_inline bool filter_adopt(struct task_struct *task, __u32 pid)
{
	struct filter_key key = {.kind = FILTER_PID, .id = pid};
	__u8 listed = 1;

	for (int i = 0; i < FILTER_ADOPT_DEPTH; i++) {
		__u32 above;

		task = BPF_CORE_READ(task, real_parent);
		above = BPF_CORE_READ(task, tgid);
		if (filter_listed(FILTER_PID, above)) {
			if (bpf_map_update_elem(&filter_ids, &key, &listed, BPF_ANY))
				count_lost(LOST_NOT_FOLLOWED);
			return true;
		}
		if (above <= 1) /* init */
			return false;
	}
	return false;
}

static __always_inline void read_names(struct names *names, struct task_struct *task)
{
	BPF_CORE_READ_STR_INTO(&names->process, task, group_leader, comm);
	BPF_CORE_READ_STR_INTO(&names->thread, task, comm);
}

static __always_inline bool task_names_contain_any(struct task_struct *task)
{
	struct names names = {};

	read_names(&names, task);
	return any_name_contains(&names);
}

static __always_inline bool current_names_contain_any(void)
{
	struct names names = {};

	bpf_get_current_comm(names.thread, sizeof(names.thread));
	if (!current_leads())
		read_leader_comm(names.process);
	return any_name_contains(&names);
}

/* Whether --uid matches the real user or the effective one. */
static __always_inline bool filter_lists_user(snoop_uid uid, snoop_euid euid)
{
	return filter_listed(FILTER_UID, uid) ||
	       (euid != UID_SAME && filter_listed(FILTER_UID, euid));
}

static __always_inline bool current_user_listed(void)
{
	snoop_uid uid = (__u32)bpf_get_current_uid_gid();

	return filter_lists_user(uid, current_euid(uid));
}

static __always_inline bool filter_allows_netns(__u32 netns)
{
	return !filter_uses(FILTER_NETNS) || filter_listed(FILTER_NETNS, netns);
}

#ifdef FILTER_FORGETS_IN_EXIT_PROGRAMS
struct process_key {
	__u64 pid;
	__u64 birth; /* ns on CLOCK_BOOTTIME: pids are reused */
};

/*
 * Listed processes that ended while other threads of theirs existed. A thread that is preempted on
 * its way to the exit program comes there after the last one, and is still the process's.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct process_key);
	__type(value, __u8);
} filter_ended SEC(".maps");

static __always_inline struct process_key process_key(struct task_struct *task)
{
	return (struct process_key){.pid = BPF_CORE_READ(task, tgid),
				    .birth = BPF_CORE_READ(task, group_leader, start_boottime)};
}

static __always_inline bool filter_listed_ended(struct task_struct *task)
{
	struct process_key key = process_key(task);

	return bpf_map_lookup_elem(&filter_ended, &key);
}
#else
static __always_inline bool filter_listed_ended(struct task_struct *task)
{
	(void)task;
	return false;
}
#endif

static __always_inline bool filter_lists_process(struct task_struct *task, __u32 pid)
{
	return filter_listed(FILTER_PID, pid) || (filter_adopts && filter_adopt(task, pid)) ||
	       filter_listed_ended(task);
}

/*
 * Whether all filters allow a task, regardless of its network namespace. The other arguments are
 * expressions, each evaluated only if its filter is in use: their cost depends on how the task is
 * known. `lists_user`, `has_name` and `in_cgroup` say whether --uid, --comm and --cgroup match.
 */
#define FILTER_ALLOWS(task, its_pid, its_tid, its_ppid, lists_user, has_name, in_cgroup)           \
	((its_pid) != filter_self &&                                                               \
	 (!filter_uses(FILTER_PID) || filter_lists_process(task, its_pid)) &&                      \
	 (!filter_uses(FILTER_TID) || filter_listed(FILTER_TID, its_tid)) &&                       \
	 (!filter_uses(FILTER_PPID) || filter_listed(FILTER_PPID, its_ppid)) &&                    \
	 (!filter_uses(FILTER_UID) || (lists_user)) &&                                             \
	 (!filter_uses(FILTER_MNTNS) ||                                                            \
	  filter_listed(FILTER_MNTNS, BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum))) &&           \
	 (!filter_comms_count || (has_name)) && (!filter_cgroups_count || (in_cgroup)) &&          \
	 (!features_filter() || features_allow(task)))

/* Whether the filters allow the current task, regardless of its network namespace. */
static __always_inline bool filter_allows_anywhere(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 id = bpf_get_current_pid_tgid();
	__u32 pid = id >> 32;

	/* A single expression would cost callers 4 % more instructions. */
	if (!FILTER_ALLOWS(task, pid, (__u32)id, BPF_CORE_READ(task, real_parent, tgid),
			   current_user_listed(), current_names_contain_any(), in_any_cgroup()))
		return false;
	return true;
}

static __always_inline bool filter_allows_own_netns(struct task_struct *task)
{
	return !filter_uses(FILTER_NETNS) ||
	       filter_listed(FILTER_NETNS, BPF_CORE_READ(task, nsproxy, net_ns, ns.inum));
}

/* Whether the filters allow the current task. */
static __always_inline bool filter_allows(void)
{
	/* Fetched first: later, the verifier takes twice as many steps through procsnoop. */
	struct task_struct *task = (void *)bpf_get_current_task();

	return filter_allows_anywhere() && filter_allows_own_netns(task);
}

#define CGROUP_DEPTH 64

static __always_inline bool filter_allows_cgroup(struct cgroup *cgroup)
{
	struct kernfs_node *node = BPF_CORE_READ(cgroup, kn);

	for (int i = 0; i < CGROUP_DEPTH && node; i++) {
		if (filter_listed(FILTER_CGROUP, (__u32)BPF_CORE_READ(node, id)))
			return true;
		node = kernfs_parent(node);
	}
	return false;
}

/* Whether the filters allow the task that something is done to, regardless of who does it. */
static __always_inline bool filter_allows_task(struct task_struct *task)
{
	__u32 pid = BPF_CORE_READ(task, tgid);

	return FILTER_ALLOWS(task, pid, BPF_CORE_READ(task, pid),
			     BPF_CORE_READ(task, real_parent, tgid),
			     filter_lists_user(BPF_CORE_READ(task, cred, uid.val),
					       BPF_CORE_READ(task, cred, euid.val)),
			     task_names_contain_any(task),
			     filter_allows_cgroup(BPF_CORE_READ(task, cgroups, dfl_cgrp))) &&
	       filter_allows_own_netns(task);
}

/* Variant for a process of which only the pid is known. */
static __always_inline bool filter_names(__u32 pid)
{
	return filter_kinds == 1 << FILTER_PID && !filter_comms_count && !filter_cgroups_count &&
	       !features_filter() && filter_listed(FILTER_PID, pid);
}

/* Whether any filter is in use. */
static __always_inline bool filter_narrows(void)
{
	return filter_kinds || filter_comms_count || filter_cgroups_count || features_filter();
}

/* Whether an event without a task matches, regardless of the network namespace. */
static __always_inline bool filter_allows_unowned(void)
{
	return !(filter_kinds & ~(1 << FILTER_NETNS)) && !filter_comms_count &&
	       !filter_cgroups_count && !features_filter();
}

/* Whether an event without a task matches. */
static __always_inline bool filter_allows_all(void)
{
	return !filter_uses(FILTER_NETNS) && filter_allows_unowned();
}

/*
 * --follow: lists a child of a listed process at its creation, before it runs. Raw tracepoints need
 * neither tracefs nor the kernel's BTF.
 */
SEC("raw_tp/sched_process_fork")
int follow_fork(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *parent = (void *)ctx->args[0];
	struct task_struct *child = (void *)ctx->args[1];
	struct filter_key key = {.kind = FILTER_PID, .id = BPF_CORE_READ(child, tgid)};
	__u32 pid = BPF_CORE_READ(parent, tgid);
	__u8 listed = 1;

	if (key.id == pid ||
	    !filter_listed(FILTER_PID, pid)) /* a thread, or not a listed process */
		return 0;
	if (bpf_map_update_elem(&filter_ids, &key, &listed, BPF_ANY))
		count_lost(LOST_NOT_FOLLOWED);
	return 0;
}

/* Forgets a pid with its last thread, so that the next process with that pid is not traced. */
static __always_inline void filter_forget(__u32 pid)
{
	struct filter_key key = {.kind = FILTER_PID, .id = pid};

	if (filter_uses(FILTER_PID))
		bpf_map_delete_elem(&filter_ids, &key);
}

#ifndef FILTER_FORGETS_IN_EXIT_PROGRAMS
SEC("raw_tp/sched_process_exit")
int follow_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];

	if (BPF_CORE_READ(task, signal, live.counter) == 0)
		filter_forget(BPF_CORE_READ(task, tgid));
	return 0;
}
#endif

#endif
