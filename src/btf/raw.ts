/**
 * The bytes of BTF: the header checked, the start of each type found, nothing decoded yet.
 * Source: Documentation/bpf/btf.rst; include/uapi/linux/btf.h.
 */
import { BtfError } from './error.js';

/** BTF cut into its parts. Ids and string offsets here count from 0: a base does not show. */
export interface RawBtf {
  /** The type section. */
  readonly view: DataView;
  readonly littleEndian: boolean;
  /** Start of each type within `view`, and one entry more: the end of the last one. */
  readonly offsets: Uint32Array;
  /** The string section: empty, or ending with a NUL. */
  readonly strings: Buffer;
}

const MAGIC = 0xeb9f;
const MIN_HEADER_SIZE = 24;
const HEADER_WITH_LAYOUT_SIZE = 32;
/** Size of the part that every type begins with, struct btf_type. */
export const TYPE_SIZE = 12;

/** Bytes that follow struct btf_type, by kind: once, and for each of `vlen` elements. */
const ONCE = [0, 4, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0];
const EACH = [0, 0, 0, 0, 12, 12, 8, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 0, 0, 12];

/** Kind of a type, from its `info`. 5 bits of it were in use before Linux 7.1; the rest was zero. */
export function kindOf(info: number): number {
  return (info >>> 24) & 0x7f;
}

/** Number of elements of a type, from its `info`. 16 bits of it were in use before Linux 7.1; the rest was zero. */
export function vlenOf(info: number): number {
  return info & 0xffffff;
}

/**
 * Reads the header and finds the types.
 *
 * @param split true when a base comes before it: then there may be no strings, and the first need not be ''.
 * @throws BtfError when the header, the sections or the types do not fit the bytes.
 */
export function readRaw(bytes: Uint8Array, split: boolean): RawBtf {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < MIN_HEADER_SIZE)
    throw new BtfError(`BTF: the header is cut off after ${view.byteLength} bytes`);
  const littleEndian = view.getUint16(0, true) === MAGIC;
  if (!littleEndian && view.getUint16(0) !== MAGIC) throw new BtfError('not BTF: the magic number 0xeb9f is missing');
  const version = view.getUint8(2);
  if (version !== 1) throw new BtfError(`BTF: unknown version ${version}, expected 1`);
  const u32 = (at: number) => view.getUint32(at, littleEndian);
  const headerSize = u32(4);
  if (headerSize < MIN_HEADER_SIZE || headerSize > view.byteLength) {
    throw new BtfError(`BTF: a header of ${headerSize} bytes in ${view.byteLength} bytes`);
  }
  const section = (at: number, what: string) => {
    const start = headerSize + u32(at);
    const length = u32(at + 4);
    if (start + length > view.byteLength) {
      throw new BtfError(`BTF: the ${what} need bytes ${start} to ${start + length} of ${view.byteLength}`);
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

/** With a NUL at the very end, no string can run out of the section: nothing else needs to check that. */
function checkStrings(strings: Uint8Array, split: boolean): void {
  if (strings.length === 0) {
    if (split) return;
    throw new BtfError('BTF: the string section is empty');
  }
  if (strings[strings.length - 1] !== 0) throw new BtfError('BTF: the last string is not terminated');
  if (!split && strings[0] !== 0) throw new BtfError('BTF: the first string is not empty');
}

/**
 * Finds where each type starts. A kind that we don't know is stepped over when the BTF says how long it is: since
 * Linux 7.1 it may carry a table of the sizes of its kinds (struct btf_layout: once, each, flags).
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
