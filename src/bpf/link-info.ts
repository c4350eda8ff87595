import type { NativeLinkInfo } from '../native/links.js';
import { type AttachType, attachType } from './program-type.js';

/** Names of enum bpf_link_type (include/uapi/linux/bpf.h) in its order, as libbpf and bpftool write them. */
export const LINK_TYPES = [
  ...(['unspec', 'raw_tracepoint', 'tracing', 'cgroup', 'iter', 'netns', 'xdp', 'perf_event', 'kprobe_multi'] as const),
  ...(['struct_ops', 'netfilter', 'tcx', 'uprobe_multi', 'netkit', 'sockmap'] as const),
] as const;
/** Type of a link, as bpftool writes it. */
export type LinkType = (typeof LINK_TYPES)[number];

/** The place that a link is attached to, as far as the kernel tells. Its members depend on the link's type. */
export interface LinkTarget {
  /** For cgroup, netns, tcx, netkit, sockmap and tracing links. */
  readonly attachType?: AttachType;
  /** The tracepoint, kernel function, iterator's target, or file with the function. */
  readonly name?: string;
  /** In the function or the file. */
  readonly offset?: number;
  /** Index of the interface. */
  readonly interface?: number;
  readonly cgroupId?: bigint;
  /** Inode number of the network namespace. */
  readonly netns?: number;
  readonly mapId?: number;
  /** Id of the program (freplace) or the BTF object that has the function. */
  readonly targetId?: number;
  /** Id of the function's type in that BTF. */
  readonly btfId?: number;
  readonly pid?: number;
  readonly tid?: number;
  /** Number of functions of a multi link. */
  readonly count?: number;
  /** Protocol family, hook and priority of a netfilter link. */
  readonly family?: number;
  readonly hook?: number;
  readonly priority?: number;
  /** `perf_event_attr.type` and `config`. */
  readonly event?: { readonly type: number; readonly config: bigint };
}

/** Description of a link by the kernel. */
export interface LinkInfo {
  /** Undefined for an attachment without a link of the kernel's: a socket's, of clsact, of a map, ... */
  readonly type: LinkType | undefined;
  /** The kernel's id of the link; undefined if there is none. */
  readonly id: number | undefined;
  /** The kernel's id of the program; of the map for struct_ops links 0. */
  readonly programId: number;
  /** The hook, in words. */
  readonly where: string;
  readonly target: LinkTarget;
}

/** Kinds of perf events, enum bpf_perf_event_type. */
const PERF_TRACEPOINT = 5;
const PERF_EVENT = 6;

/** Reads the union of struct bpf_link_info. All machines that this runs on are little-endian. */
const READERS: Partial<Record<LinkType, (bytes: Buffer, name: string) => LinkTarget>> = {
  raw_tracepoint: (_, name) => ({ name }),
  tracing: (bytes) => ({
    attachType: attachType(bytes.readUInt32LE(0)),
    targetId: bytes.readUInt32LE(4),
    btfId: bytes.readUInt32LE(8),
  }),
  cgroup: (bytes) => ({ cgroupId: bytes.readBigUInt64LE(0), attachType: attachType(bytes.readUInt32LE(8)) }),
  iter: (bytes, name) => {
    if (/map_elem|storage|sockmap/.test(name)) return { name, mapId: bytes.readUInt32LE(12) };
    if (name === 'cgroup') return { name, cgroupId: bytes.readBigUInt64LE(16) };
    if (name.startsWith('task')) return { name, tid: bytes.readUInt32LE(16), pid: bytes.readUInt32LE(20) };
    return { name };
  },
  netns: (bytes) => ({ netns: bytes.readUInt32LE(0), attachType: attachType(bytes.readUInt32LE(4)) }),
  xdp: (bytes) => ({ interface: bytes.readUInt32LE(0) }),
  perf_event: (bytes, name) => {
    const kind = bytes.readUInt32LE(0);
    if (kind === PERF_EVENT) return { event: { config: bytes.readBigUInt64LE(8), type: bytes.readUInt32LE(16) } };
    if (kind === PERF_TRACEPOINT) return { name };
    // Before Linux 6.6 there is nothing.
    return kind === 0 ? {} : { name, offset: bytes.readUInt32LE(20) };
  },
  kprobe_multi: (bytes) => ({ count: bytes.readUInt32LE(8) }),
  struct_ops: (bytes) => ({ mapId: bytes.readUInt32LE(0) }),
  netfilter: (bytes) => ({
    family: bytes.readUInt32LE(0),
    hook: bytes.readUInt32LE(4),
    priority: bytes.readInt32LE(8),
  }),
  tcx: (bytes) => ({ interface: bytes.readUInt32LE(0), attachType: attachType(bytes.readUInt32LE(4)) }),
  uprobe_multi: (bytes) => ({ count: bytes.readUInt32LE(36), pid: bytes.readUInt32LE(44) }),
  netkit: (bytes) => ({ interface: bytes.readUInt32LE(0), attachType: attachType(bytes.readUInt32LE(4)) }),
  sockmap: (bytes) => ({ mapId: bytes.readUInt32LE(0), attachType: attachType(bytes.readUInt32LE(4)) }),
};

export function linkInfo({ type, id, programId, bytes, name }: NativeLinkInfo, where: string): LinkInfo {
  // A type that is newer than this library has its number for a name.
  const known = LINK_TYPES[type] ?? (String(type) as LinkType);
  const target = READERS[known]?.(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), name) ?? {};
  return { type: known, id, programId, where, target };
}
