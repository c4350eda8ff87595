import type { Column, EventRecord } from '../events/column.js';
import { type OutputBuffer, Snippet } from '../events/output-buffer.js';

/** Writes a part of an event. */
export type Part = (record: EventRecord, out: OutputBuffer) => void;

/** Whether what parts write depends on their bytes alone, so far in this event: not where a table's row is out of its usual order. */
export interface Order {
  readonly isUsual: boolean;
}

/** How many texts a memo keeps: as many as processes are busy at one time, more or less. */
const ENTRIES_BITS = 6;
const ENTRIES = 1 << ENTRIES_BITS;
/** What is longer is not kept. */
const LONGEST = 1024;
/**
 * Bytes that decide together: those that tell a process. What came of its call is another thing: there are fewer of each
 * than of both together, and so more of them are known. The members of struct event (bpf/include/event.h) are as long.
 */
const LONGEST_KEY = 60;

type Kept = Pick<Column, 'dependsOn' | 'isPassing'>;
type Range = NonNullable<Column['dependsOn']>;

interface Entry {
  readonly key: Int32Array;
  readonly text: Snippet;
}

/** Where the four-byte words, and then the bytes, of some ranges lie. */
function places(ranges: readonly Range[]): { words: number[]; bytes: number[] } {
  const words: number[] = [];
  const bytes: number[] = [];
  for (const { offset, size } of ranges) {
    let at = 0;
    for (; at + 4 <= size; at += 4) words.push(offset + at);
    for (; at < size; at++) bytes.push(offset + at);
  }
  return { words: [...new Set(words)], bytes: [...new Set(bytes)] };
}

/**
 * Writes parts that depend on certain bytes of the record alone, and keeps what came out: an event mostly
 * has the process, the user and the command of one a moment ago, and to compare bytes and copy a text is several
 * times as quick as to write it anew.
 */
function memo(columns: readonly Kept[], parts: readonly Part[], ranges: readonly Range[], order?: Order): Part {
  const { words, bytes } = places(ranges);
  const entries = new Array<Entry | undefined>(ENTRIES).fill(undefined);
  const keyOf = ({ view, offset }: EventRecord) =>
    Int32Array.from([
      ...words.map((word) => view.getInt32(offset + word, true)),
      ...bytes.map((byte) => view.getUint8(offset + byte)),
    ]);
  const isOf = ({ key: known }: Entry, { view, offset }: EventRecord) => {
    let i = 0;
    for (const word of words) if (known[i++] !== view.getInt32(offset + word, true)) return false;
    for (const byte of bytes) if (known[i++] !== view.getUint8(offset + byte)) return false;
    return true;
  };
  const slotOf = ({ view, offset }: EventRecord) => {
    let hash = 0;
    // Odd and large, so that the upper bits depend on all: of a process pid and tid mostly differ alike from another's.
    for (const word of words) hash = Math.imul(hash ^ view.getInt32(offset + word, true), 0x9e3779b1);
    for (const byte of bytes) hash = Math.imul(hash ^ view.getUint8(offset + byte), 0x9e3779b1);
    return hash >>> (32 - ENTRIES_BITS);
  };
  let last: Entry | undefined;
  return (record, out) => {
    if (last && isOf(last, record)) {
      out.insert(last.text);
      return;
    }
    const slot = slotOf(record);
    const entry = entries[slot];
    if (entry && isOf(entry, record)) {
      last = entry;
      out.insert(entry.text);
      return;
    }
    const start = out.length;
    for (const part of parts) part(record, out);
    if (order?.isUsual === false || out.length - start > LONGEST) return;
    if (columns.some((column) => column.isPassing?.(record))) return;
    const text = new Snippet(out.bytes.subarray(start, out.length));
    entries[slot] = { key: keyOf(record), text };
  };
}

/** The same where each row has an order that may be broken: then the parts are written anew. */
function memoInOrder(columns: readonly Kept[], parts: readonly Part[], ranges: readonly Range[], order: Order): Part {
  const kept = memo(columns, parts, ranges, order);
  return (record, out) => {
    if (order.isUsual) kept(record, out);
    else for (const part of parts) part(record, out);
  };
}

/** Whether a range can be part of the same key; the first one always can. */
function fits(range: Range, ranges: readonly Range[]): boolean {
  const { words, bytes } = places([...ranges, range]);
  return ranges.length === 0 || 4 * words.length + bytes.length <= LONGEST_KEY;
}

/** Puts a memo around each run of columns that depend on certain bytes alone. `parts` are those of the columns. */
export function memoized(columns: readonly Kept[], parts: readonly Part[], order?: Order): Part[] {
  const result: Part[] = [];
  for (let at = 0; at < columns.length; ) {
    let end = at;
    const ranges: Range[] = [];
    for (let range = columns[end]?.dependsOn; range && fits(range, ranges); range = columns[end]?.dependsOn) {
      ranges.push(range);
      end++;
    }
    const [run, kept] = [parts.slice(at, end), columns.slice(at, end)];
    if (ranges.length > 0) result.push(order ? memoInOrder(kept, run, ranges, order) : memo(kept, run, ranges));
    else result.push(parts[end++] as Part);
    at = end;
  }
  return result;
}
