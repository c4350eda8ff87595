/** A kind of field is all in one place: one that is defined here passes through every output. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { membersOf } from '../../src/events/declare.js';
import { type Kinds, plain } from '../../src/events/kind.js';
import { KINDS } from '../../src/events/kinds/index.js';
import { integerReader } from '../../src/events/numbers.js';
import { EventReader, readEvent } from '../../src/events/reader.js';
import { Rows } from '../../src/events/rows.js';
import { eventSchema } from '../../src/events/schema.js';
import { LogEncoder } from '../../src/otlp/log-encoder.js';
import { messageType } from '../../src/otlp/messages.js';
import { CsvFormat } from '../../src/output/csv.js';
import { JsonFormat } from '../../src/output/json.js';
import { lineSchema } from '../../src/output/json-schema.js';
import { KnownTable } from '../../src/output/known-table.js';
import { TableFormat } from '../../src/output/table.js';
import { btf, fakeContext, Probe, text } from './helpers.js';

const kinds: Kinds = {
  trial_percent: {
    isInPlace: true,
    columns: (field) => {
      const read = integerReader(field);
      return [
        plain({
          name: field.name,
          json: 'number',
          type: 'number',
          width: 6,
          align: 'right',
          value: (record) => read(record) / 100,
          write: (record, out) => out.ascii(String(read(record) / 100)),
          writeForPeople: (record, out) => out.ascii(`${(read(record) / 100).toFixed(1)}%`),
        }),
      ];
    },
  },
  trial_mac: {
    isInPlace: true,
    columns: ({ name, offset }) => {
      const mac = ({ bytes, offset: start }: Probe['record']) =>
        bytes.toString('hex', start + offset, start + offset + 6).replace(/..(?=.)/g, '$&:');
      return [
        plain({
          name,
          json: 'string',
          type: 'string',
          jsonSchema: { pattern: '^([0-9a-f]{2}:){5}[0-9a-f]{2}$' },
          width: 17,
          align: 'left',
          value: mac,
          write: (record, out) => out.ascii(mac(record)),
        }),
      ];
    },
  },
};

const MAC = 'de:ad:be:ef:00:01';

describe('events: a kind of the caller', () => {
  const probe = new Probe('trial', {}, { kinds })
    .set('load', 4225, 2)
    .setBytes('link', Buffer.from(MAC.replaceAll(':', ''), 'hex'));
  const { record } = probe;
  const columns = probe.schema.columns.filter(({ name }) => name !== 'time');

  it('is not the one of its C type', () => {
    const untold = eventSchema(btf, 'trial', fakeContext());
    assert.deepEqual(
      untold.columns.slice(1).map((column) => column.value(record)),
      [4225, [...Buffer.from('deadbeef0001', 'hex')]],
    );
    assert.deepEqual(
      columns.map((column) => column.value(record)),
      [42.25, MAC],
    );
  });

  it('is read from any bytes, wherever they lie', () => {
    const { buffer, byteOffset } = record.bytes;
    const view = new Uint8Array(buffer, byteOffset + record.offset, record.length);
    const { load, link } = new EventReader(probe.schema).read(view);
    assert.deepEqual([load, link], [42.25, MAC]);
  });

  it('replaces a built-in one of the same typedef', () => {
    const time = (options = {}) => eventSchema(btf, 'trial', fakeContext(), options).columns[0];
    assert.equal(time()?.type, 'bigint');
    const { columns: percent } = kinds.trial_percent as Kinds[string];
    assert.equal(time({ kinds: { snoop_time: { columns: percent } } })?.type, 'number');
  });

  it('is in each format', () => {
    assert.equal(
      text((out) => new JsonFormat('trial', columns).event(record, out)),
      `{"event":"trial","load":42.25,"link":"${MAC}"}\n`,
    );
    assert.equal(
      text((out) => new CsvFormat(columns).event(record, out)),
      `42.25,${MAC}\n`,
    );
    assert.equal(
      text((out) => new TableFormat(columns, false).event(record, out)),
      ` 42.3% ${MAC}\n`,
    );
    const rows = new Rows(record.bytes.subarray(record.offset, record.offset + record.length), record.length);
    assert.equal(
      text((out) => new KnownTable(columns, false, false).write(rows, 80, out)),
      ` LOAD LINK\n42.3% ${MAC}\n`,
    );
  });

  it('is in objects, their types and the JSON Schema', () => {
    const event = readEvent(record, columns);
    assert.deepEqual(event, { load: 42.25, link: MAC });
    assert.deepEqual(membersOf(btf, 'trial', { kinds }), ['time: bigint;', 'load: number;', 'link: string;']);
    const described = columns.map((column) => ({ column, description: undefined, isOptional: false }));
    const validate = new Ajv2020({ allowUnionTypes: true, validateFormats: false }).compile(
      lineSchema('trial', [{ event: 'trial', columns: described }]),
    );
    assert.ok(validate({ event: 'trial', ...event }));
    assert.ok(!validate({ event: 'trial', ...event, link: 'no address' }));
    assert.ok(!validate({ event: 'trial', ...event, load: '42' }));
  });

  it('is an attribute of a log record', () => {
    const encoder = new LogEncoder(
      'trial',
      columns,
      {},
      {
        args: 'full',
        valueLength: Number.POSITIVE_INFINITY,
        attributeCount: 128,
        tool: 'trial',
      },
    );
    const scope = messageType('ScopeLogs');
    const bytes = Buffer.from(
      text((out) => encoder.event(record, out)),
      'latin1',
    );
    const { logRecords } = scope.toObject(scope.decode(bytes), { longs: String, bytes: String, json: true });
    assert.deepEqual(logRecords[0].attributes, [
      { key: 'snoopkit.trial.load', value: { doubleValue: 42.25 } },
      { key: 'snoopkit.trial.link', value: { stringValue: MAC } },
    ]);
  });

  it('is written once for equal bytes that follow one another, if it is in place', () => {
    for (const { name, dependsOn } of columns)
      assert.deepEqual(dependsOn, name === 'load' ? { offset: 8, size: 2 } : { offset: 10, size: 6 });
    const { columns: make } = kinds.trial_percent as Kinds[string];
    const moving = eventSchema(btf, 'trial', fakeContext(), { kinds: { trial_percent: { columns: make } } });
    assert.equal(moving.columns.find(({ name }) => name === 'load')?.dependsOn, undefined);
  });
});

describe('events: the registry of kinds', () => {
  it('has all families, and no typedef twice', async () => {
    const folder = new URL('../../src/events/kinds/', import.meta.url);
    const files = readdirSync(folder).filter((name) => name.endsWith('.js') && name !== 'index.js');
    const families: { KINDS: Kinds }[] = await Promise.all(files.map((name) => import(new URL(name, folder).href)));
    const typedefs = families.flatMap((family) => Object.entries(family.KINDS));
    assert.deepEqual(typedefs.map(([typedef]) => typedef).sort(), Object.keys(KINDS).sort());
    for (const [typedef, kind] of typedefs) assert.equal(KINDS[typedef], kind);
  });
});
