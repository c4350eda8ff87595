/** bpf_link_info */
export interface NativeLinkInfo {
  /** enum bpf_link_type */
  type: number;
  id: number;
  programId: number;
  /** The part for its type. */
  bytes: Uint8Array;
  /** The name in it, of a tracepoint, function or iterator; empty if there is none. */
  name: string;
}

/** An attachment. Without a bpf_link, calls that need one return -EOPNOTSUPP. */
export interface NativeLink {
  /** Its descriptor, valid until `close()`; that of a perf event for some hooks before Linux 5.15. */
  fd(): number;
  /** Creates an iterator of an attached iter program. Returns a descriptor to read. */
  createIterator(): number;
  /** BPF_OBJ_PIN */
  pin(path: string): number;
  /** Puts another program in the place of this one. */
  update(programFd: number): number;
  /** Detaches, and keeps the descriptor of a bpf_link. */
  detach(): number;
  info(): NativeLinkInfo | number;
  /** Detaches, unless the link is pinned. Idempotent. */
  close(): void;
}
