/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The cgroup (v2) of the current task, as its components from the last to the first. */
#ifndef SNOOPKIT_CGROUP_H
#define SNOOPKIT_CGROUP_H

#include "tail.h"

#define CGROUP_DEPTH 64

static __always_inline __u32 append_cgroup(const struct tail *tail, __u32 used, const __u32 limit,
					   struct snoop_span *span)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct kernfs_node *node = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);
	__u32 start = used, *end = tail->end; /* see append_components() */
	bool truncated = true;

	*end = used;
	for (int i = 0; i < CGROUP_DEPTH; i++) {
		struct kernfs_node *parent = kernfs_parent(node);
		long length;

		if (!parent) { /* the root, which has no name */
			truncated = false;
			break;
		}
		if (*end >= limit)
			break;
		length = bpf_probe_read_kernel_str(tail->text + (*end & (limit - 1)), NAME_SIZE,
						   BPF_CORE_READ(node, name));
		if (length <= 0)
			break;
		*end += length;
		node = parent;
	}
	span_set(span, tail->offset + start, *end - start, truncated);
	return *end;
}

#endif
