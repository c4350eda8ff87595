/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --path: whether a file is one of the listed files, or below one.
 * src/trace/features/paths/path-filter.ts builds a tree of names from the listed paths. The tree
 * is walked along with a file's own path, from the root of the mount namespace down, with `.` and
 * `..` in the given names taken into account.
 *
 * Functions that are not inlined are global: the verifier checks each once, regardless of its
 * callers. They take only numbers, and share state in a map.
 */
#ifndef SNOOPKIT_PATH_FILTER_H
#define SNOOPKIT_PATH_FILTER_H

#include "compat.h"
#include "full-path.h"

NO_PADDING_BEGIN
/* Step from a node of the tree, 0 for the root, to a child. */
struct path_step {
	__u32 node;
	char name[NAME_SIZE]; /* padded with zeros */
};
NO_PADDING_END

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct path_step);
	__type(value, __u32);
} path_steps SEC(".maps");

struct path_node {
	__u32 above;
	__u32 is_wanted; /* it is listed, or below a listed one */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct path_node);
} path_nodes SEC(".maps");

const volatile bool filter_paths; /* in use */

#define PATH_PART 64 /* bytes of text per step */

/* Progress along a path. */
struct path_walk {
	__u64 floor;   /* limit of `..`: the root, for a path that begins there */
	__u64 depth;   /* components seen */
	__u64 matched; /* components that led to `node` */
	__u64 node;
	__u64 length; /* of the name in `step` */
	struct path_step step;
	const void *names[COMPONENTS_MAX];
	char text[PATH_SIZE + PATH_PART];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct path_walk);
} path_walks SEC(".maps");

static __always_inline struct path_walk *path_walk(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&path_walks, &key);
}

static __always_inline void path_down(struct path_walk *walk)
{
	__u32 *node = NULL;

	if (walk->matched == walk->depth) {
		walk->step.node = walk->node;
		node = bpf_map_lookup_elem(&path_steps, &walk->step);
	}
	walk->depth++;
	if (node) {
		walk->node = *node;
		walk->matched = walk->depth;
	}
}

static __always_inline void path_up(struct path_walk *walk)
{
	__u32 key = walk->node;
	struct path_node *node;

	if (walk->depth <= walk->floor)
		return;
	if (walk->matched == walk->depth) {
		node = bpf_map_lookup_elem(&path_nodes, &key);
		if (node)
			walk->node = node->above;
		walk->matched--;
	}
	walk->depth--;
}

/* Consumes the component whose end was found. */
__attribute__((noinline)) int path_component(void)
{
	struct path_walk *walk = path_walk();
	const char *name;

	if (!filter_paths || !walk)
		return 0;
	name = walk->step.name;
	if (name[0] == '.' && walk->length == 2 && name[1] == '.')
		path_up(walk);
	else if (walk->length && !(name[0] == '.' && walk->length == 1))
		path_down(walk);
	__builtin_memset(walk->step.name, 0, sizeof(walk->step.name));
	walk->length = 0;
	return 0;
}

/* Processes one step of the text. Returns whether the text ends there. */
__attribute__((noinline)) int path_part(__u32 at)
{
	struct path_walk *walk = path_walk();

	if (!filter_paths || !walk || at > PATH_SIZE)
		return 1;
	for (int i = 0; i < PATH_PART; i++) {
		char c = walk->text[at + i];

		if (c && c != '/') {
			/* A name that is too long matches no file. */
			walk->step.name[walk->length & (NAME_SIZE - 1)] = c;
			walk->length++;
			continue;
		}
		path_component();
		if (!c)
			return 1;
	}
	return 0;
}

enum path_base {
	PATH_UNKNOWN,
	PATH_KNOWN,
	PATH_TOO_DEEP, /* its upper part is not known: allowed, as it may match */
};

/*
 * Follows the path of a name's base directory: a first pass up to the root, a second one down, as
 * far as the tree goes. Returns an enum path_base.
 */
__attribute__((noinline)) int path_base(int dirfd, int is_absolute)
{
	struct path_walk *walk = path_walk();
	struct path base = {};
	struct dentry *dentry;
	struct mount *mount;
	int known = PATH_TOO_DEEP;
	__u64 depth;

	if (!filter_paths || !walk || !base_directory(is_absolute ? '/' : 0, dirfd, &base))
		return PATH_UNKNOWN;
	dentry = base.dentry;
	mount = (void *)base.mnt - bpf_core_field_offset(struct mount, mnt);
	walk->depth = walk->matched = walk->node = walk->length = 0;
	for (int i = 0; i < COMPONENTS_MAX; i++) {
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

		if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
			struct mount *above = BPF_CORE_READ(mount, mnt_parent);

			if (above == mount) { /* the root of the namespace */
				known = PATH_KNOWN;
				break;
			}
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			mount = above;
			continue;
		}
		walk->names[walk->depth & (COMPONENTS_MAX - 1)] =
			BPF_CORE_READ(dentry, d_name.name);
		walk->depth++;
		if (dentry == parent) { /* in no directory, such as a memfd */
			known = PATH_KNOWN;
			break;
		}
		dentry = parent;
	}
	depth = walk->depth;
	walk->depth = 0;
	for (int i = 1; i <= COMPONENTS_MAX; i++) {
		if (walk->depth >= depth || walk->matched != walk->depth)
			break;
		__builtin_memset(walk->step.name, 0, sizeof(walk->step.name));
		bpf_probe_read_kernel_str(walk->step.name, sizeof(walk->step.name),
					  walk->names[(depth - i) & (COMPONENTS_MAX - 1)]);
		path_down(walk);
	}
	walk->depth = depth;
	walk->floor = is_absolute ? depth : 0;
	__builtin_memset(walk->step.name, 0, sizeof(walk->step.name));
	return known;
}

static __always_inline bool path_ends_well(const struct path_walk *walk)
{
	__u32 key = walk->node;
	struct path_node *node = bpf_map_lookup_elem(&path_nodes, &key);

	return node && node->is_wanted;
}

/*
 * Whether the filter allows the file of a name, or without a name the file of a descriptor. A name
 * that could not be read is not allowed.
 */
static __always_inline bool path_wanted(int dirfd, const char *name)
{
	struct path_walk *walk = path_walk();
	int base;

	if (!walk)
		return false;
	walk->text[0] = 0;
	if (name && read_user_text(walk->text, PATH_SIZE, name) <= 0)
		return false;
	base = path_base(dirfd, walk->text[0] == '/');
	if (base != PATH_KNOWN)
		return base == PATH_TOO_DEEP;
	for (__u32 at = 0; at < PATH_SIZE; at += PATH_PART)
		if (path_part(at))
			break;
	return path_ends_well(walk);
}

#endif
