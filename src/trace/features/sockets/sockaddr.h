/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Socket addresses that programs pass to the kernel and get from it. */
#include "socket.h" /* first: dns.h, included at its end, needs this header */

#ifndef SNOOPKIT_SOCKADDR_H
#define SNOOPKIT_SOCKADDR_H

#define AF_UNSPEC 0
#define SOCKADDR_IP6_LEAST 24 /* SIN6_LEN_RFC2133: without its last member */

/*
 * Reads an address of this length, in user or kernel memory, that a socket of this family was
 * given. Returns whether such a socket can have it.
 */
static __always_inline bool endpoint_read(snoop_endpoint *end, enum socket_family family,
					  const void *address, int length, const bool is_user)
{
	union {
		__u16 family;
		struct sockaddr_in ip4;
		struct sockaddr_in6 ip6;
	} read = {};

	if (!address || length < (int)sizeof(read.ip4))
		return false;
	if (is_user ? bpf_probe_read_user(&read, sizeof(read.ip4), address)
		    : bpf_probe_read_kernel(&read, sizeof(read.ip4), address))
		return false;
	if (read.family == ipv4 || (read.family == AF_UNSPEC && family == ipv4)) {
		__builtin_memset(end->addr, 0, sizeof(end->addr));
		map_ip4(end, read.ip4.sin_addr.s_addr);
		end->port = bpf_ntohs(read.ip4.sin_port);
		return true;
	}
	if (read.family != ipv6 || length < SOCKADDR_IP6_LEAST)
		return false;
	if (is_user ? bpf_probe_read_user(&read, SOCKADDR_IP6_LEAST, address)
		    : bpf_probe_read_kernel(&read, SOCKADDR_IP6_LEAST, address))
		return false;
	__builtin_memcpy(end->addr, &read.ip6.sin6_addr, sizeof(end->addr));
	end->port = bpf_ntohs(read.ip6.sin6_port);
	return true;
}

/* Reads the address of a message in user memory, if it has one. */
static __always_inline void message_endpoint_read(snoop_endpoint *end, enum socket_family family,
						  const struct user_msghdr *message)
{
	struct user_msghdr read = {};

	bpf_probe_read_user(&read, sizeof(read), message);
	endpoint_read(end, family, read.msg_name, read.msg_namelen, true);
}

#endif
