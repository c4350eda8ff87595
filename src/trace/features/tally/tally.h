/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Aggregation in the kernel, in place of events: rows in a hash map, which user space takes away at
 * each report (src/trace/features/tally/tally.ts). A tool declares struct NAME_key and struct
 * NAME_value, then TALLY(NAME, entries), and adds atomically to the row from tally_row(). A value
 * has only 64-bit numbers that add up, so that user space can add up reports, too.
 *
 * No count may be lost to a report. If a row is deleted while a program adds to it, that addition
 * is lost, even with atomic lookup and deletion. Hence two maps: user space replaces the one in use
 * with the empty one by an update of a map of maps, for which the kernel waits until all programs
 * that may still use the old map have ended. From then on only user space uses the old map.
 */
#ifndef SNOOPKIT_TALLY_H
#define SNOOPKIT_TALLY_H

#include "event.h"

/*
 * Whether rows are grouped by the owner's cgroup, which is only the case if the output shows it. A
 * table has no more rows for it.
 */
const volatile bool tally_by_cgroup;

static __always_inline snoop_cgroup tally_cgroup(snoop_cgroup owner)
{
	return tally_by_cgroup ? owner : 0;
}

NO_PADDING_BEGIN
/* Common start of every row, written by user space. */
struct tally {
	snoop_time time;	 /* of the report */
	snoop_duration interval; /* covered by the report */
};
NO_PADDING_END

/*
 * A row is this struct, the key and the value, without a gap: pad the end of the key if alignment
 * would move the value. A key that finds no room is counted as LOST_NOT_KEPT.
 */
#define TALLY(name, entries)                                                                       \
	struct name {                                                                              \
		struct tally;                                                                      \
		struct name##_key;                                                                 \
		struct name##_value;                                                               \
	};                                                                                         \
	_Static_assert(sizeof(struct name##_value) % 8 == 0, "a value is numbers of 64 bits");     \
	_Static_assert(sizeof(struct name) == sizeof(struct tally) + sizeof(struct name##_key) +   \
						      sizeof(struct name##_value),                 \
		       "a gap between key and value");                                             \
	KEEP_IN_BTF(struct, name);                                                                 \
	struct name##_map {                                                                        \
		__uint(type, BPF_MAP_TYPE_HASH);                                                   \
		__uint(max_entries, entries);                                                      \
		__type(key, struct name##_key);                                                    \
		__type(value, struct name##_value);                                                \
	} tally_a SEC(".maps"), tally_b SEC(".maps");                                              \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);                                          \
		__uint(max_entries, 1);                                                            \
		__type(key, __u32);                                                                \
		__array(values, struct name##_map);                                                \
	} tally SEC(".maps") = {.values = {&tally_a}};                                             \
	static struct name##_value tally_nothing; /* may be too large for the stack */             \
                                                                                                   \
	/* The value of a new or existing key, or NULL if the map is full. */                      \
	static __always_inline struct name##_value *tally_row(const struct name##_key *key)        \
	{                                                                                          \
		__u32 zero = 0;                                                                    \
		void *map = bpf_map_lookup_elem(&tally, &zero);                                    \
		struct name##_value *value;                                                        \
                                                                                                   \
		if (!map)                                                                          \
			return NULL;                                                               \
		value = bpf_map_lookup_elem(map, key);                                             \
		if (value)                                                                         \
			return value;                                                              \
		/* If another CPU was quicker, the row exists now. */                              \
		bpf_map_update_elem(map, key, &tally_nothing, BPF_NOEXIST);                        \
		value = bpf_map_lookup_elem(map, key);                                             \
		if (!value)                                                                        \
			count_lost(LOST_NOT_KEPT);                                                 \
		return value;                                                                      \
	}                                                                                          \
	_Static_assert(true, "") /* for the semicolon */

#endif
