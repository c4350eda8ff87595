import assert from 'node:assert/strict';
import type { EventContext } from '../../src/events/context.js';
import { EventReader } from '../../src/events/reader.js';
import { random } from '../helpers/random.js';
import { fakeContext, interesting64, Probe, variable } from './helpers.js';

describe('events: integers', () => {
  it('are exact at the ends of their range, as the compiler lays them out', () => {
    const read = (name: string) => {
      const probe = new Probe('numbers').fill(variable(name));
      return Object.fromEntries(probe.schema.columns.map((column) => [column.name, probe.written(column.name)]));
    };
    assert.deepEqual(read('numbers_min'), {
      u8: '0',
      s8: '-128',
      u16: '0',
      s16: '-32768',
      u32: '0',
      s32: '-2147483648',
      u64: '0',
      s64: '-9223372036854775808',
      flag: 'false',
      schar: '-128',
      uchar: '0',
      pointer: '0',
      size: '0',
    });
    assert.deepEqual(read('numbers_max'), {
      u8: '255',
      s8: '127',
      u16: '65535',
      s16: '32767',
      u32: '4294967295',
      s32: '2147483647',
      u64: '18446744073709551615',
      s64: '9223372036854775807',
      flag: 'true',
      schar: '127',
      uchar: '255',
      pointer: '18446744073709551615',
      size: '18446744073709551615',
    });
  });

  for (const [bits, size] of [
    [8, 1],
    [16, 2],
    [32, 4],
    [64, 8],
  ] as const) {
    it(`of ${bits} bits are what BigInt says`, () => {
      const probe = new Probe('numbers');
      for (const value of interesting64(5000)) {
        probe.set(`u${bits}`, value, size).set(`s${bits}`, value, size);
        const [unsigned, signed] = [BigInt.asUintN(bits, value), BigInt.asIntN(bits, value)];
        assert.equal(probe.written(`u${bits}`), unsigned.toString());
        assert.equal(probe.written(`s${bits}`), signed.toString());
        assert.equal(probe.shown(`s${bits}`), signed.toString());
        assert.equal(probe.value(`u${bits}`), bits === 64 ? unsigned : Number(unsigned));
        assert.equal(probe.value(`s${bits}`), bits === 64 ? signed : Number(signed));
      }
    });
  }

  it('are strings in JSON by the width of the field, not by the value', () => {
    const json = Object.fromEntries(
      new Probe('numbers').schema.columns.map((c) => [c.name, c.kind === 'plain' && c.json]),
    );
    assert.deepEqual([json.u8, json.s16, json.u32, json.s32], ['integer', 'integer', 'integer', 'integer']);
    assert.deepEqual([json.u64, json.s64, json.pointer, json.flag], ['string', 'string', 'string', 'boolean']);
  });
});

describe('events: enums', () => {
  const kernel: Partial<EventContext> = {
    enumName: (name, value) => {
      if (name === 'pid_type') return ['PIDTYPE_PID', 'NAME_OF_THIS_KERNEL'][value];
      // Another one of the same name.
      return name === 'level' && value === 0 ? 'START' : undefined;
    },
  };

  it('are names, and numbers where there is no name', () => {
    const probe = new Probe('meanings', kernel);
    const rows: [string, number, string][] = [
      ['plan', -3, 'PLAN_NONE'],
      ['plan', -2, 'PLAN_A'],
      ['plan', 7, 'PLAN_B'],
      ['plan', 8, '8'],
      ['level', 0, 'LEVEL_LOW'],
      ['level', 0xffffffff, 'LEVEL_HIGH'],
      ['level', 0xfffffffe, '4294967294'],
      ['ours', 1, 'OURS_TGID'],
      ['kernels', 0, 'PIDTYPE_PID'],
      ['kernels', 1, 'NAME_OF_THIS_KERNEL'],
      ['kernels', 4000, '4000'],
    ];
    // Twice: names are kept.
    for (const [field, value, name] of [...rows, ...rows]) {
      probe.set(field, value, 4);
      assert.equal(probe.written(field), name);
      assert.equal(probe.value(field), name);
    }
  });
});

describe('events: other types', () => {
  const probe = new Probe('shapes').fill(variable('shapes_one'));

  it('are named after their place, and private ones left out', () => {
    assert.deepEqual(
      probe.schema.columns.map(({ name }) => name),
      [
        'outer_port',
        'outer_ret',
        'outer_ret_error',
        'outer_in_deepest',
        'unnamed',
        'either',
        'low',
        'middle',
        'high',
        'sign',
        'wide',
        'rest',
        'bit',
        'list',
        'longs',
        'grid',
      ],
    );
  });

  for (const [field, written] of [
    ['outer_port', '443'],
    ['outer_ret', '-2'],
    ['outer_ret_error', 'ENOENT'],
    ['outer_in_deepest', '9'],
    ['unnamed', '77'],
    ['low', '5'],
    ['middle', '1025'],
    ['high', '131073'],
    ['sign', '-11'],
    ['wide', String(0xfedcba987654321n)],
    ['rest', '9'],
    ['list', '[1,2,4294967295]'],
    ['longs', '["-1","9007199254740993"]'],
  ] as const)
    it(`${field} is ${written}`, () => assert.equal(probe.written(field), written));

  it('write JSON that a program can read, whatever they are', () => {
    for (const name of ['either', 'list', 'longs', 'grid']) JSON.parse(probe.written(name));
    assert.deepEqual(JSON.parse(probe.written('grid')).flat(2), [1, 2, 3, 4]);
    assert.equal(JSON.parse(probe.written('either')).word, 0x04030201);
  });

  it('read bit-fields of any bits', () => {
    const next = random(7);
    for (let i = 0; i < 2000; i++) {
      const bits = next();
      const word = Buffer.alloc(4);
      word.writeUInt32LE(bits);
      // low, middle and high share one word.
      probe.setBytes('low', word);
      assert.equal(probe.value('low'), bits & 7);
      assert.equal(probe.value('middle'), (bits >>> 3) & 0x7ff);
      assert.equal(probe.value('high'), bits >>> 14);
    }
  });
});

describe('events: EventReader', () => {
  it('reads an event as an object, at any place', () => {
    const { schema } = new Probe('shapes');
    const bytes = Buffer.concat([Buffer.alloc(3), variable('shapes_one'), Buffer.alloc(9)]);
    const event = new EventReader(schema).read(bytes, 3, schema.size);
    assert.deepEqual(
      [event.outer_port, event.outer_ret_error, event.wide, event.list],
      [443, 'ENOENT', 0xfedcba987654321n, [1, 2, 4294967295]],
    );
  });

  it('leaves out what an event has not', () => {
    const { schema } = new Probe('meanings');
    const event = new EventReader(schema).read(Buffer.alloc(schema.size));
    assert.equal(event.ret, 0);
    assert.equal('error' in event, false);
    assert.equal(event.path, null);
  });

  it('refuses a record that is too short', () => {
    const { schema } = new Probe('numbers', fakeContext());
    const reader = new EventReader(schema);
    assert.throws(() => reader.read(Buffer.alloc(schema.size - 1)), /^RangeError: \d+ bytes, but numbers has \d+$/);
    assert.throws(() => reader.read(Buffer.alloc(schema.size), 1), RangeError);
  });
});
