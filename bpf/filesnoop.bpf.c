// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Traces system calls that change names, owners, permissions, attributes and sizes of files, at
 * their exit: their arguments are in memory by then, and their result is known.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "event.h"
#include "file-calls.h"
#include "filter.h"
#include "path-filter.h"
#include "syscall.h"
#include "tail.h"

#define AT_NOFOLLOW 0x100 /* include/uapi/linux/fcntl.h: AT_SYMLINK_NOFOLLOW */
#define AT_REMOVEDIR 0x200
#define AT_SYMLINK_FOLLOW 0x400

/* Shown by these names. */
enum filesnoop_operation {
	unlink,
	rmdir,
	rename,
	link,
	symlink,
	mkdir,
	mknod,
	truncate,
	chmod,
	chown,
	setxattr,
	removexattr,
};

/* Flags of all calls; each call has some of them. The first three are those of renameat2(2). */
enum filesnoop_flags {
	RENAME_NOREPLACE = 0x1,
	RENAME_EXCHANGE = 0x2,
	RENAME_WHITEOUT = 0x4,
	XATTR_CREATE = 0x8,
	XATTR_REPLACE = 0x10,
	AT_SYMLINK_NOFOLLOW = 0x20,
};

#define RENAME_FLAGS 0x7
#define XATTR_FLAGS 0x3 /* of setxattr(2): XATTR_CREATE and XATTR_REPLACE */
#define XATTR_SHIFT 3	/* from there to enum filesnoop_flags */

NO_PADDING_BEGIN
struct filesnoop_event {
	struct event;
	enum filesnoop_operation operation;
	snoop_ret ret;
	enum filesnoop_flags flags;
	snoop_given_mode mode;
	snoop_given_uid owner_uid;
	snoop_given_gid owner_gid;
	snoop_given_size size;
	snoop_dirfd dirfd;
	snoop_dirfd new_dirfd;
	snoop_given_text path;
	snoop_given_text new_path;
	snoop_given_text target;
	snoop_given_text attribute;
	snoop_components full_path;
	snoop_given_components new_full_path;
};
NO_PADDING_END

/*
 * End of the first name and its folder, up to one component more; the second pair ends at twice
 * that. append_components() needs powers of two.
 */
#define FIRST_END 8192
#define SECOND_END 16384
#define FOLDER_DEPTH 256 /* deeper paths lack their upper part, and are marked so */
EVENT(filesnoop_event, SECOND_END + PATH_SIZE);

/* Arguments of a call. Without a name it refers to the file of the descriptor. */
struct call {
	enum filesnoop_operation operation;
	__u32 flags;
	__u32 mode;
	__u32 uid, gid;
	__u64 size;
	int dirfd, new_dirfd;
	const char *name, *new_name;
	const char *text; /* the target of a symbolic link, or the name of an attribute */
	bool follows;	  /* if the name is that of a symbolic link */
};

