/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Texts in the tail of a record. Each function appends after the `used` bytes in use and returns
 * the new number. `limit` is the largest `used` allowed, for the verifier.
 */
#ifndef SNOOPKIT_TAIL_H
#define SNOOPKIT_TAIL_H

#include "compat.h"
#include "path.h"
#include "types.h"

struct tail {
	char *text;
	__u32 offset; /* in the record */
	__u32 *end;   /* see append_components() */
};

static __always_inline void span_set(struct snoop_span *span, __u32 offset, __u32 length,
				     bool truncated)
{
	span->offset = offset;
	span->length = length;
	span->deleted = 0;
	span->truncated = truncated;
	span->source = SOURCE_READ;
}

/*
 * A copy of `used` whose checked bounds hold. The verifier of 5.10 forgets the bounds of a variable
 * that the compiler spills to the stack: the value checked is loaded, and loaded again to be used.
 */
static __always_inline __u64 place_of(__u64 used)
{
	barrier_var(used);
	return used;
}

/* Appends a text in kernel memory, of `size` - 1 bytes at most. */
static __always_inline __u32 append_kernel_text(const struct tail *tail, __u32 used,
						const __u32 limit, struct snoop_span *span,
						const void *from, const __u32 size)
{
	__u64 at = place_of(used);
	long length;

	if (!from || at > limit)
		return used;
	length = bpf_probe_read_kernel_str(tail->text + at, size, from);
	if (length <= 0)
		return used;
	span_set(span, tail->offset + used, length - 1, false);
	return used + length;
}

/*
 * Appends a path that a program passed to a system call. One that fills all of PATH_SIZE has no
 * known end.
 */
static __always_inline __u32 append_user_path(const struct tail *tail, __u32 used,
					      const __u32 limit, struct snoop_span *span,
					      const void *from)
{
	__u64 at = place_of(used);
	long length;

	if (at > limit)
		return used;
	length = read_user_text(tail->text + at, PATH_SIZE + 1, from);
	if (length <= 0)
		return used;
	span_set(span, tail->offset + used, length - 1, length > PATH_SIZE);
	return used + length;
}

#define PLACE_DEPTH 64 /* deeper paths lack their upper part, and are marked so */

/*
 * Appends the location of a file or directory: its components, for which the first `limit` bytes of
 * the tail may be used.
 */
static __always_inline __u32 append_place(const struct tail *tail, __u32 used, const __u32 limit,
					  struct snoop_span *span, const struct path *path)
{
	bool truncated;
	__u32 start = used;

	used = append_components(tail->text, used, limit, path, &truncated, PLACE_DEPTH, tail->end);
	span_set(span, tail->offset + start, used - start, truncated);
	span->deleted = path_deleted(path);
	return used;
}

/* Appends a region of the process's memory, `size` bytes at most. */
static __always_inline __u32 append_region(const struct tail *tail, __u32 used, const __u32 limit,
					   struct snoop_list *list, unsigned long from,
					   unsigned long to, const __u32 size)
{
	__u64 at = place_of(used), length = to - from;

	list->size = length;
	if (length > size)
		length = size;
	if (at > limit || bpf_probe_read_user(tail->text + at, length, (void *)from))
		return used;
	span_set(&list->span, tail->offset + used, length, list->size > size);
	return used + length;
}

/* Appends the arguments of a program that was just executed. `mm` is its new memory. */
static __always_inline __u32 append_args(const struct tail *tail, __u32 used, const __u32 limit,
					 struct snoop_list *list, struct mm_struct *mm,
					 const __u32 size)
{
	/* The stack of a new program begins with the number of arguments. */
	bpf_probe_read_user(&list->count, sizeof(list->count),
			    (void *)BPF_CORE_READ(mm, start_stack));
	return append_region(tail, used, limit, list, BPF_CORE_READ(mm, arg_start),
			     BPF_CORE_READ(mm, arg_end), size);
}

#endif
