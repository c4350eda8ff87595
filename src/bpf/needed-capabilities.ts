/** The capabilities that kernel/bpf/syscall.c wants of a process (kernel 5.8). CAP_SYS_ADMIN stands in for the first two. */
import type { Capability } from '../kernel/capabilities.js';
import type { MapType } from './map-type.js';
import type { ProgramType } from './program-type.js';

/** is_perfmon_prog_type() */
const PERFMON: ReadonlySet<string> = new Set<ProgramType>([
  ...(['kprobe', 'tracepoint', 'perf_event', 'raw_tracepoint', 'raw_tracepoint_writable', 'tracing', 'lsm'] as const),
  ...(['struct_ops', 'ext'] as const),
]);

/** is_net_admin_prog_type() */
const NET_ADMIN: ReadonlySet<string> = new Set<ProgramType>([
  ...(['sched_cls', 'sched_act', 'xdp', 'lwt_in', 'lwt_out', 'lwt_xmit', 'lwt_seg6local', 'sk_skb', 'sk_msg'] as const),
  ...(['flow_dissector', 'cgroup_device', 'cgroup_sock', 'cgroup_sock_addr', 'cgroup_sockopt', 'sock_ops'] as const),
  ...(['cgroup_sysctl', 'ext', 'netfilter'] as const),
]);

/** map_create() */
const NET_ADMIN_MAPS: ReadonlySet<string> = new Set<MapType>([
  ...(['devmap', 'devmap_hash', 'xskmap', 'sockmap', 'sockhash'] as const),
]);

/** To load programs and create maps of these types. */
export function neededCapabilities(
  programs: Iterable<ProgramType>,
  maps: Iterable<MapType | 'unknown'> = [],
): readonly Capability[] {
  const needed = new Set<Capability>(['CAP_BPF']);
  for (const type of programs) {
    if (PERFMON.has(type)) needed.add('CAP_PERFMON');
    if (NET_ADMIN.has(type)) needed.add('CAP_NET_ADMIN');
  }
  for (const type of maps) if (NET_ADMIN_MAPS.has(type)) needed.add('CAP_NET_ADMIN');
  return [...needed];
}

/** Those that are loaded without CAP_NET_ADMIN and attach with it. */
const NET_ADMIN_ATTACH: ReadonlySet<string> = new Set<ProgramType>(['cgroup_skb', 'sk_lookup']);

/** To attach a program of this type. */
export function attachCapabilities(type: ProgramType): readonly Capability[] {
  const needed = neededCapabilities([type]);
  return NET_ADMIN_ATTACH.has(type) ? [...needed, 'CAP_NET_ADMIN'] : needed;
}
