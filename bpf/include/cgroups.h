/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The paths of cgroups (v2) by their ids, for events say the id alone and a cgroup may be gone when
 * they are read. The kernel tells of each that is made or removed; those that were there before,
 * and still are, src/kernel/cgroups.ts finds itself. v2 has no renaming. The programs are attached
 * only where somebody wants to see cgroups: src/trace/features/cgroups/cgroup-table.ts.
 */
#ifndef SNOOPKIT_CGROUPS_H
#define SNOOPKIT_CGROUPS_H

#define CGROUP_PATH_MAX 1024 /* TRACE_CGROUP_PATH_LEN: the kernel tells no more */

struct cgroup_path {
	char text[CGROUP_PATH_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, __u64);
	__type(value, struct cgroup_path);
} cgroup_paths SEC(".maps");

/* One is enough: the kernel holds a lock while it tells of a cgroup. */
static struct cgroup_path cgroup_told;

static __always_inline int cgroup_keep(struct cgroup *cgroup, const char *path)
{
	__u64 id;

	/* Hierarchies of v1 have ids of their own, which may be the same. */
	if (BPF_CORE_READ(cgroup, root, hierarchy_id) != 0)
		return 0;
	id = BPF_CORE_READ(cgroup, kn, id);
	if (bpf_probe_read_kernel_str(cgroup_told.text, sizeof(cgroup_told.text), path) > 0)
		bpf_map_update_elem(&cgroup_paths, &id, &cgroup_told, BPF_ANY);
	return 0;
}

SEC("raw_tp/cgroup_mkdir")
int cgroup_mkdir(struct bpf_raw_tracepoint_args *ctx)
{
	return cgroup_keep((void *)ctx->args[0], (void *)ctx->args[1]);
}

/* One from before the trace began, too. */
SEC("raw_tp/cgroup_rmdir")
int cgroup_rmdir(struct bpf_raw_tracepoint_args *ctx)
{
	return cgroup_keep((void *)ctx->args[0], (void *)ctx->args[1]);
}

#endif
