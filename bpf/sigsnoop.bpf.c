// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Traces signals as the kernel generates them, and, at their exit, calls that are refused before a
 * signal is generated.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "errno.h"
#include "event.h"
#include "filter.h"
#include "syscall.h"
#include "tally.h"

#define SIGALRM 14
#define SIGCONT 18
#define PF_EXITING 0x4 /* include/linux/sched.h */
#define SI_USER 0      /* include/uapi/asm-generic/siginfo.h */
#define SI_KERNEL 0x80
#define SI_TIMER -2
#define SEND_SIG_PRIV ((void *)1) /* include/linux/sched/signal.h */
#define SIGNAL_CLD_MASK 0x30	  /* include/linux/sched/signal.h */

/* Shown by these names. Origins after `timer` are system calls. */
enum sigsnoop_origin {
	kernel,
	timer,
	kill,
	tkill,
	tgkill,
	rt_sigqueueinfo,
	rt_tgsigqueueinfo,
	pidfd_send_signal,
};

NO_PADDING_BEGIN
struct sigsnoop_event {
	struct event;
	snoop_signal signal;
	enum sigsnoop_origin origin;
	snoop_signal_code code;
	__s32 target_pid;
	__s32 target_tid;
	snoop_comm target_comm;	       /* of the process */
	snoop_comm target_thread_comm; /* of the thread, if the signal is for it alone */
	snoop_signal_result result;
	snoop_ret ret;
	bool to_thread;
	__u8 _padding[7]; /* before 6.3 the verifier requires every byte sent to be initialized */
};
NO_PADDING_END

SMALL_EVENT(sigsnoop_event);

/* --count: sender and target by name, as a process may live for one signal only. */
NO_PADDING_BEGIN
struct sigsnoop_count_key {
	snoop_cgroup cgroup;
	snoop_comm comm;
	snoop_comm target_comm;
	snoop_signal signal;
	enum sigsnoop_origin origin;
	snoop_signal_result result;
	__u32 _padding;
};

struct sigsnoop_count_value {
	snoop_count count;
};
NO_PADDING_END

TALLY(sigsnoop_count, 10240);

#define LIST_MAX 16 /* as in src/trace/tool-flag.ts; a 0 or an empty name ends each list */

const volatile __u32 sender_pids[LIST_MAX];
const volatile __u32 target_pids[LIST_MAX];
const volatile char sender_comms[LIST_MAX][16];
const volatile char target_comms[LIST_MAX][16];
const volatile __u64 only_signals; /* bit N - 1 for signal N */

const volatile bool want_counts;
const volatile bool only_calls;
const volatile bool want_probes;

/* Reads the arguments of one of the system calls. Returns false for any other. */
static __always_inline bool read_call(struct pt_regs *regs, long number, struct sigsnoop_event *e)
{
	switch (number) {
	case NR_kill:
		e->origin = kill;
		e->target_pid = syscall_argument(regs, 1);
		e->signal = syscall_argument(regs, 2);
		return true;
	case NR_tkill:
		e->origin = tkill;
		e->target_tid = syscall_argument(regs, 1);
		e->signal = syscall_argument(regs, 2);
		e->to_thread = true;
		return true;
	case NR_tgkill:
	case NR_rt_tgsigqueueinfo:
		e->origin = number == NR_tgkill ? tgkill : rt_tgsigqueueinfo;
		e->target_pid = syscall_argument(regs, 1);
		e->target_tid = syscall_argument(regs, 2);
		e->signal = syscall_argument(regs, 3);
		e->to_thread = true;
		return true;
	case NR_rt_sigqueueinfo:
		e->origin = rt_sigqueueinfo;
		e->target_pid = syscall_argument(regs, 1);
		e->signal = syscall_argument(regs, 2);
		return true;
	case NR_pidfd_send_signal:
		e->origin = pidfd_send_signal;
		e->signal = syscall_argument(regs, 2);
		return true;
	}
	return false;
}

