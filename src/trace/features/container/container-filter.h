/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --container: tasks in the cgroups (v2) of containers. A container's cgroup has its id for a name
 * (src/kernel/containers.ts). User space lists those that exist when tracing begins; the program
 * below lists each that is made later, before there is a process in it.
 */
#ifndef SNOOPKIT_CONTAINER_FILTER_H
#define SNOOPKIT_CONTAINER_FILTER_H

#include "compat.h"

enum container_limits {
	CONTAINER_IDS_MAX = 16,
	CONTAINER_ID_LENGTH = 64, /* in hexadecimal digits */
};
KEEP_IN_BTF(enum, container_limits);

const volatile __u32 container_count;
/* Prefix of ids, up to a zero. */
const volatile char container_ids[CONTAINER_IDS_MAX][CONTAINER_ID_LENGTH + 1];

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64); /* the id of a cgroup */
	__type(value, __u8);
} container_cgroups SEC(".maps");

static __always_inline bool container_filters(void)
{
	return container_count;
}

#define CONTAINER_DEPTH 64

static __always_inline bool container_allows(struct task_struct *task)
{
	struct kernfs_node *node = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);

	for (int i = 0; i < CONTAINER_DEPTH && node; i++) {
		__u64 id = BPF_CORE_READ(node, id);

		if (bpf_map_lookup_elem(&container_cgroups, &id))
			return true;
		node = kernfs_parent(node);
	}
	return false;
}

#define CGROUP_NAME_SIZE 256 /* NAME_MAX, and a NUL */

/* One is enough: the kernel holds a lock while it reports a cgroup. */
static char container_name[CGROUP_NAME_SIZE];

static __always_inline char name_at(__u32 at)
{
	return container_name[at & (CGROUP_NAME_SIZE - 1)];
}

static __always_inline bool name_has(__u32 at, const char *text, __u32 length)
{
	for (__u32 i = 0; i < length; i++)
		if (name_at(at + i) != text[i])
			return false;
	return true;
}

#define SCOPE ".scope"
#define CONMON "conmon-" /* watches over a container, and is not in it */

/* Offset of a container id in the name of a cgroup; -1 if it has none. */
static __always_inline int container_id_at(__u32 length)
{
	const __u32 scope = sizeof(SCOPE) - 1, conmon = sizeof(CONMON) - 1;
	__u32 at;

	if (length > scope && name_has(length - scope, SCOPE, scope))
		length -= scope;
	if (length < CONTAINER_ID_LENGTH)
		return -1;
	at = length - CONTAINER_ID_LENGTH;
	if (at == 0 || name_at(at - 1) == ':')
		return at;
	if (name_at(at - 1) != '-' || (at >= conmon && name_has(at - conmon, CONMON, conmon)))
		return -1;
	return at;
}

static __always_inline bool container_listed(__u32 at)
{
	for (__u32 n = 0; n < CONTAINER_IDS_MAX && n < container_count; n++) {
		__u32 i;

		for (i = 0; i < CONTAINER_ID_LENGTH; i++)
			if (container_ids[n][i] && container_ids[n][i] != name_at(at + i))
				break;
		if (i == CONTAINER_ID_LENGTH)
			return true;
	}
	return false;
}

SEC("raw_tp/cgroup_mkdir")
int container_mkdir(struct bpf_raw_tracepoint_args *ctx)
{
	struct cgroup *cgroup = (void *)ctx->args[0];
	__u64 id = BPF_CORE_READ(cgroup, kn, id);
	__u8 listed = 1;
	long size;
	int at;

	if (BPF_CORE_READ(cgroup, root, hierarchy_id) != 0) /* of v1 */
		return 0;
	size = bpf_probe_read_kernel_str(container_name, sizeof(container_name),
					 BPF_CORE_READ(cgroup, kn, name));
	at = size > 0 ? container_id_at(size - 1) : -1;
	if (at < 0 || !container_listed(at))
		return 0;
	if (bpf_map_update_elem(&container_cgroups, &id, &listed, BPF_ANY))
		count_lost(LOST_NOT_FOLLOWED);
	return 0;
}

/* A cgroup has no process left when it is removed. */
SEC("raw_tp/cgroup_rmdir")
int container_rmdir(struct bpf_raw_tracepoint_args *ctx)
{
	struct cgroup *cgroup = (void *)ctx->args[0];
	__u64 id = BPF_CORE_READ(cgroup, kn, id);

	if (BPF_CORE_READ(cgroup, root, hierarchy_id) == 0)
		bpf_map_delete_elem(&container_cgroups, &id);
	return 0;
}

#endif
