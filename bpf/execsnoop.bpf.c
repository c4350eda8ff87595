// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Traces execve(2) and execveat(2). A success is seen in the kernel's own exec, with the arguments
 * read from the new memory, before any thread has run that could change them. A failure is seen at
 * the exit of the system call.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "event.h"
#include "filter.h"
#include "path.h"
#include "syscall.h"
#include "tail.h"

NO_PADDING_BEGIN
struct execsnoop_event {
	struct event;
	snoop_ret ret;
	snoop_comm comm_before;
	snoop_comm parent_comm;
	snoop_path path;
	snoop_path interpreter;
	snoop_file exe;
	snoop_args args;
	snoop_env env;
	snoop_file cwd;
	snoop_text tty;
	__u32 session;
	__u32 mntns;
	__u32 pidns;
	__u32 netns;
	__u32 userns;
	__u32 utsns;
	__u32 ipcns;
	__u32 cgroupns;
	__u32 _end;
};
NO_PADDING_END

SMALL_EVENT(execsnoop_event);

/*
 * The tail: places, then other texts, then arguments, then the environment. The limits are the ends
 * of these parts.
 */
#define PLACES_SIZE 16384
#define PLACES_END (PLACES_SIZE + NAME_SIZE)
#define PATH_END (PLACES_END + PATH_SIZE + 1)
#define INTERPRETER_END (PATH_END + PATH_SIZE)
#define TTY_SIZE 64 /* of tty_struct::name */
#define TEXTS_END (INTERPRETER_END + TTY_SIZE)
#define FAILED_ARGS_SIZE 32768 /* a power of two */
#define FAILED_ARGS_MAX 128
#define ENV_SIZE 32768

/* An event under construction, followed by its tail. */
struct scratch {
	__u32 end;   /* see append_components() */
	__u32 words; /* the same for append_words() */
	struct execsnoop_event event;
};

/* Arguments of a failed exec are read one by one, each into room for all. */
#define ROOM (sizeof(struct scratch) + TEXTS_END + 2 * FAILED_ARGS_SIZE + ENV_SIZE)

/*
 * Memory for events under construction. It would exceed the size limit of a per-CPU map's value, so
 * this map has entries for each possible CPU: one for successes, one for failures, as neither
 * program can interrupt itself. src/trace/features/scratch/steps.ts sets their number, and
 * src/trace/tool-flags.ts adds the size of the arguments to each.
 */
#define SCRATCH_SUCCESS 0
#define SCRATCH_FAILURE 1
#define SCRATCHES 2
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SCRATCHES);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, ROOM);
} scratch SEC(".maps");

const volatile __u32 max_args; /* in bytes */
const volatile bool want_env;
const volatile bool want_context;

/* Names of threads before the kernel renamed them after the program. */
struct former_name {
	snoop_comm comm;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct former_name);
} former_names SEC(".maps");

static __always_inline struct scratch *new_event(const __u32 which, long ret)
{
	__u32 key = bpf_get_smp_processor_id() * SCRATCHES + which;
	struct scratch *s = bpf_map_lookup_elem(&scratch, &key);
	struct task_struct *task = (void *)bpf_get_current_task();

	if (!s)
		return NULL;
	__builtin_memset(s, 0, sizeof(*s));
	event_fill((struct event *)&s->event);
	s->event.ret = ret;
	BPF_CORE_READ_INTO(&s->event.parent_comm, task, real_parent, group_leader, comm);
	return s;
}

static __always_inline struct tail tail_of(struct scratch *s)
{
	return (struct tail){.text = (char *)(s + 1), .offset = sizeof(s->event), .end = &s->end};
}

#define NS(task, name) BPF_CORE_READ(task, nsproxy, name, ns.inum)

/*
 * Adds working directory, session and namespaces, which a process mostly shares with its creator.
 */