/* The system call of the current task, if it can have sent this signal. */
static __always_inline enum sigsnoop_origin call_of(int signal, int code)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct pt_regs *regs = current_regs();
	struct sigsnoop_event call = {};

	/*
	 * The kernel's own codes are positive. An ending task still has the registers of its last
	 * call, and sends the signals that its children requested (PR_SET_PDEATHSIG).
	 */
	if (code <= 0 && !(BPF_CORE_READ(task, flags) & PF_EXITING) &&
	    read_call(regs, syscall_number(regs), &call) && call.signal == signal)
		return call.origin;
	return kernel;
}

static __always_inline int code_of(const struct kernel_siginfo *info)
{
	if (!info) /* SEND_SIG_NOINFO */
		return SI_USER;
	if (info == SEND_SIG_PRIV)
		return SI_KERNEL;
	/*
	 * If the verifier takes a typed pointer for one that is never NULL, it removes the first
	 * check: then this read fails and leaves 0, which is SI_USER.
	 */
	return BPF_CORE_READ(info, si_code);
}

static __always_inline bool pid_fits(__u32 pid, const volatile __u32 *list)
{
	if (!list[0])
		return true;
	for (int i = 0; i < LIST_MAX && list[i]; i++)
		if (pid == list[i])
			return true;
	return false;
}

static __always_inline bool contains_any(const char *comm, const volatile char (*list)[16])
{
	for (int i = 0; i < LIST_MAX && list[i][0]; i++)
		for (int from = 0; from < 16; from++)
			if (comm_starts(comm + from, list[i]))
				return true;
	return false;
}

/* Matches the name of the process or of the thread. Without a task no name matches. */
static __always_inline bool comm_fits(struct task_struct *task, const volatile char (*list)[16])
{
	struct names names = {};

	if (!list[0][0])
		return true;
	if (!task)
		return false;
	read_names(&names, task);
	return contains_any(names.process, list) || contains_any(names.thread, list);
}

static __always_inline bool signal_fits(int signal)
{
	return !only_signals || (signal >= 1 && signal <= 64 && only_signals >> (signal - 1) & 1);
}

/* The filters of the sender and of the target. A timer has no sender. */
static __always_inline bool ends_fit(const struct sigsnoop_event *e, struct task_struct *target)
{
	struct task_struct *sender = e->origin == timer ? NULL : (void *)bpf_get_current_task();
	__u32 pid = sender ? bpf_get_current_pid_tgid() >> 32 : 0;

	return pid_fits(pid, sender_pids) && comm_fits(sender, sender_comms) &&
	       pid_fits(e->target_pid, target_pids) && comm_fits(target, target_comms);
}

/*
 * The shared filters apply to the sender, or all of them to the target. A failed call has no task
 * for the target.
 */
static __always_inline bool wanted(const struct sigsnoop_event *e, struct task_struct *target)
{
	if ((filter_failed && e->ret >= 0) || !signal_fits(e->signal) || !ends_fit(e, target))
		return false;
	/* Signals from snoopkit itself to traced processes. */
	if (e->origin != timer && bpf_get_current_pid_tgid() >> 32 == filter_self)
		return false;
	if (e->origin == timer ? filter_allows_all() : filter_allows())
		return true;
	if (!filter_narrows())
		return false;
	return target ? filter_allows_task(target)
		      : e->target_pid > 0 && filter_names(e->target_pid);
}

static __always_inline void count(const struct sigsnoop_event *e)
{
	struct sigsnoop_count_key key = {
		.signal = e->signal,
		.origin = e->origin,
		.result = e->result,
	};
	struct sigsnoop_count_value *value;

	__builtin_memcpy(key.target_comm, e->target_comm, sizeof(key.target_comm));
	if (e->origin != timer) {
		key.cgroup = tally_cgroup(bpf_get_current_cgroup_id());
		current_process_comm(key.comm);
	}
	value = tally_row(&key);
	if (value)
		__sync_fetch_and_add(&value->count, 1);
}

static __always_inline void send(struct sigsnoop_event *e)
{
	if (want_counts) {
		count(e);
		return;
	}
	if (e->origin == timer) { /* no sender */
		e->time = bpf_ktime_get_boot_ns();
		e->euid = UID_SAME;
	} else {
		event_fill((struct event *)e);
	}
	event_send(e, sizeof(*e));
}

