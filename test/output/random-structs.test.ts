import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { type Column, EventRecord, TextSpan } from '../../src/events/column.js';
import { OutputBuffer } from '../../src/events/output-buffer.js';
import { EventReader } from '../../src/events/reader.js';
import { eventSchema } from '../../src/events/schema.js';
import { JsonFormat } from '../../src/output/json.js';
import { randomBelow } from '../helpers/random.js';
import { context, type Member, randomRecord, randomStruct } from './random-struct.js';

const HOSTILE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const escaped = (text: string) =>
  [...Array(text.length).keys()].map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');

/** The line by the slow path: the event as an object, and JSON.stringify. */
function expected(
  columns: readonly Column[],
  members: readonly Member[],
  record: EventRecord,
  reader: EventReader,
): string {
  const event = reader.read(record.bytes, record.offset, record.length);
  const json: Record<string, unknown> = { event: 'random' };
  for (const column of columns) {
    const value = event[column.name];
    if (value === undefined) continue;
    const member = members.find(({ name }) => name === column.name);
    json[column.name] = member?.field.json ? member.field.json(value as never) : value;
    if (column.kind !== 'text' || value === null) continue;
    const span = new TextSpan();
    column.locate(record, span);
    const bytes = span.bytes.subarray(span.start, span.end);
    if (!isUtf8(bytes)) json[`${column.name}_base64`] = Buffer.from(bytes).toString('base64');
    if (span.isTruncated) json[`${column.name}_truncated`] = true;
  }
  return `${JSON.stringify(json).replace(HOSTILE, escaped)}\n`;
}

describe('output: JSON of random structs', () => {
  for (const seed of [1, 2, 3, 4]) {
    it(`is byte for byte what objects and JSON.stringify give, seed ${seed}`, () => {
      const random = randomBelow(seed);
      for (let round = 0; round < 150; round++) {
        const { members, size, btf } = randomStruct(random);
        const schema = eventSchema(btf, 'random_event', context);
        const reader = new EventReader(schema);
        const format = new JsonFormat('random', schema.columns);
        const out = new OutputBuffer();
        const record = new EventRecord();
        const records = Array.from({ length: 4 }, () => randomRecord(random, members, size));
        // Some come again, in turn, as those of busy processes do: what was kept must be theirs.
        for (let i = 0; i < 12; i++) {
          const bytes = records[random(records.length)] as Buffer;
          record.setBytes(Buffer.concat([Buffer.alloc(5), bytes, Buffer.alloc(3, 0xff)]));
          record.offset = 5;
          record.length = bytes.length;
          out.length = 0;
          format.event(record, out);
          const written = out.bytes.toString('utf8', 0, out.length);
          assert.equal(written, expected(schema.columns, members, record, reader), bytes.toString('hex'));
        }
      }
    });
  }
});