/* Kept in a map: the verifier checks values that it knows nothing about once, not for each call. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct call);
} asked SEC(".maps");

/* Reads the arguments of one of the system calls. Returns false for any other. */
static __always_inline bool read_call(struct pt_regs *regs, long number, struct call *c)
{
	unsigned long one = syscall_argument(regs, 1), two = syscall_argument(regs, 2),
		      three = syscall_argument(regs, 3), four = syscall_argument(regs, 4),
		      five = syscall_argument(regs, 5);
	struct xattr_args___since_6_13 {
		__u64 value;
		__u32 size;
		__u32 flags;
	} attribute = {};

	/* Common to most calls; the cases below set the exceptions. */
	*c = (struct call){};
	c->mode = c->uid = c->gid = NOT_GIVEN;
	c->size = -1;
	c->dirfd = c->new_dirfd = AT_FDCWD;
	c->name = (void *)one;

	switch (number) {
#ifdef NR_unlink
	case NR_unlink:
		c->operation = unlink;
		return true;
	case NR_rmdir:
		c->operation = rmdir;
		return true;
	case NR_rename:
		c->operation = rename;
		c->new_name = (void *)two;
		return true;
	case NR_link:
		c->operation = link;
		c->new_name = (void *)two;
		return true;
	case NR_symlink:
		c->operation = symlink;
		c->text = (void *)one;
		c->name = (void *)two;
		return true;
	case NR_mkdir:
	case NR_mknod:
		c->operation = number == NR_mkdir ? mkdir : mknod;
		c->mode = two;
		return true;
	case NR_chmod:
		c->operation = chmod;
		c->mode = two;
		c->follows = true;
		return true;
	case NR_chown:
	case NR_lchown:
		c->operation = chown;
		c->uid = two;
		c->gid = three;
		c->follows = number == NR_chown;
		c->flags = c->follows ? 0 : AT_SYMLINK_NOFOLLOW;
		return true;
#endif
	case NR_truncate:
		c->operation = truncate;
		c->size = two;
		c->follows = true;
		return true;
	case NR_setxattr:
	case NR_lsetxattr:
		c->operation = setxattr;
		c->text = (void *)two;
		c->follows = number == NR_setxattr;
		c->flags = (five & XATTR_FLAGS) << XATTR_SHIFT |
			   (c->follows ? 0 : AT_SYMLINK_NOFOLLOW);
		return true;
	case NR_removexattr:
	case NR_lremovexattr:
		c->operation = removexattr;
		c->text = (void *)two;
		c->follows = number == NR_removexattr;
		c->flags = c->follows ? 0 : AT_SYMLINK_NOFOLLOW;
		return true;
	}

	/* Calls with a descriptor, either of a directory or as the only argument for the file. */
	c->dirfd = one;
	c->name = (void *)two;
	switch (number) {
	case NR_unlinkat:
		c->operation = three & AT_REMOVEDIR ? rmdir : unlink;
		return true;
	case NR_renameat:
	case NR_renameat2:
		c->operation = rename;
		c->new_dirfd = three;
		c->new_name = (void *)four;
		c->flags = number == NR_renameat2 ? five & RENAME_FLAGS : 0;
		return true;
	case NR_linkat:
		c->operation = link;
		c->new_dirfd = three;
		c->new_name = (void *)four;
		c->follows = five & AT_SYMLINK_FOLLOW;
		return true;
	case NR_symlinkat:
		c->operation = symlink;
		c->text = (void *)one;
		c->dirfd = two;
		c->name = (void *)three;
		return true;
	case NR_mkdirat:
	case NR_mknodat:
		c->operation = number == NR_mkdirat ? mkdir : mknod;
		c->mode = three;
		return true;
	case NR_fchmodat:
	case NR_fchmodat2:
		c->operation = chmod;
		c->mode = three;
		c->follows = number == NR_fchmodat || !(four & AT_NOFOLLOW);
		c->flags = c->follows ? 0 : AT_SYMLINK_NOFOLLOW;
		return true;
	case NR_fchownat:
		c->operation = chown;
		c->uid = three;
		c->gid = four;
		c->follows = !(five & AT_NOFOLLOW);
		c->flags = c->follows ? 0 : AT_SYMLINK_NOFOLLOW;
		return true;
	case NR_setxattrat:
		c->operation = setxattr;
		c->text = (void *)four;
		bpf_probe_read_user(&attribute, sizeof(attribute), (void *)five);
		c->follows = !(three & AT_NOFOLLOW);
		c->flags = (attribute.flags & XATTR_FLAGS) << XATTR_SHIFT |
			   (c->follows ? 0 : AT_SYMLINK_NOFOLLOW);
		return true;
	case NR_removexattrat:
		c->operation = removexattr;
		c->text = (void *)four;
		c->follows = !(three & AT_NOFOLLOW);
		c->flags = c->follows ? 0 : AT_SYMLINK_NOFOLLOW;
		return true;
	}

	c->name = NULL;
	switch (number) {
	case NR_ftruncate:
		c->operation = truncate;
		c->size = two;
		return true;
	case NR_fchmod:
		c->operation = chmod;
		c->mode = two;
		return true;
	case NR_fchown:
		c->operation = chown;
		c->uid = two;
		c->gid = three;
		return true;
	case NR_fsetxattr:
		c->operation = setxattr;
		c->text = (void *)two;
		c->flags = (five & XATTR_FLAGS) << XATTR_SHIFT;
		return true;
	case NR_fremovexattr:
		c->operation = removexattr;
		c->text = (void *)two;
		return true;
	}
	return false;
}

