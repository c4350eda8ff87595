/** The TypeScript types of an event's columns, found out by reading sample records. */
import type { Btf } from '../src/btf/index.js';
import { type Column, EventRecord } from '../src/events/column.js';
import { ClockOffset, type EventContext } from '../src/events/context.js';
import { eventSchema } from '../src/events/schema.js';

/** A context in which every column exists, and some cgroups do not. */
const CONTEXT: EventContext = {
  clock: new ClockOffset(0n),
  arch: process.arch,
  userName: () => undefined,
  groupName: () => undefined,
  cgroupPath: (id) => (id === 0n ? undefined : '/'),
  hostName: () => 'host',
  envNames: [],
  enumName: () => undefined,
  kernelSymbol: () => undefined,
};

/**
 * Words that sample records are filled with: nothing; the number 1; an error; text of one byte, at an offset where there
 * is none.
 */
const SAMPLES = [0, 1, 0xffffffff, 0x40000001];

function sampleRecords(size: number): EventRecord[] {
  return SAMPLES.map((word) => {
    const record = new EventRecord();
    const words = new Uint32Array(Math.ceil(size / 4)).fill(word);
    record.setBytes(Buffer.from(words.buffer));
    record.length = 2 ** 31;
    return record;
  });
}

function typeOf(value: unknown, { kind }: Column): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  if (kind === 'list') return Array.isArray(value) ? 'string[]' : 'Record<string, string>';
  return kind === 'histogram' ? 'Histogram' : 'Value';
}

/** A member of an interface. */
function member(column: Column, records: readonly EventRecord[]): string {
  const types = records.flatMap((record) => {
    try {
      const value = column.value(record);
      return value === undefined ? [] : [typeOf(value, column)];
    } catch (error) {
      // Not every sample is a possible text.
      if (error instanceof RangeError) return [];
      throw error;
    }
  });
  if (types.length === 0) throw new Error(`no sample record has a value of ${column.name}`);
  const union = [...new Set(types)].sort((a, b) => Number(a === 'null') - Number(b === 'null'));
  return `${column.name}${column.isPresent ? '?' : ''}: ${union.join(' | ')};`;
}

/** The members of the interface of an event: what readEvent() makes of its columns. */
export function membersOf(btf: Btf, struct: string): string[] {
  const { columns, size } = eventSchema(btf, struct, CONTEXT);
  const records = sampleRecords(size);
  return columns.map((column) => member(column, records));
}