/*
 * Whether a SIGCONT has ended a stop, which it does even if ignored: its sender, who still holds
 * the lock, has noted it for the target's parent.
 */
static __always_inline bool has_continued(int signal, struct task_struct *target)
{
	return signal == SIGCONT && BPF_CORE_READ(target, signal, flags) & SIGNAL_CLD_MASK;
}

/*
 * Arguments of the tracepoint: signal, siginfo, target, whether it is for the process, result. The
 * fields of the stable tracepoint include the target's thread but not its process.
 */
static __always_inline int handle_generate(__u64 *ctx)
{
	int signal = ctx[0], code = code_of((void *)ctx[1]);
	struct task_struct *target = (void *)ctx[2];
	struct sigsnoop_event e = {
		.signal = signal,
		.code = {.code = code, .signal = signal},
		.target_pid = BPF_CORE_READ(target, tgid),
		.result = ctx[4],
		.to_thread = !(int)ctx[3],
	};

	if (e.result == SIGNAL_OVERFLOW_FAIL)
		e.ret = -EAGAIN;
	if (e.result == SIGNAL_IGNORED && has_continued(signal, target))
		e.result = SIGNAL_CONTINUED;
	/*
	 * The clock interrupts an arbitrary task. Only setitimer(2) and alarm(2) cause a SIGALRM of
	 * this kind.
	 */
	if (code == SI_TIMER || (code == SI_KERNEL && signal == SIGALRM))
		e.origin = timer;
	if (!wanted(&e, target))
		return 0;
	if (e.origin != timer)
		e.origin = call_of(signal, code);
	if (only_calls && e.origin <= timer)
		return 0;
	e.target_tid = BPF_CORE_READ(target, pid);
	BPF_CORE_READ_STR_INTO(&e.target_comm, target, group_leader, comm);
	if (e.to_thread)
		BPF_CORE_READ_STR_INTO(&e.target_thread_comm, target, comm);
	send(&e);
	return 0;
}

SEC("raw_tp/signal_generate")
int handle_signal(__u64 *ctx)
{
	return handle_generate(ctx);
}

SEC("tp_btf/signal_generate")
int handle_signal_typed(__u64 *ctx)
{
	return handle_generate(ctx);
}

/*
 * The exit of one of the calls. A signal that it sent was reported before, even if to no effect:
 * EAGAIN.
 */
static __always_inline int handle_exit(struct pt_regs *regs, long ret, long number)
{
	struct sigsnoop_event e = {.ret = ret};

	if (ret == -EAGAIN || (ret >= 0 && !want_probes) || !read_call(regs, number, &e))
		return 0;
	if (e.signal ? ret >= 0 : !want_probes)
		return 0;
	e.result = ret < 0 ? ret : SIGNAL_PROBED;
	if (wanted(&e, NULL))
		send(&e);
	return 0;
}

SYSCALL_EXIT(handle_kill, kill)
{
	return handle_exit(current_regs(), ret, NR_kill);
}

SYSCALL_EXIT(handle_tkill, tkill)
{
	return handle_exit(current_regs(), ret, NR_tkill);
}

SYSCALL_EXIT(handle_tgkill, tgkill)
{
	return handle_exit(current_regs(), ret, NR_tgkill);
}

SYSCALL_EXIT(handle_queue, rt_sigqueueinfo)
{
	return handle_exit(current_regs(), ret, NR_rt_sigqueueinfo);
}

SYSCALL_EXIT(handle_tgqueue, rt_tgsigqueueinfo)
{
	return handle_exit(current_regs(), ret, NR_rt_tgsigqueueinfo);
}

SYSCALL_EXIT(handle_pidfd, pidfd_send_signal)
{
	return handle_exit(current_regs(), ret, NR_pidfd_send_signal);
}

/* Runs at the exit of any system call, with its registers and its result. */
SEC("tp_btf/sys_exit")
int handle_any(__u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];

	return handle_exit(regs, ctx[1], syscall_number(regs));
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
