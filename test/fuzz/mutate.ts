/** Damages BPF objects, BTF and other bytes, the same way for the same seed. */
import { readElf } from '../../src/btf/elf.js';
import { randomBelow } from '../helpers/random.js';

type Random = (below: number) => number;

/** A range of bytes. */
interface Region {
  readonly at: number;
  readonly size: number;
}

const HEADER = 64;
/** Sections whose numbers are followed: more of the damage goes there than into instructions. */
const TABLES = /^(\.symtab|\.strtab|\.rel.*|\.BTF|\.BTF\.ext|\.maps|\.struct_ops|license|version)$/;
const EXTREMES = [0n, 1n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0xffffn, 0x7fffffffn, 0x80000000n, 0xfffffff8n, 0xffffffffn];
const WIDE = [0x7fffffffffffffffn, 0xfffffffffffffff8n, 0xffffffffffffffffn];

/** Returns a damaged copy of an object. */
export function mutate(original: Uint8Array, seed: number): Buffer {
  return damaged(original, regionsOf(original), CHANGES, randomBelow(seed));
}

/** The same of raw BTF, such as the kernel's. */
export function mutateBtf(original: Uint8Array, seed: number): Buffer {
  const whole = { at: 0, size: original.length };
  const regions = [whole, { at: 0, size: 32 }, ...typesIn(original, whole)];
  return damaged(original, regions, SIMPLE_CHANGES, randomBelow(seed));
}

/** The same of any bytes, more often near their start; one time in eight they stay as they are. */
export function mutateBytes(original: Uint8Array, random: Random): Buffer {
  if (random(8) === 0 || original.length === 0) return Buffer.from(original);
  const [whole, start] = [original.length, Math.min(original.length, 64)].map((size) => ({ at: 0, size }));
  return damaged(original, [whole, start] as Region[], SIMPLE_CHANGES, random);
}

/** One to eight changes. */
function damaged(original: Uint8Array, regions: readonly Region[], changes: readonly Change[], random: Random): Buffer {
  let bytes: Buffer = Buffer.from(original);
  for (let left = 1 + (random(4) === 0 ? random(8) : 0); left > 0; left--)
    bytes = pick(changes, random)(bytes, pick(regions, random), random, regions);
  return bytes;
}

/** The ELF header, the section headers, and each section; tables, and the start of each, several times. */
function regionsOf(original: Uint8Array): Region[] {
  const { sections } = readElf(original);
  const count = sections.length * HEADER;
  const headers = { at: Number(viewOf(original).getBigUint64(40, true)), size: count };
  const regions: Region[] = [{ at: 0, size: HEADER }, headers, headers, headers];
  for (const { name, bytes } of sections) {
    if (bytes.length === 0 || name.startsWith('.debug')) continue;
    const whole = { at: bytes.byteOffset - original.byteOffset, size: bytes.length };
    regions.push(whole);
    if (name === '.BTF') regions.push(...typesIn(bytes, whole));
    if (TABLES.test(name)) regions.push(whole, whole, whole, { at: whole.at, size: Math.min(whole.size, 40) });
  }
  return regions;
}

/** The types, without their names: the whole of them, and the last ones, where maps and sections are. */
function typesIn(bytes: Uint8Array, { at }: Region): Region[] {
  const view = viewOf(bytes);
  const types = { at: at + view.getUint32(4, true) + view.getUint32(8, true), size: view.getUint32(12, true) };
  const last = Math.min(types.size, 1024);
  const end = { at: types.at + types.size - last, size: last };
  return [types, types, types, end, end, end, end];
}

type Change = (bytes: Buffer, region: Region, random: Random, regions: readonly Region[]) => Buffer;

const SIMPLE_CHANGES: readonly Change[] = [
  ...[flip, flip, extreme, extreme, near, near, small, small, swap, swap],
  ...[splice, truncate],
];
const CHANGES: readonly Change[] = [...SIMPLE_CHANGES.slice(0, -1), swapSections, truncate];