static __always_inline __u32 add_context(struct execsnoop_event *e, const struct tail *tail,
					 __u32 used)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	struct upid upid = {};
	struct path cwd;

	if (!BPF_CORE_READ_INTO(&cwd, task, fs, pwd))
		used = append_place(tail, used, PLACES_SIZE, &e->cwd, &cwd);

	e->session = BPF_CORE_READ(task, signal, pids[PIDTYPE_SID], numbers[0].nr);
	bpf_probe_read_kernel(&upid, sizeof(upid), &pid->numbers[BPF_CORE_READ(pid, level)]);
	e->pidns = BPF_CORE_READ(upid.ns, ns.inum);
	e->userns = BPF_CORE_READ(task, cred, user_ns, ns.inum);
	e->mntns = NS(task, mnt_ns);
	e->netns = NS(task, net_ns);
	e->utsns = NS(task, uts_ns);
	e->ipcns = NS(task, ipc_ns);
	e->cgroupns = NS(task, cgroup_ns);
	return used;
}

static __always_inline __u32 add_tty(struct execsnoop_event *e, const struct tail *tail, __u32 used)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct tty_struct *tty = BPF_CORE_READ(task, signal, tty);

	return append_kernel_text(tail, used, INTERPRETER_END, &e->tty, tty ? tty->name : NULL,
				  TTY_SIZE);
}

/* The file name and the interpreter are in kernel memory; NULL if not known. */
static __always_inline int handle_success(const char *path, const char *interpreter)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct execsnoop_event *e;
	struct former_name *former;
	struct scratch *s;
	struct tail tail;
	struct path exe;
	__u32 tid, used = 0;
	__u64 tail_size;

	if (filter_failed || !filter_allows())
		return 0;
	s = new_event(SCRATCH_SUCCESS, 0);
	if (!s)
		return 0;
	e = &s->event;
	tail = tail_of(s);
	tid = e->tid;
	former = bpf_map_lookup_elem(&former_names, &tid);
	if (former) {
		__builtin_memcpy(e->comm_before, former->comm, sizeof(e->comm_before));
		bpf_map_delete_elem(&former_names, &tid);
	}
	if (!BPF_CORE_READ_INTO(&exe, mm, exe_file, f_path))
		used = append_place(&tail, used, PLACES_SIZE, &e->exe, &exe);
	if (want_context)
		used = add_context(e, &tail, used);
	used = append_kernel_text(&tail, used, PLACES_END, &e->path, path, PATH_SIZE);
	used = append_kernel_text(&tail, used, PATH_END, &e->interpreter, interpreter, PATH_SIZE);
	if (want_context)
		used = add_tty(e, &tail, used);
	used = append_args(&tail, used, TEXTS_END, &e->args, mm, max_args);
	if (want_env)
		used = append_region(&tail, used, TEXTS_END + max_args, &e->env,
				     BPF_CORE_READ(mm, env_start), BPF_CORE_READ(mm, env_end),
				     ENV_SIZE);
	tail_size = place_of(used);
	if (tail_size <= TEXTS_END + max_args + ENV_SIZE) /* for the verifier */
		event_send(e, sizeof(*e) + tail_size);
	return 0;
}

SEC("raw_tp/sched_process_exec")
int handle_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct linux_binprm *bprm = (void *)ctx->args[2];
	const char *path = BPF_CORE_READ(bprm, filename),
		   *interpreter = BPF_CORE_READ(bprm, interp);

	return handle_success(path, interpreter == path ? NULL : interpreter);
}

SEC("tp/sched/sched_process_exec")
int handle_exec_without_interpreter(struct trace_event_raw_sched_process_exec *ctx)
{
	return handle_success((char *)ctx + (ctx->__data_loc_filename & 0xffff), NULL);
}

/* Also runs when a thread names itself; only the last name before an exec matters. */
SEC("raw_tp/task_rename")
int handle_rename(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	struct former_name name;
	__u32 tid = BPF_CORE_READ(task, pid);

	BPF_CORE_READ_INTO(&name.comm, task, comm);
	bpf_map_update_elem(&former_names, &tid, &name, BPF_ANY);
	return 0;
}

