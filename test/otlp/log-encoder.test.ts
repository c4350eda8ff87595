import assert from 'node:assert/strict';
import { EventRecord, type PlainColumn } from '../../src/events/column.js';
import { OutputBuffer } from '../../src/events/output-buffer.js';
import { eventSchema } from '../../src/events/schema.js';
import { LogEncoder, type LogOptions } from '../../src/otlp/log-encoder.js';
import type { OtlpMapping } from '../../src/otlp/mapping.js';
import { messageType } from '../../src/otlp/messages.js';
import { JsonFormat } from '../../src/output/json.js';
import { ROLE_ATTRIBUTES } from '../../src/trace/features/sockets/attributes.js';
import { expectedAttributes, type Told, unixNano } from '../helpers/otlp-expected.js';
import { randomBelow } from '../helpers/random.js';
import { event, hostileNames, nameColumn, numberColumn, record, show } from '../output/helpers.js';
import { context, randomRecord, randomStruct } from '../output/random-struct.js';

interface Log {
  timeUnixNano: string;
  observedTimeUnixNano: string;
  severityNumber: number;
  eventName: string;
  droppedAttributesCount?: number;
  attributes?: { key: string; value: Told }[];
}

const OPTIONS: LogOptions = {
  args: 'full',
  valueLength: Number.POSITIVE_INFINITY,
  attributeCount: 128,
  tool: 'opensnoop',
};

/** Decodes the contents of a scope's message: exactly one record. */
function decode(bytes: Uint8Array): Log {
  const type = messageType('ScopeLogs');
  const { logRecords } = type.toObject(type.decode(bytes), { longs: String, bytes: String, json: true });
  assert.equal(logRecords.length, 1);
  return logRecords[0];
}

function attributesOf({ attributes = [] }: Log): Record<string, Told> {
  const names = attributes.map(({ key }) => key);
  assert.equal(new Set(names).size, names.length, `twice in ${names}`);
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value]));
}

const text = new TextDecoder('utf-8', { ignoreBOM: true });

function encode(encoder: LogEncoder, of: EventRecord = record): Log {
  const out = new OutputBuffer();
  encoder.event(of, out);
  return decode(Uint8Array.from(out.take()));
}

const encoderOf = (columns: PlainColumn[], mapping: OtlpMapping = {}, options: Partial<LogOptions> = {}) =>
  new LogEncoder('open', [...columns, nameColumn('path')], mapping, { ...OPTIONS, ...options });

