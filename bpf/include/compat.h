/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Differences between kernels, each with its version. Everything else is the same on all of them,
 * or libbpf relocates it (CO-RE).
 */
#ifndef SNOOPKIT_COMPAT_H
#define SNOOPKIT_COMPAT_H

/*
 * Helpers newer than 5.10. Their numbers are given here because vmlinux.h may come from a kernel
 * that lacks them. The verifier never sees a call behind a HAS_HELPER() that is false.
 */
enum bpf_func_id___compat {
	BPF_FUNC_get_current_task_btf___compat = 158, /* 5.11 */
	BPF_FUNC_task_pt_regs___compat = 175,	      /* 5.15 */
};

#define HAS_HELPER(name)                                                                           \
	bpf_core_enum_value_exists(enum bpf_func_id___compat, BPF_FUNC_##name##___compat)

/* Before 5.15 a task's registers are read from the very end of its kernel stack. */
#define KERNEL_STACK_SIZE (16 * 1024) /* THREAD_SIZE of x86-64, and of arm64 with 4 KiB pages */

/* The user registers of the current task: task_pt_regs(). */
static __always_inline struct pt_regs *current_regs(void)
{
	struct task_struct *task;

	if (HAS_HELPER(task_pt_regs))
		return (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

	task = (void *)bpf_get_current_task();
	return BPF_CORE_READ(task, stack) + KERNEL_STACK_SIZE - bpf_core_type_size(struct pt_regs);
}

/* The pointer that the helper returns has a type known to the verifier: a plain load reads it. */
#define READ_REGISTER(regs, name)                                                                  \
	(HAS_HELPER(task_pt_regs) ? (regs)->name : BPF_CORE_READ(regs, name))

/*
 * Result of a function that some kernels declare as int and others as long, such as
 * do_sys_openat2(), an int since 7.0: the upper half of an int is not set.
 */
static __always_inline long int_result(__u64 ret)
{
	return (int)ret;
}

/* kernfs_node::parent is called __parent since 6.15. */
struct kernfs_node___before_6_15 {
	struct kernfs_node *parent;
} __attribute__((preserve_access_index));

struct kernfs_node___since_6_15 {
	struct kernfs_node *__parent;
} __attribute__((preserve_access_index));

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *node)
{
	struct kernfs_node___before_6_15 *old = (void *)node;

	if (bpf_core_field_exists(old->parent))
		return BPF_CORE_READ(old, parent);
	return BPF_CORE_READ((struct kernfs_node___since_6_15 *)node, __parent);
}

/* Some options of a socket are bits of inet_sock::inet_flags since 6.6: INET_FLAGS_FREEBIND, ... */
#define INET_FREEBIND (1 << 11)
#define INET_TRANSPARENT (1 << 15)
#define INET_BIND_ADDRESS_NO_PORT (1 << 18)

struct inet_sock___before_6_6 {
	__u8 freebind : 1;
	__u8 transparent : 1;
	__u8 bind_address_no_port : 1;
} __attribute__((preserve_access_index));

struct inet_sock___since_6_6 {
	unsigned long inet_flags;
} __attribute__((preserve_access_index));

/* The options set among these three, as INET_FREEBIND and so on. */
static __always_inline __u32 inet_options(struct sock *sk)
{
	struct inet_sock___before_6_6 *old = (void *)sk;
	__u32 options = 0;

	if (!bpf_core_field_exists(old->freebind))
		return BPF_CORE_READ((struct inet_sock___since_6_6 *)sk, inet_flags);
	if (BPF_CORE_READ_BITFIELD_PROBED(old, freebind))
		options |= INET_FREEBIND;
	if (BPF_CORE_READ_BITFIELD_PROBED(old, transparent))
		options |= INET_TRANSPARENT;
	if (BPF_CORE_READ_BITFIELD_PROBED(old, bind_address_no_port))
		options |= INET_BIND_ADDRESS_NO_PORT;
	return options;
}

/* The length of a text with its NUL. For an empty text 5.10 returns 0, all later kernels 1. */
static __always_inline long read_user_text(void *to, __u32 size, const void *from)
{
	long length = bpf_probe_read_user_str(to, size, from);

	return length == 0 ? 1 : length;
}

#endif
