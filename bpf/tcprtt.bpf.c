// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * TCP round-trip time distribution: the smoothed RTT at each acknowledgement of data from the peer,
 * which is when the kernel measures it.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "histogram.h"
#include "owner.h"
#include "tally.h"

#define NS_OF_SRTT 125 /* tcp_sock::srtt_us is in eighths of a microsecond */

/* Members that the rows are not grouped by are 0. */
NO_PADDING_BEGIN
struct tcprtt_row_key {
	snoop_cgroup cgroup;
	__u32 pid;
	snoop_comm comm;
	snoop_ip6 local_addr;
	snoop_ip6 remote_addr;
	snoop_port local_port;
	snoop_port remote_port;
	snoop_mptcp mptcp;
	__u32 _padding;
};

struct tcprtt_row_value {
	snoop_histogram_ns srtt;
};
NO_PADDING_END

TALLY(tcprtt_row, 4096);

const volatile bool by_process;
const volatile bool by_local_addr;
const volatile bool by_local_port;
const volatile bool by_remote_addr;
const volatile bool by_remote_port;
const volatile bool by_mptcp;

/* Whether a received segment acknowledges data for the first time. */
static __always_inline bool acknowledges(struct tcp_sock *tcp, struct sk_buff *skb)
{
	struct tcphdr *header = (void *)BPF_CORE_READ(skb, data);
	__u32 acknowledged = bpf_ntohl(BPF_CORE_READ(header, ack_seq));

	return (__s32)(acknowledged - BPF_CORE_READ(tcp, snd_una)) > 0;
}

/* Whether the filters allow a socket. Its endpoints are read only if used. */
static __always_inline bool wanted(struct sock *sk, struct tcprtt_row_key *key)
{
	struct socket_event ends = {};

	if (!ends_filtered() && !by_local_addr && !by_local_port && !by_remote_addr &&
	    !by_remote_port)
		return true;
	ends_read(&ends, sk);
	if (by_local_addr)
		__builtin_memcpy(key->local_addr, ends.local.addr, sizeof(key->local_addr));
	if (by_local_port)
		key->local_port = ends.local.port;
	if (by_remote_addr)
		__builtin_memcpy(key->remote_addr, ends.remote.addr, sizeof(key->remote_addr));
	if (by_remote_port)
		key->remote_port = ends.remote.port;
	return ends_wanted(&ends);
}

/* Whether the filters allow the process that owns the socket. */
static __always_inline bool owner_wanted(struct sock *sk, struct tcprtt_row_key *key)
{
	const struct owner *owner;

	if (filter_allows_unowned() && !by_process && !tally_by_cgroup)
		return true;
	owner = owner_of(sk, tcp_socket_find(sk));
	if (!owner || !owner->pid)
		return filter_allows_unowned();
	key->cgroup = tally_cgroup(owner->cgroup);
	if (by_process) {
		key->pid = owner->pid;
		__builtin_memcpy(key->comm, owner->comm, sizeof(key->comm));
	}
	return owner->is_wanted;
}

static __always_inline int handle_segment(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tcp = (void *)sk;
	__u64 srtt = BPF_CORE_READ(tcp, srtt_us);
	struct tcprtt_row_key key = {};
	struct tcprtt_row_value *value;

	if (!srtt || !acknowledges(tcp, skb) || !wanted(sk, &key) || !owner_wanted(sk, &key))
		return 0;
	if (by_mptcp)
		key.mptcp = mptcp_part_of(sk);
	value = tally_row(&key);
	if (value)
		histogram_add(&value->srtt, srtt * NS_OF_SRTT);
	return 0;
}

SEC("raw_tp/tcp_probe")
int handle_probe(struct bpf_raw_tracepoint_args *ctx)
{
	return handle_segment((void *)ctx->args[0], (void *)ctx->args[1]);
}

OWNER_STATES(handle_state);

char LICENSE[] SEC("license") = "Dual BSD/GPL";