describe('output: OTLP log records', () => {
  for (const seed of [1, 2, 3])
    it(`say of random structs what JSON says, seed ${seed}`, () => {
      const random = randomBelow(seed);
      for (let round = 0; round < 100; round++) {
        const { members, size, btf } = randomStruct(random);
        const { columns } = eventSchema(btf, 'random_event', context);
        const times = columns.filter((column) => column.kind === 'plain' && column.readTime);
        const wide = columns.filter(
          (column) => column.kind === 'plain' && /\[0-9\]\+\$$/.test(column.jsonSchema?.pattern ?? ''),
        );
        const by = { durations: new Set<string>(), wide: new Set(wide.map(({ name }) => name)) };
        const encoder = new LogEncoder('random', columns, {}, OPTIONS);
        const json = new JsonFormat('random', columns);
        const kernel = new EventRecord();
        const records = Array.from({ length: 4 }, () => randomRecord(random, members, size));
        for (let i = 0; i < 8; i++) {
          const bytes = records[random(records.length)] as Buffer;
          kernel.setBytes(Buffer.concat([Buffer.alloc(5), bytes, Buffer.alloc(3, 0xff)]));
          kernel.offset = 5;
          kernel.length = bytes.length;
          const out = new OutputBuffer();
          json.event(kernel, out);
          const line = JSON.parse(out.take().toString());
          const log = encode(encoder, kernel);
          const time = times[0]?.name;
          const expected = expectedAttributes(line, {}, by);
          if (time !== undefined) {
            assert.equal(log.timeUnixNano, unixNano(line[time]));
            delete expected[`snoopkit.random.${time}`];
          }
          for (const [name, value] of Object.entries(expected))
            if ('intValue' in value && wide.some((column) => `snoopkit.random.${column.name}` === name))
              value.intValue = String(BigInt.asIntN(64, BigInt(value.intValue)));
          assert.deepEqual(attributesOf(log), expected);
        }
      }
    });

  it('have every name as valid UTF-8, and its bytes where that is not the same', () => {
    const encoder = encoderOf([]);
    for (const name of hostileNames(2000)) {
      show({ name });
      const attributes = attributesOf(encode(encoder));
      const lossy = text.decode(name);
      assert.deepEqual(attributes['snoopkit.open.path'], { stringValue: lossy });
      const exact = Buffer.from(lossy).equals(name) ? undefined : { bytesValue: name.toString('base64') };
      assert.deepEqual(attributes['snoopkit.open.path.bytes'], exact);
    }
  });

  it('hold texts of any length', () => {
    const encoder = encoderOf([]);
    for (const length of [0, 1, 100, 101, 110, 120, 126, 127, 128, 16_100, 16_383, 16_384, 70_000, 3_000_000]) {
      show({ name: Buffer.alloc(length, 'x') });
      const { value } = encode(encoder).attributes?.[0] ?? assert.fail('no attribute');
      assert.equal((value as { stringValue: string }).stringValue.length, length);
    }
  });

  it('cut every text where they are told to: of columns, constants, lists, bytes and losses', () => {
    const text = (name: string, value: string) =>
      ({
        ...numberColumn({ name }),
        json: 'string',
        jsonSchema: {},
        unit: undefined,
        value: () => value,
        write: (_, out) => out.ascii(value),
      }) as PlainColumn;
    const encoder = encoderOf(
      [text('error', 'ECONNREFUSED'), text('state', 'FIN_WAIT1')],
      {
        constants: { 'network.transport': 'quiche' },
        attributes: { state: { name: 'network.connection.state', as: 'tcp_state' } },
      },
      { valueLength: 4 },
    );
    show({ name: Buffer.from([0xff, 0x61, 0x62, 0x63, 0x64, 0x65]) });
    const attributes = attributesOf(encode(encoder));
    const strings = Object.values(attributes).flatMap((value) => ('stringValue' in value ? [value.stringValue] : []));
    assert.deepEqual(strings.sort(), ['ECON', 'fin_', 'quic', '\ufffdabc'].sort());
    assert.deepEqual(attributes['snoopkit.open.path.bytes'], {
      bytesValue: Buffer.from([0xff, 0x61, 0x62, 0x63]).toString('base64'),
    });
    const out = new OutputBuffer();
    encoder.lost({ reason: 'ring_full', count: 1, total: 2 }, out);
    const lost = attributesOf(decode(Uint8Array.from(out.take())));
    assert.deepEqual(lost['snoopkit.lost.reason'], { stringValue: 'ring' });
    assert.deepEqual(lost['snoopkit.tool'], { stringValue: 'open' });
  });

  it('have no peer where there is none, and ends by who began', () => {
    const kernel = new EventRecord();
    kernel.setBytes(Buffer.alloc(64));
    let [role, port] = ['client', 443];
    const column = (name: string, value: () => string | number, json: 'string' | 'integer') =>
      ({
        ...numberColumn({ name }),
        json,
        jsonSchema: {},
        dependsOn: undefined,
        unit: undefined,
        value,
        write: (_, out) => out.ascii(String(value())),
      }) as PlainColumn;
    const columns = [
      column('role', () => role, 'string'),
      column('local_addr', () => '10.0.0.1', 'string'),
      column('remote_addr', () => '10.0.0.2', 'string'),
      column('remote_port', () => port, 'integer'),
    ];
    const namesBy = (mapping: OtlpMapping) => {
      const encoder = new LogEncoder('x', columns, mapping, OPTIONS);
      return Object.keys(attributesOf(encode(encoder, kernel))).filter((name) => !name.startsWith('snoopkit.'));
    };
    const by = { attributes: ROLE_ATTRIBUTES };
    const common = ['network.local.address', 'network.peer.address', 'network.peer.port'];
    assert.deepEqual(namesBy({}), common);
    assert.deepEqual(namesBy(by).sort(), [...common, 'client.address', 'server.address', 'server.port'].sort());
    role = 'server';
    assert.deepEqual(namesBy(by).sort(), [...common, 'client.address', 'client.port', 'server.address'].sort());
    role = 'unknown';
    assert.deepEqual(namesBy(by), common);
    port = 0;
    assert.deepEqual(namesBy({}), ['network.local.address']);
  });

  it('cut texts where they are told to, between characters', () => {
    show({ name: Buffer.from('a\u{1f600}bcd') });
    const attributes = attributesOf(encode(encoderOf([], {}, { valueLength: 3 })));
    assert.deepEqual(attributes['snoopkit.open.path'], { stringValue: 'a\u{1f600}b' });
  });

  it('hold integers exactly, and nanoseconds as seconds', () => {
    const integers = [0, 1, -1, 127, 128, -128, 2 ** 31, 2 ** 32 - 1, 2 ** 32, -(2 ** 32), 2 ** 53 - 1, 1 - 2 ** 53];
    for (const number of integers) {
      show({ number });
      assert.deepEqual(attributesOf(encode(encoderOf([numberColumn()])))['snoopkit.open.number'], {
        intValue: String(number),
      });
    }
    show({ number: 1_500_000_001 });
    assert.deepEqual(attributesOf(encode(encoderOf([numberColumn({ unit: 'ns' })])))['snoopkit.open.number'], {
      doubleValue: 1.500000001,
    });
    for (const wide of ['18446744073709551615', '9223372036854775807', '9007199254740993', '0']) {
      const column = numberColumn({
        json: 'string',
        isWide: true as const,
        jsonSchema: { pattern: '^[0-9]+$' },
        write: (_record, out) => out.ascii(wide),
      });
      assert.deepEqual(attributesOf(encode(encoderOf([column])))['snoopkit.open.number'], {
        intValue: String(BigInt.asIntN(64, BigInt(wide))),
      });
    }
  });

  it('leave out what is missing, and say what is truncated', () => {
    show({ isMissing: true });
    assert.deepEqual(attributesOf(encode(encoderOf([]))), {});
    show({ name: Buffer.from('x'), isTruncated: true });
    assert.deepEqual(attributesOf(encode(encoderOf([]))), {
      'snoopkit.open.path': { stringValue: 'x' },
      'snoopkit.open.path.truncated': { boolValue: true },
    });
  });

  it('have no more attributes than they may, and say how many are missing', () => {
    show({ name: Buffer.from('x'), isTruncated: true });
    const log = encode(encoderOf([numberColumn()], {}, { attributeCount: 1 }));
    assert.deepEqual(Object.keys(attributesOf(log)), ['snoopkit.open.number']);
    assert.equal(log.droppedAttributesCount, 2);
    assert.equal(encode(encoderOf([numberColumn()], {}, { attributeCount: 3 })).droppedAttributesCount, undefined);
  });

  it('are warnings where something failed, or always', () => {
    const error = numberColumn({ name: 'error', isPresent: () => event.number < 0 });
    for (const [number, severity] of [
      [-2, 13],
      [3, 9],
    ] as const) {
      show({ number });
      assert.equal(encode(encoderOf([error])).severityNumber, severity);
      assert.equal(encode(encoderOf([error], { warns: 'always' })).severityNumber, 13);
      assert.equal(encode(encoderOf([error], { warns: [] })).severityNumber, 9);
    }
  });

  it('leave a column out where another one says it', () => {
    const mapping: OtlpMapping = { attributes: { code: { name: 'process.exit.code', unless: 'number' } } };
    const code = numberColumn({
      name: 'code',
      dependsOn: { offset: 0, size: 0 },
      write: (_record, out) => out.byte(0x35),
    });
    const other = numberColumn({ isPresent: () => event.number !== 0 });
    const encoder = encoderOf([code, other], mapping);
    show({ number: 0 });
    assert.deepEqual(attributesOf(encode(encoder))['process.exit.code'], { intValue: '5' });
    show({ number: 9 });
    assert.equal(attributesOf(encode(encoder))['process.exit.code'], undefined);
  });

  it('have a name, the attributes that are always there, and both times', () => {
    const mapping = {
      event: 'file.open',
      constants: { 'network.transport': 'tcp' },
      attributes: { path: 'file.path' },
    };
    const encoder = encoderOf([], mapping);
    encoder.setObserved(1_795_233_011_123_456_789n);
    show({ name: Buffer.from('/etc/hosts') });
    assert.deepEqual(encode(encoder), {
      timeUnixNano: '1795233011123456789',
      observedTimeUnixNano: '1795233011123456789',
      severityNumber: 9,
      eventName: 'snoopkit.file.open',
      attributes: [
        { key: 'network.transport', value: { stringValue: 'tcp' } },
        { key: 'file.path', value: { stringValue: '/etc/hosts' } },
      ],
    });
  });

  it('report losses', () => {
    const encoder = encoderOf([]);
    const out = new OutputBuffer();
    encoder.lost({ reason: 'ring_full', count: 3, total: 7 }, out);
    const log = decode(Uint8Array.from(out.take()));
    assert.deepEqual([log.eventName, log.severityNumber], ['snoopkit.events.lost', 13]);
    assert.deepEqual(attributesOf(log), {
      'snoopkit.lost.reason': { stringValue: 'ring_full' },
      'snoopkit.lost.count': { intValue: '3' },
      'snoopkit.lost.total': { intValue: '7' },
      'snoopkit.tool': { stringValue: 'opensnoop' },
    });
  });
});
