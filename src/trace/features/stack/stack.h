/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --stack: the kernel stack of an event, in the tail of its record. The event's struct has a
 * `snoop_stack stack`, and the tool's flag sets `want_stack`.
 */
#ifndef SNOOPKIT_STACK_H
#define SNOOPKIT_STACK_H

#include "event.h"
#include "tail.h"

#define STACK_DEPTH 127 /* default of kernel.perf_event_max_stack */

const volatile bool want_stack;

/*
 * Declares a small event (event.h), and name##_send(), which sends one. `programs` is the number of
 * programs that have memory for stacks. Each passes its own number, from 0 on: since Linux 7.0 one
 * may run while another one is preempted.
 */
#define STACK_EVENT(name, programs)                                                                \
	SMALL_EVENT(name);                                                                         \
	struct name##_with_stack {                                                                 \
		struct name event;                                                                 \
		__u64 stack[STACK_DEPTH];                                                          \
	};                                                                                         \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                                           \
		__uint(max_entries, programs);                                                     \
		__type(key, __u32);                                                                \
		__type(value, struct name##_with_stack);                                           \
	} stacks SEC(".maps");                                                                     \
                                                                                                   \
	static __always_inline void name##_send(void *ctx, struct name *e, __u32 program)          \
	{                                                                                          \
		struct name##_with_stack *room;                                                    \
		__u64 size;                                                                        \
                                                                                                   \
		if (!want_stack) {                                                                 \
			event_send(e, sizeof(*e));                                                 \
			return;                                                                    \
		}                                                                                  \
		room = bpf_map_lookup_elem(&stacks, &program);                                     \
		if (!room)                                                                         \
			return;                                                                    \
		size = append_stack(ctx, &e->stack, sizeof(*e), room->stack, STACK_DEPTH);         \
		room->event = *e;                                                                  \
		size = place_of(size);                                                             \
		if (size <= sizeof(room->stack)) /* for the verifier */                            \
			event_send(room, sizeof(*e) + size);                                       \
	}                                                                                          \
	/* ends in a semicolon */                                                                  \
	_Static_assert(sizeof(struct name) % sizeof(__u64) == 0, "no gap before the stack")

/* Writes the stack to `to`, which is `offset` bytes into the record. Returns its size. */
static __always_inline __u64 append_stack(void *ctx, snoop_stack *stack, __u32 offset, __u64 *to,
					  const __u32 depth)
{
	const __u32 room = depth * sizeof(*to);
	long size = bpf_get_stack(ctx, to, room, 0);

	if (size <= 0)
		return 0;
	span_set(stack, offset, size, size == room);
	return size;
}

#endif