function pick<T>(list: readonly T[], random: Random): T {
  return list[random(list.length)] as T;
}

/** An offset in a region, a multiple of a number; 0 if an earlier change cut the region off. */
function placeIn(bytes: Buffer, { at, size }: Region, unit: number, random: Random): number {
  const place = at + random(Math.max(1, Math.floor(size / unit))) * unit;
  return place + 8 <= bytes.length ? place : 0;
}

function flip(bytes: Buffer, region: Region, random: Random): Buffer {
  for (let i = random(4); i >= 0; i--) {
    const at = placeIn(bytes, region, 1, random);
    if (at < bytes.length) bytes[at] = random(256);
  }
  return bytes;
}

/** A number becomes one of those at which code errs. */
function extreme(bytes: Buffer, region: Region, random: Random): Buffer {
  if (bytes.length < 8) return bytes;
  const at = placeIn(bytes, region, 4, random);
  const view = viewOf(bytes);
  switch (random(4)) {
    case 0:
      view.setUint16(at + 2 * random(2), Number(BigInt.asUintN(16, pick(EXTREMES, random))), true);
      break;
    case 1:
      view.setBigUint64(at, pick(WIDE, random), true);
      break;
    default:
      view.setUint32(at, Number(pick(EXTREMES, random)), true);
  }
  return bytes;
}

/** A number becomes one near it, or a multiple. */
function near(bytes: Buffer, region: Region, random: Random): Buffer {
  if (bytes.length < 8) return bytes;
  const at = placeIn(bytes, region, 4, random);
  const view = viewOf(bytes);
  const old = view.getUint32(at, true);
  const by = pick([1, -1, 4, -4, 8, -8, 12, 16, -16, 64, 256, -256, old, bytes.length], random);
  view.setUint32(at, (old + by) >>> 0, true);
  return bytes;
}

/** A number becomes a small one: a type, a section, a symbol, a count. */
function small(bytes: Buffer, region: Region, random: Random): Buffer {
  if (bytes.length < 8) return bytes;
  viewOf(bytes).setUint32(placeIn(bytes, region, 4, random), random(1 << random(10)), true);
  return bytes;
}

/** Two words of a region change places: ids of other types, offsets of other strings. */
function swap(bytes: Buffer, region: Region, random: Random): Buffer {
  if (bytes.length < 8) return bytes;
  const view = viewOf(bytes);
  const [one, other] = [placeIn(bytes, region, 4, random), placeIn(bytes, region, 4, random)];
  const word = view.getUint32(one, true);
  view.setUint32(one, view.getUint32(other, true), true);
  view.setUint32(other, word, true);
  return bytes;
}

/** Bytes of one place are copied to another. */
function splice(bytes: Buffer, region: Region, random: Random, regions: readonly Region[]): Buffer {
  const from = placeIn(bytes, pick(regions, random), 4, random);
  bytes.copy(bytes, placeIn(bytes, region, 4, random), from, from + 4 * (1 + random(16)));
  return bytes;
}

/** Two section headers change places, or only where their contents are. */
function swapSections(bytes: Buffer, _: Region, random: Random): Buffer {
  if (bytes.length < HEADER) return bytes;
  const view = viewOf(bytes);
  const table = Number(view.getBigUint64(40, true));
  const count = view.getUint16(60, true);
  const [from, length] = pick(
    [
      [0, HEADER],
      [24, 16],
      [4, 4],
      [0, 4],
      [40, 8],
    ] as const,
    random,
  );
  const [one, other] = [table + random(count || 1) * HEADER + from, table + random(count || 1) * HEADER + from];
  if (Math.max(one, other) + length > bytes.length) return bytes;
  const kept = Buffer.from(bytes.subarray(one, one + length));
  bytes.copy(bytes, one, other, other + length);
  kept.copy(bytes, other);
  return bytes;
}

function truncate(bytes: Buffer, _: Region, random: Random): Buffer {
  return bytes.subarray(0, random(4) === 0 ? random(bytes.length + 1) : Math.max(0, bytes.length - random(256)));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
