/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of network devices, by their index in a network namespace. */
#ifndef SNOOPKIT_DEVICE_H
#define SNOOPKIT_DEVICE_H

#include "types.h"

typedef char device_name[16]; /* IFNAMSIZ */

#define DEVICE_LISTS 256 /* NETDEV_HASHENTRIES of net/core/dev.h */
/* Entries searched in one list: enough to find all of 4,096 devices. */
#define DEVICES_MAX 16

/* Reads the name into a zeroed buffer, which stays zeroed if there is no such device. */
static __always_inline void device_read(char *name, struct net *net, int index)
{
	struct hlist_head *lists = BPF_CORE_READ(net, dev_index_head);
	struct hlist_node *node = NULL;

	bpf_probe_read_kernel(&node, sizeof(node), &lists[(__u32)index % DEVICE_LISTS].first);
	for (int i = 0; i < DEVICES_MAX && node; i++) {
		struct net_device *device =
			(void *)node - bpf_core_field_offset(struct net_device, index_hlist);

		if (BPF_CORE_READ(device, ifindex) == index) {
			bpf_probe_read_kernel_str(name, sizeof(device_name),
						  __builtin_preserve_access_index(&device->name));
			return;
		}
		node = BPF_CORE_READ(node, next);
	}
}

#endif
