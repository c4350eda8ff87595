/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Properties of a socket besides its endpoints: its protocol, and the options that affect port
 * assignment.
 */
#ifndef SNOOPKIT_SOCKET_OPTIONS_H
#define SNOOPKIT_SOCKET_OPTIONS_H

#include "compat.h"
#include "socket.h"

#define SOCK_RAW 3 /* include/linux/net.h */

/* IPPROTO_TCP and so on. */
enum ip_protocol {
	icmp = 1,
	tcp = 6,
	udp = 17,
	icmpv6 = 58,
	sctp = 132,
	udplite = 136,
	raw = 255, /* of any protocol */
	mptcp = 262,
};

/* Named as in setsockopt(2), without the prefixes. */
enum socket_option_flags {
	REUSEADDR = 1,
	REUSEPORT = 2,
	FREEBIND = 4,
	TRANSPARENT = 8,
	BIND_ADDRESS_NO_PORT = 16,
	V6ONLY = 32,
};

static __always_inline enum ip_protocol protocol_of(struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_type) == SOCK_RAW ? raw : BPF_CORE_READ(sk, sk_protocol);
}

static __always_inline enum socket_option_flags options_of(struct sock *sk)
{
	const struct sock_common *common = &sk->__sk_common;
	__u32 inet = inet_options(sk), options = 0;

	if (BPF_CORE_READ_BITFIELD_PROBED(common, skc_reuse))
		options |= REUSEADDR;
	if (BPF_CORE_READ_BITFIELD_PROBED(common, skc_reuseport))
		options |= REUSEPORT;
	if (inet & INET_FREEBIND)
		options |= FREEBIND;
	if (inet & INET_TRANSPARENT)
		options |= TRANSPARENT;
	if (inet & INET_BIND_ADDRESS_NO_PORT)
		options |= BIND_ADDRESS_NO_PORT;
	if (BPF_CORE_READ_BITFIELD_PROBED(common, skc_ipv6only))
		options |= V6ONLY;
	return options;
}

#endif
