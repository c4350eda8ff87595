/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Trace context (W3C) of processes: the value of the variable TRACEPARENT at their exec, which then
 * applies to them and to processes that they create. Only if requested.
 */
#ifndef SNOOPKIT_TRACE_CONTEXT_H
#define SNOOPKIT_TRACE_CONTEXT_H

#include "event.h"

const volatile bool want_trace_context;

#define TRACEPARENT_LENGTH 55 /* of version 00; later ones may be longer */
#define TRACEPARENT_SIZE 64   /* with a NUL */

struct trace_context {
	char text[TRACEPARENT_SIZE];
	__u32 length;	    /* with its NUL */
	__u32 is_inherited; /* the creator of the process had the same */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct trace_context);
} trace_contexts SEC(".maps");

/*
 * An environment is searched in steps, 8 bytes at a time, and a step ends early at a candidate for
 * the variable. The loop of a step thus has no branches that meet again, and verifiers of old
 * kernels reach its end soon. Its function is global, to be verified once and not for each step. A
 * variable that begins in one step may end in the next.
 */
#define ENVIRONMENT_STEP 1024
#define ENVIRONMENT_SIZE (128 * ENVIRONMENT_STEP)
#define STEPS_MAX 192	 /* including those that ended early */
#define VARIABLE_SIZE 13 /* of "\0TRACEPARENT=" */

struct environment {
	char text[ENVIRONMENT_STEP + 16];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct environment);
} environment SEC(".maps");

#define EACH_BYTE(byte) (0x0101010101010101ULL * (byte))

/* The highest bit of each byte of `word` that is zero, and no other bit. */
static __always_inline __u64 zero_bytes(__u64 word)
{
	return ~(((word & EACH_BYTE(0x7f)) + EACH_BYTE(0x7f)) | word | EACH_BYTE(0x7f));
}

/* Little endian. */
#define TRACEPAR 0x5241504543415254ULL
#define ENT_EQUALS 0x3d544e45U

/* The positions among 8, from `text` on, at which the name may begin: after a NUL, T....P....= */
static __always_inline __u64 candidates(const char *text)
{
	return zero_bytes(*(__u64 *)text) & zero_bytes(*(__u64 *)(text + 1) ^ EACH_BYTE('T')) &
	       zero_bytes(*(__u64 *)(text + 6) ^ EACH_BYTE('P')) &
	       zero_bytes(*(__u64 *)(text + VARIABLE_SIZE - 1) ^ EACH_BYTE('='));
}

/*
 * Searches the step at `from` for a value of TRACEPARENT. `end` is the end of the environment.
 * Returns the distance to the value, or the negated distance to where to continue.
 */
__noinline int find_traceparent(__u64 from, __u64 end, int is_first)
{
	/* A variable begins after a NUL, and so does the step. */
	__u64 length = end - from + 1, found = 0, at;
	__u32 zero = 0, i;
	struct environment *env = bpf_map_lookup_elem(&environment, &zero);
	const char *text;

	if (!env)
		return -ENVIRONMENT_STEP;
	if (length > ENVIRONMENT_STEP + VARIABLE_SIZE)
		length = ENVIRONMENT_STEP + VARIABLE_SIZE;
	if (bpf_probe_read_user(env->text, length, (void *)(from - 1)))
		return -ENVIRONMENT_STEP;
	if (is_first)
		env->text[0] = 0;
	for (i = 0; i < ENVIRONMENT_STEP && i < length; i += 8) {
		found = candidates(env->text + i);
		if (found)
			break;
	}
	if (!found)
		return -ENVIRONMENT_STEP;
	/* Index of the candidate among the 8. No real variable begins within 7 bytes of it. */
	at = i + (((found - 1) & ~found & EACH_BYTE(1)) * EACH_BYTE(1) >> 56) - 1;
	barrier_var(at);
	if (at >= ENVIRONMENT_STEP)
		return -ENVIRONMENT_STEP;
	text = env->text + at;
	if (*(__u64 *)(text + 1) == TRACEPAR && *(__u32 *)(text + 9) == ENT_EQUALS &&
	    at + VARIABLE_SIZE <= length)
		return at + VARIABLE_SIZE - 1;
	return -(int)(at + 1);
}

/* Minimal check of a context; the rest is left to its readers. */
static __always_inline bool is_well_formed(const struct trace_context *context)
{
	return context->length > TRACEPARENT_LENGTH && context->text[2] == '-' &&
	       context->text[35] == '-' && context->text[52] == '-';
}

/* Reads the first TRACEPARENT of an environment, like getenv(3), into a zeroed struct. */
static __always_inline bool read_trace_context(struct mm_struct *mm, struct trace_context *context)
{
	__u64 start = BPF_CORE_READ(mm, env_start), end = BPF_CORE_READ(mm, env_end), from = start;

	for (int i = 0; i < STEPS_MAX && from < end && from - start < ENVIRONMENT_SIZE; i++) {
		int found = find_traceparent(from, end, from == start);
		long length;

		if (found < 0) {
			from -= found;
			continue;
		}
		length = bpf_probe_read_user_str(context->text, TRACEPARENT_SIZE,
						 (void *)(from + found));
		if (length < 0)
			return false;
		context->length = length;
		return is_well_formed(context);
	}
	return false;
}

static __always_inline bool is_same_context(const struct trace_context *a,
					    const struct trace_context *b)
{
	const __u64 *left = (const void *)a->text, *right = (const void *)b->text;

	for (int i = 0; i < TRACEPARENT_SIZE / 8; i++)
		if (left[i] != right[i])
			return false;
	return true;
}

static __always_inline void keep_context(__u32 pid, const struct trace_context *context)
{
	if (bpf_map_update_elem(&trace_contexts, &pid, context, BPF_ANY))
		count_lost(LOST_NOT_KEPT);
}

/* A process keeps the context that it was created with, or had before, at an exec without one. */
static __always_inline void context_of_exec(__u32 pid, struct mm_struct *mm)
{
	struct trace_context context = {}, *known;

	if (!want_trace_context || !read_trace_context(mm, &context))
		return;
	known = bpf_map_lookup_elem(&trace_contexts, &pid);
	if (!known || !is_same_context(known, &context))
		keep_context(pid, &context);
}

static __always_inline void context_of_fork(__u32 parent, __u32 child)
{
	struct trace_context context, *known;

	if (!want_trace_context)
		return;
	known = bpf_map_lookup_elem(&trace_contexts, &parent);
	if (!known)
		return;
	context = *known;
	context.is_inherited = true;
	keep_context(child, &context);
}

static __always_inline void forget_context(__u32 pid)
{
	if (want_trace_context)
		bpf_map_delete_elem(&trace_contexts, &pid);
}

#endif
