/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The way of an event from a program to user space. A tool declares its struct with EVENT(),
 * assembles an event in `scratch`, appends data of variable size in the tail, and calls
 * event_send().
 */
#ifndef SNOOPKIT_EVENT_H
#define SNOOPKIT_EVENT_H

#include "task.h"
#include "types.h"

NO_PADDING_BEGIN
/* Common start of every event: the process and thread, and the time. */
struct event {
	snoop_time time;
	__u32 pid;
	__u32 tid;
	__u32 ppid;
	snoop_uid uid;
	snoop_euid euid;
	snoop_comm comm;	/* of the process */
	snoop_comm thread_comm; /* of the thread that caused it */
	__u32 _unused;		/* for events on the stack: every byte sent must be initialized */
	snoop_cgroup cgroup;
};
NO_PADDING_END
/*
 * Tools that only aggregate send no events, but have a ring buffer, whose reader follows the time.
 */
KEEP_IN_BTF(struct, event);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20); /* set by --buffer */
} events SEC(".maps");

/* Reasons for a missing event. */
enum lost_reason {
	LOST_RING_FULL,	   /* an event did not fit in the ring buffer */
	LOST_NOT_FOLLOWED, /* the map of followed processes had no room for a new one */
	LOST_NOT_KEPT,	   /* a map had no room for state */
	LOST_REASONS,
};
KEEP_IN_BTF(enum, lost_reason);

/*
 * Each CPU has its own counters, so that CPUs do not contend; beyond 64 some share them. The
 * counters are in memory that user space maps: while user space reads a map by a system call, the
 * kernel runs no program on that CPU, not even for another task, where tasks are preempted in the
 * kernel.
 */
#define LOST_SLOTS 64
struct lost_counts {
	__u64 by_reason[LOST_REASONS];
} __attribute__((aligned(64)));
struct lost_counts lost[LOST_SLOTS];

static __always_inline void count_lost(enum lost_reason reason)
{
	struct lost_counts *counts = &lost[bpf_get_smp_processor_id() % LOST_SLOTS];

	__sync_fetch_and_add(&counts->by_reason[reason], 1);
}

/*
 * Declares the event struct of a tool, and the memory to assemble it in: the stack is too small for
 * a path, and bpf_ringbuf_reserve() can't take a size that is known only at run time.
 */
#define EVENT(name, tail_size)                                                                     \
	struct name##_scratch {                                                                    \
		__u64 end; /* for append_components() */                                           \
		struct name event;                                                                 \
		char tail[tail_size];                                                              \
	};                                                                                         \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                                           \
		__uint(max_entries, 1);                                                            \
		__type(key, __u32);                                                                \
		__type(value, struct name##_scratch);                                              \
	} scratch SEC(".maps")

/*
 * Variant for an event of fixed size, which a program has on its stack: keeps the type in the BTF.
 */
#define SMALL_EVENT(name) KEEP_IN_BTF(struct, name)

static __always_inline void event_fill(struct event *e)
{
	__u64 id = bpf_get_current_pid_tgid();

	e->time = bpf_ktime_get_boot_ns();
	e->pid = id >> 32;
	e->tid = (__u32)id;
	e->ppid = current_ppid();
	e->uid = (__u32)bpf_get_current_uid_gid();
	e->euid = current_euid(e->uid);
	current_comms(e->comm, e->thread_comm);
	e->cgroup = bpf_get_current_cgroup_id();
}

/*
 * Sends `size` bytes of an event. Does not force a wake-up: see the reader, src/bpf/ring-buffer.ts.
 */
static __always_inline void event_send(void *e, __u64 size)
{
	if (bpf_ringbuf_output(&events, e, size, 0))
		count_lost(LOST_RING_FULL);
}

#endif
