/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Absolute paths, from a file or directory up through its parents and mounts to the root of the
 * mount namespace, like d_path(). bpf_d_path() itself is limited to few hooks.
 */
#ifndef SNOOPKIT_PATH_H
#define SNOOPKIT_PATH_H

#include "types.h"

#define PATH_SIZE 4096
#define NAME_SIZE 256	   /* NAME_MAX and the NUL */
#define COMPONENTS_MAX 512 /* each costs verifier time at every start */

/* The file behind one of the current task's descriptors, or NULL. */
static __always_inline struct file *current_file(int fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd);
	struct file *file = NULL;

	if (fd < 0 || (__u32)fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return file;
}

/*
 * Whether the file of a path has been removed, in the sense of d_path(), which then appends "
 * (deleted)". Only an empty directory can be removed, so its parents need no check. A file in no
 * directory was never in one, except a memfd, whose inode has no link.
 */
static __always_inline bool path_deleted(const struct path *path)
{
	struct dentry *dentry = path->dentry;
	struct vfsmount *mount = path->mnt;

	if (dentry != BPF_CORE_READ(dentry, d_parent))
		return !BPF_CORE_READ(dentry, d_hash.pprev); /* d_unhashed() */
	return dentry != BPF_CORE_READ(mount, mnt_root) && !BPF_CORE_READ(dentry, d_inode, i_nlink);
}

/*
 * Appends the components of `path` to `tail`, from `used` on, each with its NUL, the last one
 * first. Returns the number of bytes of the tail in use, and sets *truncated if the upper part is
 * missing. `limit` is a power of two, and the tail has room for one more name after it.
 *
 * `end` is in a map: the number of bytes in use is kept there and not in a variable. A value
 * unknown to the verifier looks the same after each iteration, so that the loop is verified in one
 * state per iteration. The place is private to the program, as another program may run while this
 * one is preempted.
 */
static __always_inline __u32 append_components(char *tail, __u32 used, const __u32 limit,
					       const struct path *path, bool *truncated,
					       const int depth, __u32 *end)
{
	struct dentry *dentry = path->dentry;
	struct mount *mount = (void *)path->mnt - bpf_core_field_offset(struct mount, mnt);

	*truncated = true;
	*end = used;
	for (int i = 0; i < depth; i++) {
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
		long length;

		if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
			struct mount *above = BPF_CORE_READ(mount, mnt_parent);

			if (above == mount) { /* the root of the namespace */
				*truncated = false;
				break;
			}
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			mount = above;
			continue;
		}
		if (*end >= limit)
			break;
		length = bpf_probe_read_kernel_str(tail + (*end & (limit - 1)), NAME_SIZE,
						   BPF_CORE_READ(dentry, d_name.name));
		if (length <= 0)
			break;
		*end += length;
		if (dentry == parent) { /* in no directory, such as a memfd */
			*truncated = false;
			break;
		}
		dentry = parent;
	}
	return *end;
}

#endif
