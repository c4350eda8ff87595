/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Error numbers, the same on x86-64 and arm64. BTF has no macros, so vmlinux.h lacks them. */
#ifndef SNOOPKIT_ERRNO_H
#define SNOOPKIT_ERRNO_H

#define EINTR 4
#define EAGAIN 11
#define EEXIST 17
#define EPIPE 32
#define EADDRNOTAVAIL 99
#define ENETUNREACH 101
#define ECONNABORTED 103
#define ECONNRESET 104
#define ENOBUFS 105
#define EISCONN 106
#define ETIMEDOUT 110
#define ECONNREFUSED 111
#define EHOSTUNREACH 113
#define EALREADY 114
#define EINPROGRESS 115
#define ERESTARTSYS                                                                                \
	512 /* include/linux/errno.h: interrupted by a signal, the call may be restarted */

#endif
