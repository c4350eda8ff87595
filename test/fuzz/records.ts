/** Damaged records of the tools' events, and damaged batches of them: read as objects, and written in all formats. */
import { readFileSync } from 'node:fs';
import { RecordBatch } from '../../src/bpf/record-stream.js';
import { Btf, layoutOf, readBtfBytes } from '../../src/btf/index.js';
import { EventRecord, TextList, TextSpan } from '../../src/events/column.js';
import { OutputBuffer } from '../../src/events/output-buffer.js';
import { EventReader } from '../../src/events/reader.js';
import { type EventSchema, eventSchema } from '../../src/events/schema.js';
import { randomBelow } from '../helpers/random.js';
import { syntheticContext, syntheticRecord, VARIANTS } from '../helpers/synthetic-records.js';
import { mutateBytes } from './mutate.js';
import { strange } from './strange.js';
import { isAccepted } from './typed.js';
import type { Try, Work } from './work.js';

/** The events of an object: structs that end in `_event` and begin with struct event (bpf/include/event.h). */
function schemasOf(path: string): { btf: Btf; schema: EventSchema }[] {
  const btf = Btf.parse(readBtfBytes(readFileSync(path)));
  const structs = [...btf.ofKind('struct')]
    .map((id) => btf.type(id).name)
    .filter((name) => name.endsWith('_event') && layoutOf(btf, name).members[0]?.typedefs.includes('snoop_time'));
  return structs.map((name) => ({ btf, schema: eventSchema(btf, name, syntheticContext({})) }));
}

/** Has every column read and write, as the outputs do. */
function writeAll(schema: EventSchema, bytes: Buffer, length: number): void {
  const record = new EventRecord();
  record.setBytes(bytes);
  record.length = length;
  const [out, span, list] = [new OutputBuffer(), new TextSpan(), new TextList()];
  for (const column of schema.columns) {
    if (column.isPresent?.(record) === false) continue;
    column.value(record);
    if (column.kind === 'plain') {
      column.write(record, out);
      column.writeForPeople?.(record, out);
    } else if (column.kind === 'text') column.locate(record, span);
    else if (column.kind === 'list') {
      column.locateFirst?.(record, span);
      column.locate(record, list);
      list.forEach(() => {});
      list.forEachMember(() => {});
    }
  }
  out.take();
}

/** A batch as a ring has it, of this record several times. */
function batchOf(record: Buffer, count: number): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(record.length);
  const padding = Buffer.alloc(-record.length & 7);
  return Buffer.concat(Array.from({ length: count }, () => [header, record, padding]).flat());
}

/** The damaged record of a number. */
export function recordInput({ corpus, seed }: Pick<Work, 'corpus' | 'seed'>) {
  const events = corpus.flatMap(schemasOf);
  return (number: number) => {
    const { btf, schema } = events[number % events.length] as (typeof events)[number];
    const random = randomBelow(seed + number);
    const original = syntheticRecord(btf, schema.struct, VARIANTS[random(VARIANTS.length)] ?? 'usual');
    return { schema, random, bytes: mutateBytes(original, random) };
  };
}

export function records(work: Work): Try {
  const input = recordInput(work);
  return (number) => {
    const { schema, random, bytes } = input(number);
    const reader = new EventReader(schema);
    const isRead = isAccepted(() => reader.read(bytes));
    // The sinks get records that programs have sent, whose structs are whole.
    if (bytes.length >= schema.size) isAccepted(() => writeAll(schema, bytes, bytes.length));
    const [offset, length] = [strange(random), strange(random)] as number[];
    isAccepted(() => reader.read(bytes, offset));
    isAccepted(() => reader.read(bytes, offset, length));
    isAccepted(() => reader.read(strange(random) as Buffer));
    const batch = mutateBytes(batchOf(bytes, 1 + random(4)), random);
    isAccepted(() =>
      new RecordBatch(batch).forEach((at, size) => {
        if (at + size > batch.length) throw new Error(`a record at ${at} of ${size} bytes is outside`);
        isAccepted(() => reader.read(batch, at, size));
      }),
    );
    isAccepted(() => new RecordBatch(strange(random) as Buffer).forEach(() => {}));
    return isRead ? 'accepted' : 'refused';
  };
}
