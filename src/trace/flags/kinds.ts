/** The kinds of values that a tool's own flags take. */
import type { BpfObject, OpenedObject } from '../../bpf/object.js';
import type { OpenedMap } from '../../bpf/opened-map.js';
import type { Value } from '../../btf/index.js';
import { UsageError } from '../../errors.js';
import { openFlag } from '../../events/kinds/syscall.js';
import { signalNumber } from '../../kernel/signals.js';
import { wrongValue } from '../../mistake.js';
import { fillPathFilter, parsePaths, sizePathFilter } from '../features/paths/path-filter.js';
import { LIST_MAX, type ToolFlag } from '../tool-flag.js';
import { parseBytes, parseComms, parseDuration, parseInteger, parseIntegers } from '../values.js';
import { type Flag, list, text, toggle } from './flag.js';

/** The length of filter_open_flags of bpf/include/open-flags.h. */
export const OPEN_FLAGS_MAX = 16;

/** Names of environment variables, comma-separated. */
function parseNames(flag: string, text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '' || name.includes('=')))
    throw wrongValue(flag, text, 'expected names of environment variables, comma-separated');
  return names;
}

export type FlagValue = true | number | bigint | readonly string[] | readonly number[] | readonly OpenFlag[];
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
    if (signal === undefined) throw wrongValue(flag, text, 'expected signals, such as KILL, SIGTERM or 9');
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
    if (from > to) throw wrongValue(flag, text, 'the range is reversed');
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

function parseOpenFlags(flag: string, texts: readonly string[]): readonly OpenFlag[] {
  const flags = parts(texts).map((text) => {
    const name = text.toUpperCase().replace(/^(?!O_)/, 'O_');
    const found = openFlag(name, process.arch);
    if (!found) throw wrongValue(flag, text, 'expected flags of open(2), such as O_CREAT or O_TRUNC');
    return found;
  });
  return noMoreThan(flag, flags, OPEN_FLAGS_MAX);
}

const FEWEST = 256;

/** Limits a map to the number of entries that fit into `bytes`. */
function shrink(map: OpenedMap, bytes: number): void {
  const entries = Math.max(FEWEST, Math.floor(bytes / map.valueSize));
  if (entries < map.maxEntries) map.maxEntries = entries;
}

/** 64-bit words with the listed bits set. */
function bitsOf(numbers: readonly number[], words: number): bigint[] {
  const bits = new Array<bigint>(words).fill(0n);
  for (const number of numbers) bits[number >> 6] = (bits[number >> 6] ?? 0n) | (1n << BigInt(number & 63));
  return bits;
}

type Takes = NonNullable<ToolFlag['takes']>;
type FlagThat<T extends Takes> = Extract<ToolFlag, { readonly takes: T }>;

/** A kind of values: how a flag takes them, and what they set in the tool's object. */
interface Kind<T extends Takes, V extends FlagValue> {
  /** The flag as others know it, but for what all have. */
  readonly flag: (flag: FlagThat<T>) => Flag;
  /** The value of the program's constant; left out if it is the flag's own. */
  constant?(value: V): Value;
  /** Changes maps before load. */
  configure?(object: OpenedObject, value: V, flag: FlagThat<T>): void;
  /** Fills maps after load. */
  fill?(object: BpfObject, value: V): void;
}

const KINDS: { readonly [T in Takes]: Kind<T, never> } = {
  size: {
    flag: ({ summary, most, default: usual }) =>
      text({ summary, value: 'SIZE', default: usual, parse: (flag, size) => parseBytes(flag, size, most) }),
    configure({ maps }, value: number, { room, fits }) {
      for (const map of room) maps.need(map).valueSize += value;
      if (fits) shrink(maps.need(fits[0]), fits[1]);
    },
  },
  names: {
    flag: ({ summary }) => text({ summary, value: 'NAMES', parse: parseNames }),
    constant: () => true,
  },
  duration: {
    flag: ({ summary }) =>
      text({ summary, value: 'TIME', parse: (flag, time) => BigInt(Math.round(parseDuration(flag, time) * 1e6)) }),
  },
  pids: {
    flag: ({ summary }) =>
      list({ summary, value: 'PID', parse: (flag, pids) => noMoreThan(flag, parseIntegers(flag, pids), LIST_MAX) }),
  },
  comms: {
    flag: ({ summary }) => list({ summary, value: 'TEXT', parse: (flag, texts) => parseComms(flag, texts, LIST_MAX) }),
  },
  signals: {
    flag: ({ summary }) => list({ summary, value: 'SIGNAL', parse: parseSignals }),
    constant: (signals: readonly number[]) =>
      bitsOf(
        signals.map((signal) => signal - 1),
        1,
      )[0] as bigint,
  },
  statuses: {
    flag: ({ summary }) => list({ summary, value: 'STATUS', parse: parseStatuses }),
    constant: (statuses: readonly number[]) => bitsOf(statuses, STATUS_WORDS),
  },
  'open-flags': { flag: ({ summary }) => list({ summary, value: 'NAME', parse: parseOpenFlags }) },
  paths: {
    flag: ({ summary }) => list({ summary, value: 'PATH', parse: parsePaths }),
    constant: () => true,
    configure: ({ maps }, paths: readonly string[]) => sizePathFilter(maps, paths),
    fill: ({ maps }, paths: readonly string[]) => fillPathFilter(maps, paths),
  },
};

/** The kind of a flag that takes a value, with the types that its entry and its values have. */
const kindOf = ({ takes }: ToolFlag) =>
  takes === undefined ? undefined : (KINDS[takes] as unknown as Kind<Takes, FlagValue>);

/** A tool's own flag as an entry like all others. */
export function flagOf(flag: ToolFlag): Flag {
  const { summary, char } = flag;
  const entry = kindOf(flag)?.flag(flag as never) ?? toggle({ summary });
  return char === undefined ? entry : { ...entry, char };
}

/** Sets the constant of a flag, and prepares the maps that it uses: before load. */
export function configureFlag(object: OpenedObject, flag: ToolFlag, value: FlagValue): void {
  const kind = kindOf(flag);
  object.globals.need(flag.sets).set(kind?.constant ? kind.constant(value) : (value as Value));
  kind?.configure?.(object, value, flag as never);
}

/** Fills the maps that a flag uses: after load. */
export function fillFlag(object: BpfObject, flag: ToolFlag, value: FlagValue): void {
  kindOf(flag)?.fill?.(object, value);
}
