/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Resident memory of a process. */
#ifndef SNOOPKIT_MEMORY_H
#define SNOOPKIT_MEMORY_H

/* include/linux/mm_types_task.h */
#define MM_FILEPAGES 0
#define MM_ANONPAGES 1
#define MM_SHMEMPAGES 3

/* Before 6.2 mm_struct::rss_stat was a struct of plain counters. */
struct mm_struct___since_6_2 {
	struct percpu_counter rss_stat[4];
} __attribute__((preserve_access_index));

#define RESIDENT(mm, which)                                                                        \
	BPF_CORE_READ((struct mm_struct___since_6_2 *)(mm), rss_stat[which].count)

/*
 * Peak number of resident pages since the memory was created, as counted by getrusage(2): pages
 * that CPUs have not added up yet are missing.
 */
static __always_inline __u64 peak_of(struct mm_struct *mm)
{
	struct mm_struct___since_6_2 *new = (void *)mm;
	__s64 peak = BPF_CORE_READ(mm, hiwater_rss), now;

	if (!bpf_core_field_exists(new->rss_stat[0].count))
		return peak;
	now = RESIDENT(mm, MM_FILEPAGES) + RESIDENT(mm, MM_ANONPAGES) + RESIDENT(mm, MM_SHMEMPAGES);
	return peak > now ? peak : now;
}

#endif
