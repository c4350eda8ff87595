/**
 * The bytes of BTF: header checked, start of each type found, nothing decoded. Source: Documentation/bpf/btf.rst;
 * include/uapi/linux/btf.h.
 */
import { BtfError } from './error.js';

/** Sections of BTF. IDs and string offsets count from 0, regardless of a base. */
export interface RawBtf {
  /** The type section. */
  readonly view: DataView;
  readonly littleEndian: boolean;
  /** Start of each type within `view`, followed by the end of the last one. */
  readonly offsets: Uint32Array;
  /** The string section: empty, or ending with a NUL. */
  readonly strings: Buffer;
}

const MAGIC = 0xeb9f;
const MIN_HEADER_SIZE = 24;
const HEADER_WITH_LAYOUT_SIZE = 32;
/** Size of struct btf_type, with which every type begins. */
export const TYPE_SIZE = 12;

/** Bytes after struct btf_type, by kind: once, and for each of `vlen` elements. */
const ONCE = [0, 4, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0];
const EACH = [0, 0, 0, 0, 12, 12, 8, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 0, 0, 12];

/** Kind of a type, from its `info`. Before Linux 7.1, it had 5 bits and the others were zero. */
export function kindOf(info: number): number {
  return (info >>> 24) & 0x7f;
}

/** Number of elements of a type, from its `info`. Before Linux 7.1, it had 16 bits and the others were zero. */
export function vlenOf(info: number): number {
  return info & 0xffffff;
}

/**
 * Reads the header and finds the types.
 *
 * @param split whether a base precedes it: strings are then optional, and the first need not be ''.
 * @throws BtfError if the header, the sections or the types do not fit the bytes.
 */
export function readRaw(bytes: Uint8Array, split: boolean): RawBtf {
  if (bytes.length < MIN_HEADER_SIZE) throw new BtfError(`BTF: the header is cut off after ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = view.getUint16(0, true) === MAGIC;
  if (!littleEndian && view.getUint16(0) !== MAGIC) throw new BtfError('not BTF: the magic number 0xeb9f is missing');
  const version = view.getUint8(2);
  if (version !== 1) throw new BtfError(`BTF: unknown version ${version}, expected 1`);
  const u32 = (at: number) => view.getUint32(at, littleEndian);
  const headerSize = u32(4);
  if (headerSize < MIN_HEADER_SIZE || headerSize > view.byteLength) {
    throw new BtfError(`BTF: invalid header size of ${headerSize} bytes, ${view.byteLength} in all`);
  }
  const section = (at: number, what: string) => {
    const start = headerSize + u32(at);
    const length = u32(at + 4);
    if (start + length > view.byteLength) {
      throw new BtfError(`BTF: the ${what} at bytes ${start} to ${start + length} exceed the ${view.byteLength} bytes`);
    }
    return bytes.subarray(start, start + length);
  };
  const types = section(8, 'types');
  const strings = section(16, 'strings');
  const layout = headerSize >= HEADER_WITH_LAYOUT_SIZE ? section(24, 'kind layouts') : bytes.subarray(0, 0);
  checkStrings(strings, split);
  const typeView = new DataView(types.buffer, types.byteOffset, types.byteLength);
  return {
    view: typeView,
    littleEndian,
    offsets: findTypes(typeView, littleEndian, layout),
    strings: Buffer.from(strings.buffer, strings.byteOffset, strings.byteLength),
  };
}

/** Checks for a NUL at the end. No string can exceed the section then, and no other check is needed. */
function checkStrings(strings: Uint8Array, split: boolean): void {
  if (strings.length === 0) {
    if (split) return;
    throw new BtfError('BTF: the string section is empty');
  }
  if (strings[strings.length - 1] !== 0) throw new BtfError('BTF: the last string is not terminated');
  if (!split && strings[0] !== 0) throw new BtfError('BTF: the first string is not empty');
}

/**
 * Finds the start of each type. Unknown kinds are skipped if the BTF gives their size: since Linux 7.1 it may have a
 * table of the sizes of its kinds (struct btf_layout: once, each, flags).
 */
function findTypes(view: DataView, littleEndian: boolean, layout: Uint8Array): Uint32Array {
  const once = ONCE.slice();
  const each = EACH.slice();
  for (let kind = once.length; (kind + 1) * 4 <= layout.length && kind <= 0x7f; kind++) {
    once[kind] = layout[kind * 4] as number;
    each[kind] = layout[kind * 4 + 1] as number;
  }
  const end = view.byteLength;
  const offsets = new Uint32Array(Math.floor(end / TYPE_SIZE) + 1);
  let count = 0;
  let at = 0;
  while (at < end) {
    if (at + TYPE_SIZE > end) throw new BtfError(`BTF: the type at offset ${at} is cut off`);
    const info = view.getUint32(at + 4, littleEndian);
    const kind = kindOf(info);
    if (kind === 0 || kind >= once.length) throw new BtfError(`BTF: unknown kind ${kind} of the type at offset ${at}`);
    offsets[count++] = at;
    const next = at + TYPE_SIZE + (once[kind] as number) + (each[kind] as number) * vlenOf(info);
    if (next > end) throw new BtfError(`BTF: the type at offset ${at} is cut off`);
    at = next;
  }
  offsets[count] = end;
  return offsets.subarray(0, count + 1);
}
