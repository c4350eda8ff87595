// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Traces open(2), openat(2), openat2(2) and creat(2), at their exit: the path is in memory by then.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "event.h"
#include "filter.h"
#include "open-flags.h"
#include "path-filter.h"
#include "syscall.h"

NO_PADDING_BEGIN
struct opensnoop_event {
	struct event;
	snoop_ret ret;
	snoop_open_flags flags;
	snoop_mode mode;
	snoop_dirfd dirfd;
	snoop_path path;
	snoop_components full_path;
};
NO_PADDING_END

#define TAIL_SIZE 16384
EVENT(opensnoop_event, TAIL_SIZE + PATH_SIZE);

const volatile bool want_full_path;

/*
 * The real location of an opened file. For a failure the links on the way are unknown: the name as
 * given, followed by the directory that it is relative to.
 */
static __always_inline __u32 add_full_path(struct opensnoop_event_scratch *s, __u32 used)
{
	struct snoop_span *span = &s->event.full_path;
	struct file *file = s->event.ret >= 0 ? current_file(s->event.ret) : NULL;
	__u32 start = used;
	bool truncated = false;
	struct path path = {};

	span->source = SOURCE_MISSING;
	if (file && !BPF_CORE_READ_INTO(&path, file, f_path)) {
		span->source = SOURCE_READ;
	} else if (s->event.path.source && base_directory(s->tail[0], s->event.dirfd, &path)) {
		start = 0;
		span->source = SOURCE_JOINED;
	} else {
		return used;
	}
	used = append_components(s->tail, used, TAIL_SIZE, &path, &truncated, COMPONENTS_MAX,
				 (__u32 *)&s->end);
	span->offset = sizeof(s->event) + start;
	span->length = used - start;
	span->truncated = truncated;
	span->deleted = path_deleted(&path); /* or its directory */
	return used;
}

/* Arguments of a call. */
struct call {
	const char *name;
	__u64 flags;
	__u64 mode;
	int dirfd;
};

static __always_inline int handle_open(long ret, const struct call *call)
{
	struct opensnoop_event_scratch *s;
	__u32 key = 0, used = 0;
	long length;

	if (!open_flags_wanted(call->flags))
		return 0;
	/* The location of an opened file counts, whatever its name in the call. */
	if (filter_paths &&
	    !(ret >= 0 ? path_wanted(ret, NULL) : path_wanted(call->dirfd, call->name)))
		return 0;
	s = bpf_map_lookup_elem(&scratch, &key);
	if (!s)
		return 0;
	event_fill((struct event *)&s->event);
	s->event.ret = ret;
	s->event.flags = call->flags;
	s->event.mode = call->flags & (O_CREAT | __O_TMPFILE) ? call->mode : 0;
	s->event.dirfd = call->dirfd;

	s->event.path.offset = sizeof(s->event);
	length = read_user_text(s->tail, PATH_SIZE + 1, call->name);
	if (length > 0) {
		used = length;
		s->event.path.length = length - 1;
		s->event.path.source = SOURCE_READ;
		/*
		 * PATH_SIZE counts the NUL: the kernel refused a longer name, whose end is unknown.
		 */
		s->event.path.truncated = length > PATH_SIZE;
	} else {
		s->event.path.length = 0;
		s->event.path.source = SOURCE_MISSING;
		s->event.path.truncated = 0;
	}

	s->event.full_path = (struct snoop_span){};
	if (want_full_path)
		used = add_full_path(s, used);
	/* The last component may reach beyond the limit. */
	if (used > TAIL_SIZE + NAME_SIZE)
		used = TAIL_SIZE + NAME_SIZE;
	event_send(&s->event, sizeof(s->event) + used);
	return 0;
}

static __always_inline bool wanted(long ret)
{
	return !(filter_failed && ret >= 0) && filter_allows();
}

/* Reads the arguments of one of the system calls. Returns false for any other. */
static __always_inline bool read_call(struct pt_regs *regs, long number, struct call *call)
{
	struct open_how how = {};

	switch (number) {
	case NR_openat:
		call->dirfd = syscall_argument(regs, 1);
		call->name = (void *)syscall_argument(regs, 2);
		call->flags = syscall_argument(regs, 3);
		call->mode = syscall_argument(regs, 4);
		return true;
	case NR_openat2:
		bpf_probe_read_user(&how, sizeof(how), (void *)syscall_argument(regs, 3));
		call->dirfd = syscall_argument(regs, 1);
		call->name = (void *)syscall_argument(regs, 2);
		call->flags = how.flags;
		call->mode = how.mode;
		return true;
#ifdef NR_open
	case NR_open:
		call->dirfd = AT_FDCWD;
		call->name = (void *)syscall_argument(regs, 1);
		call->flags = syscall_argument(regs, 2);
		call->mode = syscall_argument(regs, 3);
		return true;
	case NR_creat:
		call->dirfd = AT_FDCWD;
		call->name = (void *)syscall_argument(regs, 1);
		call->flags = O_CREAT | O_WRONLY | O_TRUNC;
		call->mode = syscall_argument(regs, 2);
		return true;
#endif
	}
	return false;
}

static __always_inline int handle_exit(long ret, const long number)
{
	struct call call = {};

	if (!wanted(ret) || !read_call(current_regs(), number, &call))
		return 0;
	return handle_open(ret, &call);
}

SYSCALL_EXIT(handle_openat, openat)
{
	return handle_exit(ret, NR_openat);
}

SYSCALL_EXIT(handle_openat2, openat2)
{
	return handle_exit(ret, NR_openat2);
}

#ifdef NR_open
SYSCALL_EXIT(handle_open_old, open)
{
	return handle_exit(ret, NR_open);
}

SYSCALL_EXIT(handle_creat, creat)
{
	return handle_exit(ret, NR_creat);
}
#endif

/* All of these calls go through this function: ctx has its arguments and its result. */
SEC("fexit/do_sys_openat2")
int handle_function(__u64 *ctx)
{
	struct open_how *how = (void *)ctx[2];
	struct call call = {.dirfd = ctx[0], .name = (void *)ctx[1]};
	long ret = int_result(ctx[3]);

	if (!wanted(ret))
		return 0;
	call.flags = BPF_CORE_READ(how, flags);
	call.mode = BPF_CORE_READ(how, mode);
	return handle_open(ret, &call);
}

/* Runs at the exit of any system call, with its registers and its result. */
SEC("tp_btf/sys_exit")
int handle_any(__u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];
	struct call call = {};
	long ret = ctx[1];

	if (!read_call(regs, syscall_number(regs), &call) || !wanted(ret))
		return 0;
	return handle_open(ret, &call);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
