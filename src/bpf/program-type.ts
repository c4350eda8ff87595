/** Names of enum bpf_prog_type (include/uapi/linux/bpf.h) in its order, as libbpf and bpftool write them. */
export const PROGRAM_TYPES = [
  ...(['unspec', 'socket_filter', 'kprobe', 'sched_cls', 'sched_act', 'tracepoint', 'xdp', 'perf_event'] as const),
  ...(['cgroup_skb', 'cgroup_sock', 'lwt_in', 'lwt_out', 'lwt_xmit', 'sock_ops', 'sk_skb', 'cgroup_device'] as const),
  ...(['sk_msg', 'raw_tracepoint', 'cgroup_sock_addr', 'lwt_seg6local', 'lirc_mode2', 'sk_reuseport'] as const),
  ...(['flow_dissector', 'cgroup_sysctl', 'raw_tracepoint_writable', 'cgroup_sockopt', 'tracing'] as const),
  ...(['struct_ops', 'ext', 'lsm', 'sk_lookup', 'syscall', 'netfilter'] as const),
] as const;

/** The type of a program, which decides where it attaches and what it may do. `ext` is a freplace program. */
export type ProgramType = (typeof PROGRAM_TYPES)[number];

/** Names of enum bpf_attach_type in its order, in lower case without `BPF_`, as libbpf writes them. */
export const ATTACH_TYPES = [
  ...(['cgroup_inet_ingress', 'cgroup_inet_egress', 'cgroup_inet_sock_create', 'cgroup_sock_ops'] as const),
  ...(['sk_skb_stream_parser', 'sk_skb_stream_verdict', 'cgroup_device', 'sk_msg_verdict'] as const),
  ...(['cgroup_inet4_bind', 'cgroup_inet6_bind', 'cgroup_inet4_connect', 'cgroup_inet6_connect'] as const),
  ...(['cgroup_inet4_post_bind', 'cgroup_inet6_post_bind', 'cgroup_udp4_sendmsg', 'cgroup_udp6_sendmsg'] as const),
  ...(['lirc_mode2', 'flow_dissector', 'cgroup_sysctl', 'cgroup_udp4_recvmsg', 'cgroup_udp6_recvmsg'] as const),
  ...(['cgroup_getsockopt', 'cgroup_setsockopt', 'trace_raw_tp', 'trace_fentry', 'trace_fexit'] as const),
  ...(['modify_return', 'lsm_mac', 'trace_iter', 'cgroup_inet4_getpeername', 'cgroup_inet6_getpeername'] as const),
  ...(['cgroup_inet4_getsockname', 'cgroup_inet6_getsockname', 'xdp_devmap', 'cgroup_inet_sock_release'] as const),
  ...(['xdp_cpumap', 'sk_lookup', 'xdp', 'sk_skb_verdict', 'sk_reuseport_select'] as const),
  ...(['sk_reuseport_select_or_migrate', 'perf_event', 'trace_kprobe_multi', 'lsm_cgroup', 'struct_ops'] as const),
  ...(['netfilter', 'tcx_ingress', 'tcx_egress', 'trace_uprobe_multi', 'cgroup_unix_connect'] as const),
  ...(['cgroup_unix_sendmsg', 'cgroup_unix_recvmsg', 'cgroup_unix_getpeername', 'cgroup_unix_getsockname'] as const),
  ...(['netkit_primary', 'netkit_peer', 'trace_kprobe_session', 'trace_uprobe_session'] as const),
] as const;

/** The hook that a program was made for, among those of its type. */
export type AttachType = (typeof ATTACH_TYPES)[number];

/** The name of a type that may be newer than this library; then its number is the name. */
const nameOf = <T extends string>(names: readonly T[], number: number): T => names[number] ?? (String(number) as T);
export const programType = (number: number): ProgramType => nameOf(PROGRAM_TYPES, number);
export const attachType = (number: number): AttachType => nameOf(ATTACH_TYPES, number);
/** The hook that a program of this type expects: 0 means none, except for those that have the hook of this number. */
export const expectedType = (type: ProgramType, number: number): AttachType | undefined =>
  number === 0 && type !== 'cgroup_skb' ? undefined : attachType(number);
