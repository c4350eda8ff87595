/** Types of programs, with their hooks, and types of maps: what tests prove of them, by their titles. */
import { MAP_TYPE, type MapType } from '../../src/bpf/map-type.js';
import type { ProgramType } from '../../src/bpf/program-type.js';

/**
 * The hooks of each type; none if it has only one. Names of enum bpf_attach_type where it has them, with more behind a
 * space; own ones for what it does not distinguish.
 */
export const HOOKS = {
  socket_filter: [],
  kprobe: [
    ...(['kprobe', 'kretprobe', 'trace_kprobe_multi', 'trace_kprobe_session'] as const),
    ...(['uprobe', 'uretprobe', 'usdt', 'trace_uprobe_multi', 'trace_uprobe_session'] as const),
  ],
  sched_cls: ['clsact', 'tcx_ingress', 'tcx_egress', 'netkit_primary', 'netkit_peer'],
  sched_act: [],
  tracepoint: [],
  xdp: ['generic', 'native', 'xdp_devmap', 'xdp_cpumap'],
  perf_event: [],
  cgroup_skb: ['cgroup_inet_ingress', 'cgroup_inet_egress'],
  cgroup_sock: [
    ...(['cgroup_inet_sock_create', 'cgroup_inet_sock_release'] as const),
    ...(['cgroup_inet4_post_bind', 'cgroup_inet6_post_bind'] as const),
  ],
  lwt_in: [],
  lwt_out: [],
  lwt_xmit: [],
  sock_ops: ['cgroup_sock_ops'],
  sk_skb: ['sk_skb_stream_parser', 'sk_skb_stream_verdict', 'sk_skb_verdict'],
  cgroup_device: [],
  sk_msg: ['sk_msg_verdict'],
  raw_tracepoint: [],
  cgroup_sock_addr: [
    ...(['cgroup_inet4_bind', 'cgroup_inet6_bind', 'cgroup_inet4_connect', 'cgroup_inet6_connect'] as const),
    ...(['cgroup_udp4_sendmsg', 'cgroup_udp6_sendmsg', 'cgroup_udp4_recvmsg', 'cgroup_udp6_recvmsg'] as const),
    ...(['cgroup_inet4_getpeername', 'cgroup_inet6_getpeername'] as const),
    ...(['cgroup_inet4_getsockname', 'cgroup_inet6_getsockname'] as const),
    ...(['cgroup_unix_connect', 'cgroup_unix_sendmsg', 'cgroup_unix_recvmsg'] as const),
    ...(['cgroup_unix_getpeername', 'cgroup_unix_getsockname'] as const),
  ],
  lwt_seg6local: [],
  lirc_mode2: [],
  sk_reuseport: ['sk_reuseport_select', 'sk_reuseport_select_or_migrate'],
  flow_dissector: [],
  cgroup_sysctl: [],
  raw_tracepoint_writable: [],
  cgroup_sockopt: ['cgroup_getsockopt', 'cgroup_setsockopt'],
  tracing: [
    ...(['trace_raw_tp', 'trace_fentry', 'trace_fexit', 'modify_return'] as const),
    ...(['trace_iter task', 'trace_iter bpf_map_elem', 'trace_iter cgroup'] as const),
  ],
  struct_ops: ['tcp_congestion_ops'],
  ext: [],
  lsm: ['lsm_mac', 'lsm_cgroup'],
  sk_lookup: [],
  syscall: [],
  netfilter: [],
} as const satisfies Readonly<Record<Exclude<ProgramType, 'unspec'>, readonly string[]>>;

type Hooks = typeof HOOKS;
type ProgramSubject = {
  [Type in keyof Hooks]: Hooks[Type] extends readonly [] ? Type : `${Type} ${Hooks[Type][number]}`;
}[keyof Hooks];

/** A type of programs with one of its hooks, or a type of maps. */
export type Subject = ProgramSubject | `map ${MapType}`;

export const SUBJECTS: readonly Subject[] = [
  ...Object.entries(HOOKS).flatMap(([type, hooks]) =>
    hooks.length === 0 ? [type as Subject] : hooks.map((hook) => `${type} ${hook}` as Subject),
  ),
  ...(Object.keys(MAP_TYPE) as MapType[]).map((type): Subject => `map ${type}`),
];

/** Why no test proves them. */
export const NOT_TESTED: Partial<Record<Subject, string>> = {
  'kprobe trace_kprobe_session': 'attachKprobes() makes no sessions',
  'kprobe trace_uprobe_session': 'attachUprobes() makes no sessions',
  'sched_cls netkit_primary': 'the library does not attach to netkit devices',
  'sched_cls netkit_peer': 'the library does not attach to netkit devices',
  lirc_mode2: 'needs an infrared device',
};

/** Effects that were seen, by what had them: `dropped`, `counted`. */
export type Proofs = Partial<Record<Subject, string>>;

/** The title of a test with what it proves: results of tests are known by their titles, so these carry the proofs, too. */
export function titleWith(title: string, proofs: Proofs): string {
  return `${title} [${Object.entries(proofs)
    .map(([subject, effect]) => `${subject}: ${effect}`)
    .join('; ')}]`;
}

/** Declares a test which proves, on each kernel where it passes, that these types load, attach and have an effect. */
export const proves = (proofs: Proofs) => ({
  it: (title: string, run: (this: Mocha.Context) => void | Promise<void>) => it(titleWith(title, proofs), run),
});

/** What a test of this title proves. */
export function proofsIn(title: string): Proofs {
  const [, text = ''] = /\[([^[\]]+: [^[\]]+)\]$/.exec(title) ?? [];
  const pairs = text.split('; ').map((pair) => pair.split(': '));
  return Object.fromEntries(pairs.filter(([subject]) => (SUBJECTS as readonly unknown[]).includes(subject)));
}
