/** The sections of .BTF.ext. Source: Documentation/bpf/btf.rst; struct btf_ext_header of libbpf. */
import { BtfError } from './error.js';

const HEADER_LENGTH = 4;
/** Members of struct btf_ext_header with the offset of a section, which its size follows. */
const OFFSETS = { lines: 16, relocations: 24 } as const;
/** Bytes of a record that are read here: newer compilers may append members. */
const RECORD_SIZES = { lines: 16, relocations: 16 } as const;

/** A record, whose members are read by `u32`. */
export interface ExtRecord {
  /** Offset in the string section of BTF of the name of the ELF section that it is about. */
  readonly section: number;
  /** The 32-bit member at this offset of the record. */
  readonly u32: (member: number) => number;
}

/**
 * The records of one section of .BTF.ext; none if it is missing.
 *
 * @throws BtfError if the bytes are cut off or records are too small.
 */
export function* extRecords(
  bytes: Uint8Array,
  littleEndian: boolean,
  part: keyof typeof OFFSETS,
): Generator<ExtRecord, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u32 = (at: number) => {
    if (at + 4 > view.byteLength) throw new BtfError(`BTF.ext: cut off at ${view.byteLength} bytes`);
    return view.getUint32(at, littleEndian);
  };
  const headerSize = u32(HEADER_LENGTH);
  // Older compilers write a shorter header.
  if (headerSize < OFFSETS[part] + 8) return;
  let at = headerSize + u32(OFFSETS[part]);
  const end = at + u32(OFFSETS[part] + 4);
  if (at === end) return;
  const recordSize = u32(at);
  if (recordSize < RECORD_SIZES[part]) throw new BtfError(`BTF.ext: invalid record size of ${recordSize} bytes`);
  at += 4;
  while (at < end) {
    const section = u32(at);
    const count = u32(at + 4);
    at += 8;
    for (const last = at + count * recordSize; at < last; at += recordSize) {
      const start = at;
      yield { section, u32: (member) => u32(start + member) };
    }
  }
}
