/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a tool adds up in the kernel, in place of events: rows in a hash map, which user space takes
 * away at each report (src/trace/features/tally/tally.ts). A tool declares struct NAME_key and
 * struct NAME_value, then TALLY(NAME, entries), and adds to what tally_row() finds, atomically. All
 * that a value has are numbers of 64 bits which add up, so that user space can add up reports, too.
 *
 * No count may be lost to a report. A row that is deleted while a program adds to it takes that
 * along, however atomically it is looked up and deleted. So there are two maps: user space puts the
 * empty one in the place of the other, an update of a map of maps, for which the kernel waits until
 * all programs have ended that may still use the other. Then nobody else has that one.
 */
#ifndef SNOOPKIT_TALLY_H
#define SNOOPKIT_TALLY_H

#include "event.h"

/*
 * Whether rows are told apart by the cgroup, which is the owner's: where somebody sees it. A table
 * has no more rows for it.
 */
const volatile bool tally_by_cgroup;

static __always_inline snoop_cgroup tally_cgroup(snoop_cgroup owner)
{
	return tally_by_cgroup ? owner : 0;
}

NO_PADDING_BEGIN
/* What every row starts with. User space writes it. */
struct tally {
	snoop_time time;	 /* of the report */
	snoop_duration interval; /* that it covers */
};
NO_PADDING_END

/*
 * A row is this, the key and the value, without a gap: end the key with padding where the value
 * would start with some. A key that finds no room is counted as LOST_NOT_KEPT.
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
	static struct name##_value tally_nothing; /* it may be too large for the stack */          \
                                                                                                   \
	/* The value of a key, which is new or was there; NULL where there is no room. */          \
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
		/* Where another CPU was quicker it is there now. */                               \
		bpf_map_update_elem(map, key, &tally_nothing, BPF_NOEXIST);                        \
		value = bpf_map_lookup_elem(map, key);                                             \
		if (!value)                                                                        \
			count_lost(LOST_NOT_KEPT);                                                 \
		return value;                                                                      \
	}                                                                                          \
	_Static_assert(true, "") /* for the semicolon */

#endif
