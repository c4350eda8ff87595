/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* --flags and --write: filters by the flags of open(2). */
#ifndef SNOOPKIT_OPEN_FLAGS_H
#define SNOOPKIT_OPEN_FLAGS_H

#include "types.h"

#define O_ACCMODE 00000003
#define O_WRONLY 00000001
#define O_CREAT 00000100
#define O_TRUNC 00001000
#define O_PATH 010000000
#define __O_TMPFILE 020000000

/* One flag of open(2): the bits of its mask, and their value. */
struct open_flag {
	__u32 mask; /* 0 after the last one */
	__u32 value;
};

#define OPEN_FLAGS_MAX 16

const volatile struct open_flag filter_open_flags[OPEN_FLAGS_MAX];
const volatile bool filter_writes;

static __always_inline bool open_flags_wanted(__u32 flags)
{
	if (filter_writes && (flags & O_PATH || !(flags & (O_ACCMODE | O_CREAT | O_TRUNC))))
		return false;
	if (!filter_open_flags[0].mask)
		return true;
	for (int i = 0; i < OPEN_FLAGS_MAX && filter_open_flags[i].mask; i++)
		if ((flags & filter_open_flags[i].mask) == filter_open_flags[i].value)
			return true;
	return false;
}

#endif
