/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * State of calls that have not returned yet, by thread, for hooks at the entry and the end of a
 * call.
 */
#ifndef SNOOPKIT_CALL_H
#define SNOOPKIT_CALL_H

#include "event.h"

/* Declares the map, call_find(), which may return NULL, call_keep() and call_forget(). */
#define CALLS(what)                                                                                \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_HASH);                                                   \
		__uint(max_entries, 8192);                                                         \
		__type(key, __u32);                                                                \
		__type(value, what);                                                               \
	} calls SEC(".maps");                                                                      \
                                                                                                   \
	static __always_inline what *call_find(void)                                               \
	{                                                                                          \
		__u32 tid = bpf_get_current_pid_tgid();                                            \
                                                                                                   \
		return bpf_map_lookup_elem(&calls, &tid);                                          \
	}                                                                                          \
                                                                                                   \
	static __always_inline void call_keep(const what *call)                                    \
	{                                                                                          \
		__u32 tid = bpf_get_current_pid_tgid();                                            \
                                                                                                   \
		if (bpf_map_update_elem(&calls, &tid, call, BPF_ANY))                              \
			count_lost(LOST_NOT_KEPT);                                                 \
	}                                                                                          \
                                                                                                   \
	static __always_inline void call_forget(void)                                              \
	{                                                                                          \
		__u32 tid = bpf_get_current_pid_tgid();                                            \
                                                                                                   \
		bpf_map_delete_elem(&calls, &tid);                                                 \
	}                                                                                          \
	_Static_assert(true, "") /* for the semicolon */

#endif
