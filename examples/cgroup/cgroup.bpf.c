// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Denies connections to one port to the processes of a cgroup. */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

const volatile __u16 port;
__u64 denied;

/* Runs at each connect(2) of an IPv4 socket. It could change the destination, too. */
SEC("cgroup/connect4")
int deny_port(struct bpf_sock_addr *ctx)
{
	if (ctx->user_port != bpf_htons(port))
		return 1;
	__sync_fetch_and_add(&denied, 1);
	return 0; /* connect(2) fails with EPERM. */
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
