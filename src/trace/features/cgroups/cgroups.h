/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Paths of cgroups (v2) by id: events hold only the id, and the cgroup may be gone when they are
 * read. The kernel reports each cgroup that is created or removed; src/kernel/cgroups.ts finds
 * those that already exist. v2 has no renaming. The programs are attached only where cgroups are
 * shown: src/trace/features/cgroups/steps.ts.
 */
#ifndef SNOOPKIT_CGROUPS_H
#define SNOOPKIT_CGROUPS_H

#define CGROUP_PATH_MAX 1024 /* TRACE_CGROUP_PATH_LEN: the kernel's own limit */

struct cgroup_path {
	char text[CGROUP_PATH_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, __u64);
	__type(value, struct cgroup_path);
} cgroup_paths SEC(".maps");

/* One buffer is enough: the kernel holds a lock while it runs these tracepoints. */
static struct cgroup_path cgroup_told;

static __always_inline int cgroup_keep(struct cgroup *cgroup, const char *path)
{
	__u64 id;

	/* Hierarchies of v1 have ids of their own, which may collide with those of v2. */
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

/* Covers cgroups that are older than the trace, too. */
SEC("raw_tp/cgroup_rmdir")
int cgroup_rmdir(struct bpf_raw_tracepoint_args *ctx)
{
	return cgroup_keep((void *)ctx->args[0], (void *)ctx->args[1]);
}

#endif
