import type { Column, EventRecord } from '../events/column.js';
import { type OutputBuffer, Snippet } from '../events/output-buffer.js';

/** Writes a part of an event. */
export type Part = (record: EventRecord, out: OutputBuffer) => void;

/**
 * Whether the output of parts still depends on their bytes alone, in this event: false in a table's row with a value
 * that exceeded its room.
 */
export interface Order {
  readonly isUsual: boolean;
}

/** Number of texts in a memo: about as many as processes are busy at a time. */
const ENTRIES_BITS = 6;
const ENTRIES = 1 << ENTRIES_BITS;
/** Maximum length of a remembered text. */
const LONGEST = 1024;
/**
 * Maximum length of a key in bytes: the part of a record that identifies the process, without the result of its call.
 * Each alone has fewer values than both combined, and thus more hits. It is the length of struct event's members
 * (bpf/include/event.h).
 */
const LONGEST_KEY = 60;

type Kept = Pick<Column, 'dependsOn' | 'isPassing'>;
type Range = NonNullable<Column['dependsOn']>;

interface Entry {
  readonly key: Int32Array;
  text: Snippet | undefined;
}

/** Positions of the four-byte words, and of the remaining bytes, of some ranges. */
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
 * Writes parts that depend only on certain bytes of the record, and remembers their output. An event mostly has the
 * process, user and command of a recent one, and comparing bytes and copying a text is several times as fast as writing
 * it.
 */
function memo(columns: readonly Kept[], parts: readonly Part[], ranges: readonly Range[], order?: Order): Part {
  const { words, bytes } = places(ranges);
  const entries = Array.from(
    { length: ENTRIES },
    (): Entry => ({ key: new Int32Array(words.length + bytes.length), text: undefined }),
  );
  const setKey = ({ key }: Entry, { view, offset }: EventRecord) => {
    let i = 0;
    for (const word of words) key[i++] = view.getInt32(offset + word, true);
    for (const byte of bytes) key[i++] = view.getUint8(offset + byte);
  };
  const isOf = ({ key: known }: Entry, { view, offset }: EventRecord) => {
    let i = 0;
    for (const word of words) if (known[i++] !== view.getInt32(offset + word, true)) return false;
    for (const byte of bytes) if (known[i++] !== view.getUint8(offset + byte)) return false;
    return true;
  };
  const slotOf = ({ view, offset }: EventRecord) => {
    let hash = 0;
    // Odd and large, so that the upper bits depend on all words: pid and tid often differ from those of another process
    // by the same amount.
    for (const word of words) hash = Math.imul(hash ^ view.getInt32(offset + word, true), 0x9e3779b1);
    for (const byte of bytes) hash = Math.imul(hash ^ view.getUint8(offset + byte), 0x9e3779b1);
    return hash >>> (32 - ENTRIES_BITS);
  };
  let last = entries[0] as Entry;
  return (record, out) => {
    if (last.text && isOf(last, record)) {
      out.insert(last.text);
      return;
    }
    const entry = entries[slotOf(record)] as Entry;
    const isKnown = isOf(entry, record);
    if (isKnown && entry.text) {
      last = entry;
      out.insert(entry.text);
      return;
    }
    const start = out.length;
    for (const part of parts) part(record, out);
    if (!isKnown) {
      // The text is kept when the key comes again: ports of connections, say, mostly do not.
      setKey(entry, record);
      entry.text = undefined;
      return;
    }
    if (order?.isUsual === false || out.length - start > LONGEST) return;
    if (columns.some((column) => column.isPassing?.(record))) return;
    entry.text = new Snippet(out.bytes.subarray(start, out.length));
  };
}

/** A memo for rows with an order: the parts are written anew if it is broken. */
function memoInOrder(columns: readonly Kept[], parts: readonly Part[], ranges: readonly Range[], order: Order): Part {
  const kept = memo(columns, parts, ranges, order);
  return (record, out) => {
    if (order.isUsual) kept(record, out);
    else for (const part of parts) part(record, out);
  };
}

/** Whether a range can be added to a key; the first one always can. */
function fits(range: Range, ranges: readonly Range[]): boolean {
  const { words, bytes } = places([...ranges, range]);
  return ranges.length === 0 || 4 * words.length + bytes.length <= LONGEST_KEY;
}

/** Wraps each run of columns that depend only on certain bytes into a memo. `parts` are those of the columns. */
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
