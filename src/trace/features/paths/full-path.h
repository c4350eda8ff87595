/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Base directories of the names passed to system calls. */
#ifndef SNOOPKIT_FULL_PATH_H
#define SNOOPKIT_FULL_PATH_H

#include "path.h"

#define AT_FDCWD -100

/*
 * The base directory of a name that starts with `first`; the file itself if there is only a
 * descriptor.
 */
static __always_inline bool base_directory(char first, int dirfd, struct path *base)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	struct file *file;

	if (first == '/')
		return !BPF_CORE_READ_INTO(base, fs, root);
	if (dirfd == AT_FDCWD)
		return !BPF_CORE_READ_INTO(base, fs, pwd);
	file = current_file(dirfd);
	return file && !BPF_CORE_READ_INTO(base, file, f_path);
}

#define STACKED_MOUNTS 8

/*
 * Whether the root of the current process differs from that of its mount namespace: chroot(2).
 * Further mounts may be stacked on the latter, in the same place.
 */
static __always_inline bool root_is_changed(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	struct mount *mount, *above;
	struct path root = {};

	BPF_CORE_READ_INTO(&root, fs, root);
	mount = (void *)root.mnt - bpf_core_field_offset(struct mount, mnt);
	for (int i = 0; i < STACKED_MOUNTS; i++) {
		if (root.dentry != BPF_CORE_READ(mount, mnt.mnt_root))
			return true;
		above = BPF_CORE_READ(mount, mnt_parent);
		if (above == mount)
			return false;
		root.dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		mount = above;
	}
	return true;
}

#endif
