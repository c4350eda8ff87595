import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventRecord } from '../../src/events/column.js';
import { ByteSink } from '../../src/output/byte-sink.js';
import { Destination } from '../../src/output/destination.js';
import type { Format } from '../../src/output/format.js';
import { ObjectSink } from '../../src/trace/object-sink.js';
import { EventPump } from '../../src/trace/pump.js';
import { batchOf } from '../helpers/batch.js';
import { numberColumn } from '../output/helpers.js';

const numberOf = ({ view, offset }: EventRecord) => view.getUint32(offset, true);
/** Writes what it can't read, too, as far as it comes. */
const lines = (isReadable: (number: number) => boolean): Format => ({
  begin: (out) => out.ascii('begin\n'),
  event(record, out) {
    out.ascii(`${numberOf(record)}`);
    if (!isReadable(numberOf(record))) throw new RangeError();
    out.ascii('\n');
  },
  lost: ({ count }, out) => out.ascii(`lost ${count}\n`),
  end: (out) => out.ascii('end\n'),
});

/** A column that can't be read in the same records. */
const columnOf = (isReadable: (number: number) => boolean) =>
  numberColumn({
    value(record) {
      if (!isReadable(numberOf(record))) throw new RangeError();
      return numberOf(record);
    },
  });

describe('trace: the pump', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const neverAborted = new AbortController().signal;
  const host = { end: assert.fail, error: assert.fail };

  /** Output to two files and the program, and the number of records that could not be read. */
  async function pumped(readable: readonly ((number: number) => boolean)[], most = 10) {
    const files = readable.map((_, i) => join(folder, `${i}`));
    const bytes = readable.map(
      (isReadable, i) =>
        new ByteSink({
          format: lines(isReadable),
          open: async () => Destination.file(files[i] as string, { truncate: true }),
        }),
    );
    const objects = new ObjectSink([numberColumn({ value: numberOf })]);
    const sinks = [...bytes, objects];
    for (const sink of sinks) assert.ok(await sink.open(neverAborted, host));
    const pump = new EventPump({
      schemas: [{ struct: 'x', size: 4, columns: readable.map(columnOf) }],
      sinks: [sinks],
      most,
      refresh: () => {},
    });
    let unreadable = 0;
    for (const records of [batchOf(1, 2, 3, 4), batchOf(5)]) pump.write({ schema: 0, records }, () => unreadable++);
    pump.lost([{ reason: 'unreadable', count: unreadable, total: unreadable }]);
    for (const sink of sinks) sink.end();
    objects.finish();
    for (const sink of sinks) await sink.close(neverAborted);
    const read = [];
    for await (const { number } of objects.events()) read.push(number);
    return { texts: files.map((file) => readFileSync(file, 'utf8')), read, unreadable, events: pump.events };
  }

  it('gives each record to every sink', async () => {
    const text = 'begin\n1\n2\n3\n4\n5\nlost 0\nend\n';
    const all = await pumped([() => true, () => true]);
    assert.deepEqual(all, { texts: [text, text], read: [1, 2, 3, 4, 5], unreadable: 0, events: 5 });
  });

  it('takes a record back from the others that one can not read', async () => {
    const text = 'begin\n1\n3\n5\nlost 2\nend\n';
    const some = await pumped([(number) => number !== 4, (number) => number !== 2]);
    assert.deepEqual(some, { texts: [text, text], read: [1, 3, 5], unreadable: 2, events: 3 });
  });

  it('stops at the number asked for', async () => {
    const { read, events } = await pumped([() => true], 3);
    assert.deepEqual([read, events], [[1, 2, 3], 3]);
  });
});
