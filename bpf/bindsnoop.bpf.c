// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Traces bind(2) of IPv4 and IPv6 sockets. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "device.h"
#include "sockaddr.h"
#include "socket-options.h"
#include "syscall.h"

NO_PADDING_BEGIN
struct bindsnoop_event {
	struct socket_event;
	snoop_endpoint asked;
	enum ip_protocol proto;
	enum socket_option_flags options;
	snoop_ret ret;
	__s32 ifindex;
	device_name interface;
	__u8 _padding[4]; /* before 6.3 the verifier requires every byte sent to be initialized */
};
NO_PADDING_END

SMALL_EVENT(bindsnoop_event);

/* Handles the bind of a socket to an address in user or kernel memory. */
static __always_inline int handle_bind(struct sock *sk, const void *address, int length,
				       const bool is_user, int ret)
{
	struct bindsnoop_event e = {.ret = ret};
	struct socket_event *ends = (struct socket_event *)&e;

	if (!is_inet(sk) || (filter_failed && ret >= 0))
		return 0;
	ends_read(ends, sk);
	if (e.family == ipv4)
		map_ip4(&e.asked, 0);
	/*
	 * A socket that is not bound has no local endpoint yet: the event shows the requested one.
	 */
	if (endpoint_read(&e.asked, e.family, address, length, is_user) && ret < 0)
		e.local = e.asked;
	if (!socket_event_current(ends))
		return 0;
	e.proto = protocol_of(sk);
	e.options = options_of(sk);
	e.ifindex = BPF_CORE_READ(sk, __sk_common.skc_bound_dev_if);
	if (e.ifindex)
		device_read(e.interface, BPF_CORE_READ(sk, __sk_common.skc_net.net), e.ifindex);
	event_send(&e, sizeof(e));
	return 0;
}

static __always_inline int handle_exit(int ret)
{
	struct pt_regs *regs = current_regs();
	struct sock *sk = socket_of(current_file(syscall_argument(regs, 1)));

	if (!sk)
		return 0;
	return handle_bind(sk, (void *)syscall_argument(regs, 2), syscall_argument(regs, 3), true,
			   ret);
}

SYSCALL_EXIT(handle_call, bind)
{
	return handle_exit(ret);
}

/* Arguments of inet_bind() and inet6_bind(): socket, address, its length. */
static __always_inline int handle_function(__u64 *ctx)
{
	struct socket *socket = (void *)ctx[0];

	return handle_bind(BPF_CORE_READ(socket, sk), (void *)ctx[1], ctx[2], false, ctx[3]);
}

SEC("fexit/inet_bind")
int handle_inet(__u64 *ctx)
{
	return handle_function(ctx);
}

SEC("fexit/inet6_bind")
int handle_inet6(__u64 *ctx)
{
	return handle_function(ctx);
}

/* The arguments of the function are gone when it returns; those of the system call are not. */
static __always_inline int handle_return(int ret)
{
	return syscall_number(current_regs()) == NR_bind ? handle_exit(ret) : 0;
}

SEC("kretprobe/inet_bind")
int handle_inet_return(struct pt_regs *ctx)
{
	return handle_return(PT_REGS_RC(ctx));
}

SEC("kretprobe/inet6_bind")
int handle_inet6_return(struct pt_regs *ctx)
{
	return handle_return(PT_REGS_RC(ctx));
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