/*
 * Adds a name as given, followed by the folder that it is relative to: together the full path.
 * Without a name, or with an empty one (AT_EMPTY_PATH), the path of the file itself.
 */
static __always_inline __u32 add_name(const struct tail *tail, __u32 used, const __u32 from,
				      const __u32 limit, const char *name, int dirfd, bool follows,
				      struct snoop_span *given, struct snoop_span *full)
{
	__u32 start = used;
	__u64 at = place_of(used);
	struct path base = {};
	bool truncated = false;
	char first = 0;

	full->offset = tail->offset;
	if (name) {
		given->offset = tail->offset;
		used = append_user_path(tail, used, from, given, name);
		if (!given->source || at > from)
			return used;
		first = tail->text[at];
		if (!first)
			start = used;
	}
	if (!base_directory(first, dirfd, &base))
		return used;
	used = append_components(tail->text, used, limit, &base, &truncated, FOLDER_DEPTH,
				 tail->end);
	full->offset = tail->offset + start;
	full->length = used - start;
	full->truncated = truncated;
	full->deleted = path_deleted(&base);
	/* Below a changed root it is unknown how far up `..` has led. */
	if (!first)
		full->source = SOURCE_READ;
	else if (follows || (first != '/' && root_is_changed()))
		full->source = SOURCE_JOINED;
	else
		full->source = SOURCE_NAMED;
	return used;
}

static __always_inline __u32 add_text(const struct tail *tail, __u32 used, const char *text,
				      struct snoop_span *span)
{
	span->offset = tail->offset;
	return append_user_path(tail, used, FIRST_END + NAME_SIZE, span, text);
}

static __always_inline int handle(struct pt_regs *regs, long ret)
{
	struct filesnoop_event_scratch *s;
	struct filesnoop_event *e;
	struct tail tail = {};
	__u32 key = 0, used = 0;
	struct call *call = bpf_map_lookup_elem(&asked, &key);
	__u64 size;

	if (!call || (filter_failed && ret >= 0) || !read_call(regs, syscall_number(regs), call) ||
	    !filter_allows())
		return 0;
	if (filter_paths && !path_wanted(call->dirfd, call->name) &&
	    !(call->new_name && path_wanted(call->new_dirfd, call->new_name)))
		return 0;
	s = bpf_map_lookup_elem(&scratch, &key);
	if (!s)
		return 0;
	e = &s->event;
	__builtin_memset(e, 0, sizeof(*e));
	event_fill((struct event *)e);
	e->operation = call->operation;
	e->ret = ret;
	e->flags = call->flags;
	e->mode = call->mode;
	e->owner_uid = call->uid;
	e->owner_gid = call->gid;
	e->size = call->size;
	e->dirfd = call->dirfd;
	e->new_dirfd = call->new_dirfd;
	tail = (struct tail){.text = s->tail, .offset = sizeof(*e), .end = (__u32 *)&s->end};

	used = add_name(&tail, used, 0, FIRST_END, call->name, call->dirfd, call->follows, &e->path,
			&e->full_path);
	if (call->new_name)
		used = add_name(&tail, used, FIRST_END + NAME_SIZE, SECOND_END, call->new_name,
				call->new_dirfd, false, &e->new_path, &e->new_full_path);
	else if (call->text)
		used = add_text(&tail, used, call->text,
				call->operation == symlink ? &e->target : &e->attribute);
	size = place_of(used);
	if (size <= SECOND_END + NAME_SIZE)
		event_send(e, sizeof(*e) + size);
	return 0;
}

/* Runs at the exit of any of these calls: the tool names their tracepoints. */
SYSCALL_EXIT(handle_call, unlinkat)
{
	return handle(current_regs(), ret);
}

/* Runs at the exit of any system call, with its registers and its result. */
SEC("tp_btf/sys_exit")
int handle_any(__u64 *ctx)
{
	return handle((void *)ctx[0], ctx[1]);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