export const attachTypeNumber = (type: AttachType): number => ATTACH_TYPES.indexOf(type);

/** Types with one hook, which their programs expect. */
const ONLY: Partial<Record<ProgramType, AttachType>> = {
  xdp: 'xdp',
  sk_msg: 'sk_msg_verdict',
  sk_lookup: 'sk_lookup',
  flow_dissector: 'flow_dissector',
  sock_ops: 'cgroup_sock_ops',
  cgroup_device: 'cgroup_device',
  cgroup_sysctl: 'cgroup_sysctl',
  lirc_mode2: 'lirc_mode2',
  netfilter: 'netfilter',
};
export const onlyAttachType = (type: ProgramType): AttachType | undefined => ONLY[type];

/** Programs that attach to cgroups, and their hooks there; LSM programs have one, too. */
export const CGROUP_PROGRAMS = [
  ...(['cgroup_skb', 'cgroup_sock', 'cgroup_sock_addr', 'cgroup_sockopt', 'cgroup_sysctl', 'cgroup_device'] as const),
  ...(['sock_ops', 'lsm'] as const),
] satisfies readonly ProgramType[];
export const CGROUP_HOOKS = ATTACH_TYPES.filter((name) => /^(cgroup|lsm_cgroup)/.test(name));

/** Programs that take CAP_NET_ADMIN: is_net_admin_prog_type() of kernel/bpf/syscall.c. */
export const NETWORK_PROGRAMS: ReadonlySet<string> = new Set<ProgramType>([
  ...(['sched_cls', 'sched_act', 'xdp', 'lwt_in', 'lwt_out', 'lwt_xmit', 'lwt_seg6local', 'sk_skb', 'sk_msg'] as const),
  ...(['flow_dissector', 'cgroup_device', 'cgroup_sock', 'cgroup_sock_addr', 'cgroup_sockopt'] as const),
  ...(['cgroup_sysctl', 'sock_ops', 'ext', 'netfilter'] as const),
]);

/** The way to attach a program of a type, for those whose sections do not name a hook. */
const METHODS: Partial<Record<ProgramType, string>> = {
  socket_filter: 'attachSocket()',
  sk_reuseport: 'attachSocket()',
  kprobe: 'attachKprobe(), attachUprobe() or attachUsdt()',
  tracepoint: 'attachTracepoint()',
  raw_tracepoint: 'attachRawTracepoint()',
  raw_tracepoint_writable: 'attachRawTracepoint()',
  perf_event: 'attachPerfEvent()',
  xdp: 'attachXdp()',
  sched_cls: 'attachTc()',
  sched_act: 'attachTc()',
  lwt_in: 'attachRoute()',
  lwt_out: 'attachRoute()',
  lwt_xmit: 'attachRoute()',
  lwt_seg6local: 'attachRoute()',
  cgroup_skb: 'attachCgroup()',
  cgroup_sock: 'attachCgroup()',
  cgroup_sock_addr: 'attachCgroup()',
  cgroup_sockopt: 'attachCgroup()',
  cgroup_sysctl: 'attachCgroup()',
  cgroup_device: 'attachCgroup()',
  sock_ops: 'attachCgroup()',
  sk_skb: 'attachSockmap()',
  sk_msg: 'attachSockmap()',
  sk_lookup: 'attachNetns()',
  flow_dissector: 'attachNetns()',
  netfilter: 'attachNetfilter()',
  syscall: 'run()',
  struct_ops: 'BpfObject.attachStructOps()',
  ext: 'attachFreplace()',
};

/** Names the method of `BpfProgram`, or how else to attach; undefined if `attach()` does. */
export const attachMethod = (type: ProgramType): string | undefined => METHODS[type];
