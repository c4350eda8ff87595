/**
 * Helper functions of BPF by their number, which never changes: enum bpf_func_id of include/uapi/linux/bpf.h. New ones
 * are appended, so a kernel that has one has all before it. Functions since Linux 6.3 are kfuncs, which have no numbers.
 */

/** The first helper that came with each release. */
const FIRST: readonly (readonly [id: number, release: string])[] = [
  [1, '3.19'],
  [4, '4.1'],
  [12, '4.2'],
  [17, '4.3'],
  [23, '4.4'],
  [26, '4.5'],
  [27, '4.6'],
  [31, '4.8'],
  [37, '4.9'],
  [42, '4.10'],
  [45, '4.11'],
  [46, '4.12'],
  [48, '4.13'],
  [51, '4.14'],
  [54, '4.15'],
  [58, '4.16'],
  [60, '4.17'],
  [65, '4.18'],
  [81, '4.19'],
  [84, '4.20'],
  [91, '5.0'],
  [93, '5.1'],
  [99, '5.2'],
  [109, '5.3'],
  [111, '5.5'],
  [119, '5.6'],
  [120, '5.7'],
  [125, '5.8'],
  [136, '5.9'],
  [142, '5.10'],
  [156, '5.11'],
  [163, '5.12'],
  [164, '5.13'],
  [166, '5.14'],
  [169, '5.15'],
  [176, '5.16'],
  [180, '5.17'],
  [186, '5.18'],
  [194, '5.19'],
  [204, '6.0'],
  [208, '6.1'],
  [210, '6.2'],
];

const FIRST_NAMED = 142;
/** Names of those that the oldest kernel which loads our objects (5.8) does not have. */
const NAMES = `
load_hdr_opt store_hdr_opt reserve_hdr_opt inode_storage_get inode_storage_delete d_path
copy_from_user snprintf_btf seq_printf_btf skb_cgroup_classid redirect_neigh per_cpu_ptr
this_cpu_ptr redirect_peer task_storage_get task_storage_delete get_current_task_btf bprm_opts_set
ktime_get_coarse_ns ima_inode_hash sock_from_file check_mtu for_each_map_elem snprintf sys_bpf
btf_find_by_name_kind sys_close timer_init timer_set_callback timer_start timer_cancel get_func_ip
get_attach_cookie task_pt_regs get_branch_snapshot trace_vprintk skc_to_unix_sock
kallsyms_lookup_name find_vma loop strncmp get_func_arg get_func_ret get_func_arg_cnt get_retval
set_retval xdp_get_buff_len xdp_load_bytes xdp_store_bytes copy_from_user_task skb_set_tstamp
ima_file_hash kptr_xchg map_lookup_percpu_elem skc_to_mptcp_sock dynptr_from_mem
ringbuf_reserve_dynptr ringbuf_submit_dynptr ringbuf_discard_dynptr dynptr_read dynptr_write
dynptr_data tcp_raw_gen_syncookie_ipv4 tcp_raw_gen_syncookie_ipv6 tcp_raw_check_syncookie_ipv4
tcp_raw_check_syncookie_ipv6 ktime_get_tai_ns user_ringbuf_drain cgrp_storage_get
cgrp_storage_delete
`
  .trim()
  .split(/\s+/);

/** The last number that is known here. */
const LAST_HELPER = FIRST_NAMED + NAMES.length - 1;

/** The release that a helper came with; undefined for a number that is none. */
export function helperSince(id: number): string | undefined {
  return id > LAST_HELPER ? undefined : FIRST.findLast(([first]) => first <= id)?.[1];
}

/** `bpf_loop`; undefined for an older helper than those named here, and for a number that is none. */
export function helperName(id: number): string | undefined {
  const name = NAMES[id - FIRST_NAMED];
  return name === undefined ? undefined : `bpf_${name}`;
}
