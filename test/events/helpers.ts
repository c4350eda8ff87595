import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Btf, elfSections, globalsOf, layoutOf, readBtfBytes } from '../../src/btf/index.js';
import { type Column, EventRecord, type TextColumn, TextSpan } from '../../src/events/column.js';
import { ClockOffset, type EventContext } from '../../src/events/context.js';
import { OutputBuffer } from '../../src/events/output-buffer.js';
import { type EventSchema, eventSchema, type SchemaOptions } from '../../src/events/schema.js';
import { random } from '../helpers/random.js';

const object = readFileSync(new URL('./fixtures/kinds.bpf.o', import.meta.url));
/** The types of fixtures/kinds.bpf.c. */
export const btf = Btf.parse(readBtfBytes(object));

/** A machine without anything of its own. */
export function fakeContext(changes: Partial<EventContext> = {}): EventContext {
  return {
    clock: new ClockOffset(0n),
    arch: 'x64',
    userName: () => undefined,
    groupName: () => undefined,
    envNames: [],
    cgroupPath: () => undefined,
    enumName: () => undefined,
    kernelSymbol: () => undefined,
    ...changes,
  };
}

/** An initialised variable of the fixture: its bytes as the compiler laid them out. */
export function variable(name: string): Buffer {
  const found = globalsOf(object, btf).find((global) => global.name === name);
  assert.ok(found, name);
  const section = elfSections(object).get(found.section);
  assert.ok(section);
  return Buffer.from(section.bytes.subarray(found.offset, found.offset + found.size));
}

/** A struct of the fixture with its columns and a record to fill, at an odd place in a larger memory. */
export class Probe {
  readonly schema: EventSchema;
  readonly record = new EventRecord();
  readonly #offsets: ReadonlyMap<string, number>;

  constructor(struct: string, context: Partial<EventContext> = {}, options: SchemaOptions = {}) {
    this.schema = eventSchema(btf, struct, fakeContext(context), options);
    this.#offsets = new Map(layoutOf(btf, struct).members.map(({ name, offset }) => [name, offset]));
    this.fill(Buffer.alloc(this.schema.size));
  }

  /** Makes these bytes the record; what lies before and behind them is none of its business. */
  fill(bytes: Uint8Array): this {
    const memory = Buffer.alloc(bytes.length + 32, 0xee);
    memory.set(bytes, 13);
    this.record.setBytes(memory);
    this.record.offset = 13;
    this.record.length = bytes.length;
    return this;
  }

  /** Writes a field of up to eight bytes. */
  set(member: string, value: number | bigint, size: 1 | 2 | 4 | 8): this {
    const at = this.record.offset + (this.#offsets.get(member) ?? Number.NaN);
    for (let i = 0; i < size; i++)
      this.record.bytes[at + i] = Number((BigInt.asUintN(64, BigInt(value)) >> BigInt(8 * i)) & 0xffn);
    return this;
  }

  setBytes(member: string, bytes: Uint8Array): this {
    this.record.bytes.set(bytes, this.record.offset + (this.#offsets.get(member) ?? Number.NaN));
    return this;
  }

  column(name: string): Column {
    const column = this.schema.columns.find((candidate) => candidate.name === name);
    assert.ok(column, `no column ${name}`);
    return column;
  }

  value(name: string): unknown {
    return this.column(name).value(this.record);
  }

  /** Output for programs: the JSON without quotes. */
  written(name: string): string {
    const column = this.column(name);
    assert.ok(column.kind === 'plain', name);
    return text((out) => column.write(this.record, out));
  }

  /** Output for people. */
  shown(name: string): string {
    const column = this.column(name);
    assert.ok(column.kind === 'plain', name);
    const write = column.writeForPeople ?? column.write;
    return text((out) => write.call(column, this.record, out));
  }

  span(name: string): { text: string; before: string; after: string; isMissing: boolean; isTruncated: boolean } {
    const column = this.column(name) as TextColumn;
    assert.equal(column.kind, 'text');
    const span = new TextSpan();
    column.locate(this.record, span);
    const { before, after, isMissing, isTruncated } = span;
    const bytes = Buffer.from(span.bytes.subarray(span.start, span.end));
    return { text: isMissing ? '' : bytes.toString('latin1'), before, after, isMissing, isTruncated };
  }
}

/** The text written to an output. */
export function text(write: (out: OutputBuffer) => void): string {
  const out = new OutputBuffer();
  write(out);
  return out.take().toString('latin1');
}

/** Values of 64 bits: the edges, what lies around them, and random ones of all magnitudes. */
export function interesting64(count: number): bigint[] {
  const next = random(64);
  const values = [0n, 1n, 9n, 10n, 2n ** 64n - 1n, 2n ** 63n, 2n ** 63n - 1n];
  for (let bits = 1n; bits < 64n; bits++) values.push(2n ** bits - 1n, 2n ** bits, 2n ** bits + 1n);
  for (let power = 1n; power < 10n ** 20n; power *= 10n)
    for (const near of [power - 1n, power, power + 1n, power * 9n]) values.push(BigInt.asUintN(64, near));
  while (values.length < count) {
    const value = (BigInt(next()) << 32n) | BigInt(next());
    values.push(value >> BigInt(next() % 64));
  }
  return values;
}
