// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Summarizes a process in one event at its end: its creator, its last exec, its exit status and its
 * resource usage.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "event.h"
#include "exit.h"
#include "filter.h"
#include "launched.h"
#include "tail.h"
#include "trace-context.h"

NO_PADDING_BEGIN
struct procsnoop_event {
	struct event;
	__u32 creator;
	snoop_comm creator_comm;
	bool existed_before;
	__u8 _before_ending[3];
	struct ending;
	snoop_file exe;
	snoop_args args;
	__u64 key;
	__u64 creator_key;
	__u64 tree_key;
	snoop_text traceparent;
	bool traceparent_inherited;
	__u8 _end[7];
};
NO_PADDING_END

SMALL_EVENT(procsnoop_event);

const volatile __u32 max_args;	   /* in bytes */
const volatile __u64 min_duration; /* ns */

/* The creator of a process. */
struct origin {
	__u64 key;
	__u64 tree; /* the key of the earliest known process in its line of creators */
	__u32 pid;
	snoop_comm comm;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, __u32);
	__type(value, struct origin);
} origins SEC(".maps");

#define EXE_SIZE 512 /* a power of two: a longer path lacks its upper part */
#define EXE_END (EXE_SIZE + NAME_SIZE)

/* The last exec of a process, followed by its path and its arguments. */
struct story {
	struct executed executed;
	struct snoop_span exe;
	struct snoop_list args;
	__u32 used; /* of the bytes that follow */
};

/*
 * Number of processes at a time, each with its arguments, whose size is added to that of the
 * values. The memory is allocated at the start, as old kernels warn of an allocation while tracing.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct story) + EXE_END);
} stories SEC(".maps");

/* Memory for an event or a story under construction: see execsnoop.bpf.c. */
#define SCRATCH_EVENT 0
#define SCRATCH_STORY 1
#define SCRATCHES 2
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SCRATCHES);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct procsnoop_event) + EXE_END + TRACEPARENT_SIZE);
} scratch SEC(".maps");

static __always_inline void *get_scratch(const __u32 which)
{
	__u32 key = bpf_get_smp_processor_id() * SCRATCHES + which;

	return bpf_map_lookup_elem(&scratch, &key);
}

/*
 * A number unique to the process, as pids are reused: the 22 bits of its pid, and its creation
 * time.
 */
static __always_inline __u64 key_of(struct task_struct *task)
{
	return (__u64)BPF_CORE_READ(task, tgid) << 42 ^
	       BPF_CORE_READ(task, group_leader, start_boottime);
}

SEC("raw_tp/sched_process_fork")
int handle_fork(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *parent = (void *)ctx->args[0], *child = (void *)ctx->args[1];
	__u32 creator = BPF_CORE_READ(parent, tgid), pid = BPF_CORE_READ(child, tgid);
	struct origin origin = {}, *above;

	if (pid == creator) /* a thread */
		return 0;
	above = bpf_map_lookup_elem(&origins, &creator);
	origin.pid = creator;
	origin.key = key_of(parent);
	origin.tree = above ? above->tree : origin.key;
	BPF_CORE_READ_INTO(&origin.comm, parent, group_leader, comm);
	bpf_map_update_elem(&origins, &pid, &origin, BPF_ANY);
	context_of_fork(creator, pid);
	return 0;
}

SEC("raw_tp/sched_process_exec")
int handle_exec(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct tail tail = {};
	struct executed executed;
	struct story *story;
	struct path exe;
	__u32 used = 0;

	(void)ctx;
	executed_now(&executed);
	launched_exec(executed.time);
	if (!filter_allows())
		return 0;
	context_of_exec(pid, mm);
	story = get_scratch(SCRATCH_STORY);
	if (!story)
		return 0;
	tail.text = (char *)(story + 1);
	tail.end = &story->used;
	__builtin_memset(story, 0, sizeof(*story));
	story->executed = executed;
	if (!BPF_CORE_READ_INTO(&exe, mm, exe_file, f_path))
		used = append_place(&tail, used, EXE_SIZE, &story->exe, &exe);
	story->used = append_args(&tail, used, EXE_END, &story->args, mm, max_args);
	if (bpf_map_update_elem(&stories, &pid, story, BPF_ANY))
		count_lost(LOST_NOT_KEPT);
	return 0;
}

/* Copies the path and the arguments. Returns the number of bytes of the tail in use. */
static __always_inline __u32 add_executed(struct procsnoop_event *e, const struct story *story)
{
	__u64 length = place_of(story->used);

	if (length > EXE_END + max_args || bpf_probe_read_kernel(e + 1, length, story + 1))
		return 0;
	e->exe = story->exe;
	e->exe.offset += sizeof(*e);
	e->args = story->args;
	e->args.span.offset += sizeof(*e);
	return length;
}

static __always_inline void add_origin(struct procsnoop_event *e)
{
	struct origin *origin = bpf_map_lookup_elem(&origins, &e->pid);

	e->key = e->tree_key = key_of((void *)bpf_get_current_task());
	if (!origin)
		return;
	e->creator = origin->pid;
	e->creator_key = origin->key;
	e->tree_key = origin->tree;
	__builtin_memcpy(e->creator_comm, origin->comm, sizeof(e->creator_comm));
}

/*
 * Copies the trace context, after `used` bytes of the tail. Returns the new number of bytes in use.
 */
static __always_inline __u32 add_trace_context(struct procsnoop_event *e, __u32 used)
{
	struct trace_context *context = bpf_map_lookup_elem(&trace_contexts, &e->pid);
	__u64 at = place_of(used);

	if (!context || at > EXE_END + max_args)
		return used;
	bpf_probe_read_kernel((char *)(e + 1) + at, TRACEPARENT_SIZE, context->text);
	/* A value that fills the whole buffer has no known end. */
	span_set(&e->traceparent, sizeof(*e) + used, context->length - 1,
		 context->length == TRACEPARENT_SIZE);
	e->traceparent_inherited = context->is_inherited;
	return used + TRACEPARENT_SIZE;
}

static __always_inline void handle_end(bool is_alone)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32, used = 0;
	struct procsnoop_event *e;
	struct story *story;
	__u64 tail_size;
	int status;

	if (is_alone)
		return;
	if (!filter_allows()) {
		forget_context(pid);
		return;
	}
	if (!ends_process(is_alone))
		return;
	status = exit_status(false);
	e = get_scratch(SCRATCH_EVENT);
	if (!e)
		return;
	__builtin_memset(e, 0, sizeof(*e));
	event_fill((struct event *)e);
	add_origin(e);
	story = bpf_map_lookup_elem(&stories, &pid);
	e->existed_before = !story && birth(false) < tracing_since;
	ending_fill(ENDING(e), e->time, status, false, story ? &story->executed : NULL);
	launched_end(ENDING(e), e->time, false);
	if (story) {
		used = add_executed(e, story);
		bpf_map_delete_elem(&stories, &pid);
	}
	bpf_map_delete_elem(&origins, &pid);
	if (want_trace_context) {
		used = add_trace_context(e, used);
		forget_context(pid);
	}
	tail_size = place_of(used);
	if ((filter_failed && !status) || e->age < min_duration ||
	    tail_size > EXE_END + max_args + TRACEPARENT_SIZE)
		return;
	event_send(e, sizeof(*e) + tail_size);
}

EXIT_PROGRAMS(handle_end)

char LICENSE[] SEC("license") = "Dual BSD/GPL";
