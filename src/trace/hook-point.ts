/** Hook kinds by the first part of a section's name: `tp/syscalls/sys_exit_openat`. */
export const KINDS = {
  tp: 'tracepoint',
  tracepoint: 'tracepoint',
  raw_tp: 'raw_tp',
  tp_btf: 'tp_btf',
  fentry: 'fentry',
  fexit: 'fentry',
  kprobe: 'kprobe',
  kretprobe: 'kprobe',
  iter: 'iter',
} as const;
export type HookKind = (typeof KINDS)[keyof typeof KINDS];
export const HOOK_KINDS: readonly HookKind[] = [...new Set(Object.values(KINDS))];

/** One alternative for a hook point: programs that are attached together. */
export interface HookWay<Program extends string = string> {
  readonly programs: readonly Program[];
  /** Programs attached only if the kernel has their hook. */
  readonly optional?: readonly Program[];
  /** Further tracepoints, with the same layout, to attach its programs to if the kernel has them. */
  readonly also?: readonly string[];
  /** Difference from the preferred alternatives. */
  readonly caveat?: string;
}

/** A hook point: a kind of event that a tool traces. */
export interface HookPoint<Program extends string = string> {
  /** Alternatives in order of preference; the first that the kernel supports is used: tracepoint, then BTF-typed, then kprobe. */
  readonly ways: readonly HookWay<Program>[];
  /** Notice if no alternative is available; omitted for a required hook point. */
  readonly without?: string;
}
