/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Histograms: counts of values by their number of bits. */
#ifndef SNOOPKIT_HISTOGRAM_H
#define SNOOPKIT_HISTOGRAM_H

#include "types.h"

/* The number of bits of a value; 0 for 0. */
static __always_inline __u32 bits_of(__u64 value)
{
	__u32 bits = 0;

	for (__u32 half = 32; half > 0; half /= 2) {
		if (value >> half) {
			value >>= half;
			bits += half;
		}
	}
	return bits + (value > 0);
}

/* Adds a value to a histogram that other CPUs may update, too. */
static __always_inline void histogram_add(struct snoop_histogram *histogram, __u64 value)
{
	__u32 slot = bits_of(value);

	if (slot >= HISTOGRAM_SLOTS)
		slot = HISTOGRAM_SLOTS - 1;
	__sync_fetch_and_add(&histogram->slots[slot], 1);
	__sync_fetch_and_add(&histogram->sum, value);
}

#endif