/*
 * Copies the words that `argv` points to: up to FAILED_ARGS_MAX, and a little more than
 * FAILED_ARGS_SIZE. Number and size are kept in the map, as in append_components().
 */
static __always_inline __u32 append_words(struct scratch *s, __u32 used, const char *const *argv)
{
	const __u32 most = max_args < FAILED_ARGS_SIZE ? max_args : FAILED_ARGS_SIZE;
	struct snoop_list *list = &s->event.args;
	const struct tail tail = tail_of(s);
	__u64 at = place_of(used), length;
	bool is_whole = false;

	if (at > TEXTS_END)
		return used;
	s->end = 0;
	for (int i = 0; i < FAILED_ARGS_MAX; i++) {
		const char *word = NULL;
		long size, status;

		status = bpf_probe_read_user(&word, sizeof(word), argv + i);
		is_whole = !status && !word;
		if (!word || s->end >= FAILED_ARGS_SIZE)
			break;
		size = bpf_probe_read_user_str(tail.text + at + (s->end & (FAILED_ARGS_SIZE - 1)),
					       FAILED_ARGS_SIZE, word);
		if (size < 0)
			break;
		s->end += size ? size : 1; /* see read_user_text() */
		s->words++;
	}
	length = s->end;
	if (length >= FAILED_ARGS_SIZE) /* the last one may be longer */
		is_whole = false;
	if (is_whole) {
		list->count = s->words;
		list->size = length;
	} else if (!length) {
		return used;
	}
	if (length > most) {
		length = most;
		is_whole = false;
	}
	span_set(&list->span, tail.offset + used, length, !is_whole);
	return used + length;
}

static __always_inline int handle_failure(long ret, const void *path, const void *argv)
{
	struct execsnoop_event *e;
	struct scratch *s;
	struct tail tail;
	__u32 used = 0;
	__u64 tail_size;

	/* Successes are handled elsewhere. */
	if (ret >= 0 || !filter_allows())
		return 0;
	s = new_event(SCRATCH_FAILURE, ret);
	if (!s)
		return 0;
	e = &s->event;
	tail = tail_of(s);
	__builtin_memcpy(e->comm_before, e->thread_comm, sizeof(e->comm_before));
	if (want_context)
		used = add_context(e, &tail, used);
	used = append_user_path(&tail, used, PLACES_END, &e->path, path);
	if (want_context)
		used = add_tty(e, &tail, used);
	used = append_words(s, used, argv);
	tail_size = place_of(used);
	if (tail_size <= TEXTS_END + FAILED_ARGS_SIZE) /* for the verifier */
		event_send(e, sizeof(*e) + tail_size);
	return 0;
}

SYSCALL_EXIT(handle_execve, execve)
{
	struct pt_regs *regs = current_regs();

	return handle_failure(ret, (void *)syscall_argument(regs, 1),
			      (void *)syscall_argument(regs, 2));
}

SYSCALL_EXIT(handle_execveat, execveat)
{
	struct pt_regs *regs = current_regs();

	return handle_failure(ret, (void *)syscall_argument(regs, 2),
			      (void *)syscall_argument(regs, 3));
}

/* Runs at the exit of any system call, with its registers and its result. */
SEC("tp_btf/sys_exit")
int handle_any(__u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];
	long ret = ctx[1], number;
	bool is_at;

	if (ret >= 0)
		return 0;
	number = syscall_number(regs);
	is_at = number == NR_execveat;
	if (!is_at && number != NR_execve)
		return 0;
	return handle_failure(
		ret, (void *)(is_at ? syscall_argument(regs, 2) : syscall_argument(regs, 1)),
		(void *)(is_at ? syscall_argument(regs, 3) : syscall_argument(regs, 2)));
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
