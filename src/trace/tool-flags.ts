/** The values of a tool's own flags, and how they are set in its object. */
import type { BpfMap } from '../bpf/map.js';
import type { BpfObject } from '../bpf/object.js';
import type { Value } from '../btf/index.js';
import { UsageError } from '../errors.js';
import { openFlag } from '../events/kinds/syscall.js';
import { signalNumber } from '../kernel/signals.js';
import { fillPathFilter, parsePaths, sizePathFilter } from './features/filter/path-filter.js';
import type { Label } from './label.js';
import type { ToolDefinition } from './tool.js';
import { LIST_MAX, type ToolFlag } from './tool-flag.js';
import { parseBytes, parseComms, parseDuration, parseInteger, parseIntegers } from './values.js';

/** The length of filter_open_flags of bpf/include/open-flags.h. */
export const OPEN_FLAGS_MAX = 16;

/** Names of environment variables, comma-separated. */
function parseNames(flag: string, text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '' || name.includes('=')))
    throw new UsageError(`${flag} ${text}: expected names of environment variables, comma-separated`);
  return names;
}

type FlagValue = true | number | bigint | readonly string[] | readonly number[] | readonly OpenFlag[];
type OpenFlag = { mask: number; value: number };

/** Values of repeated flags or comma-separated lists. */
const parts = (texts: readonly string[]) => texts.flatMap((text) => text.split(',')).map((text) => text.trim());

function noMoreThan<T>(flag: string, list: readonly T[], most: number): readonly T[] {
  if (list.length > most) throw new UsageError(`${flag}: ${list.length} values, at most ${most} are allowed`);
  return list;
}

function parseSignals(flag: string, texts: readonly string[]): number[] {
  return parts(texts).map((text) => {
    const signal = signalNumber(text);
    if (signal === undefined) throw new UsageError(`${flag} ${text}: expected signals, such as KILL, SIGTERM or 9`);
    return signal;
  });
}

const LAST_STATUS = 255;
/** Words of 64 bits, for a bit for each status. */
export const STATUS_WORDS = (LAST_STATUS + 1) / 64;

/** Numbers, or ranges such as `126-127`. */
function parseStatuses(flag: string, texts: readonly string[]): number[] {
  return parts(texts).flatMap((text) => {
    const [, first, last] = /^(\d+)-(\d+)$/.exec(text) ?? [text, text, text];
    const [from, to] = [first, last].map((end = '') => parseInteger(flag, end, 0, LAST_STATUS)) as [number, number];
    if (from > to) throw new UsageError(`${flag} ${text}: the range is reversed`);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

function parseOpenFlags(flag: string, texts: readonly string[]): readonly OpenFlag[] {
  const flags = parts(texts).map((text) => {
    const name = text.toUpperCase().replace(/^(?!O_)/, 'O_');
    const found = openFlag(name, process.arch);
    if (!found) throw new UsageError(`${flag} ${text}: expected flags of open(2), such as O_CREAT or O_TRUNC`);
    return found;
  });
  return noMoreThan(flag, flags, OPEN_FLAGS_MAX);
}

/** Parses a flag's value. Throws UsageError for an invalid one. */
function flagValue(word: string, flag: ToolFlag, given: unknown): FlagValue {
  switch (flag.takes) {
    case undefined:
      return true;
    case 'size':
      return parseBytes(word, String(given), flag.most);
    case 'names':
      return parseNames(word, String(given));
    case 'duration':
      return BigInt(Math.round(parseDuration(word, String(given)) * 1e6));
    case 'pids':
      return noMoreThan(word, parseIntegers(word, given as string[]), LIST_MAX);
    case 'comms':
      return parseComms(word, given as string[], LIST_MAX);
    case 'signals':
      return parseSignals(word, given as string[]);
    case 'statuses':
      return parseStatuses(word, given as string[]);
    case 'open-flags':
      return parseOpenFlags(word, given as string[]);
    case 'paths':
      return parsePaths(word, given as string[]);
  }
}

/** 64-bit words with the listed bits set. */
function bitsOf(numbers: readonly number[], words: number): bigint[] {
  const bits = new Array<bigint>(words).fill(0n);
  for (const number of numbers) bits[number >> 6] = (bits[number >> 6] ?? 0n) | (1n << BigInt(number & 63));
  return bits;
}

/** The value of the program's constant. */
function constantOf({ takes }: ToolFlag, value: FlagValue): Value {
  switch (takes) {
    case 'names':
    case 'paths':
      return true;
    case 'signals':
      return bitsOf(
        (value as readonly number[]).map((signal) => signal - 1),
        1,
      )[0] as bigint;
    case 'statuses':
      return bitsOf(value as readonly number[], STATUS_WORDS);
    default:
      return value as Value;
  }
}

/** The values of the flags in use, by name. */
export type FlagValues = ReadonlyMap<string, FlagValue>;

export function flagValues(
  tool: ToolDefinition,
  inUse: ReadonlySet<string>,
  given: Readonly<Record<string, unknown>>,
  label: Label,
): FlagValues {
  const values = new Map<string, FlagValue>();
  for (const [name, flag] of Object.entries(tool.flags ?? {}))
    if (inUse.has(name)) values.set(name, flagValue(label(name), flag, given[name]));
  return values;
}

/** Names of the environment variables to show. */
export function envNames(tool: ToolDefinition, values: FlagValues): readonly string[] {
  const flags = Object.entries(tool.flags ?? {}).filter(([, { takes }]) => takes === 'names');
  return flags.flatMap(([name]) => (values.get(name) as readonly string[] | undefined) ?? []);
}

const FEWEST = 256;

/** Limits a map to the number of entries that fit into `bytes`. */
function shrink(map: BpfMap, bytes: number): void {
  const entries = Math.max(FEWEST, Math.floor(bytes / map.valueSize));
  if (entries < map.maxEntries) map.maxEntries = entries;
}

/** Sets the constants of an object before load. */
export function applyFlags(tool: ToolDefinition, values: FlagValues, { globals, maps }: BpfObject): void {
  for (const [name, flag] of Object.entries(tool.flags ?? {})) {
    const value = values.get(name);
    if (value === undefined) continue;
    globals.need(flag.sets).set(constantOf(flag, value));
    if (flag.takes === 'paths') sizePathFilter(maps, value as readonly string[]);
    if (flag.takes !== 'size') continue;
    for (const map of flag.room) maps.need(map).valueSize += Number(value);
    if (flag.fits) shrink(maps.need(flag.fits[0]), flag.fits[1]);
  }
}

/** Fills the maps of a loaded object. */
export function fillFlags(tool: ToolDefinition, values: FlagValues, { maps }: BpfObject): void {
  for (const [name, { takes }] of Object.entries(tool.flags ?? {}))
    if (takes === 'paths' && values.has(name)) fillPathFilter(maps, values.get(name) as readonly string[]);
}
