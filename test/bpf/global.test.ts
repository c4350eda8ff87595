import assert from 'node:assert/strict';
import { BpfError } from '../../src/bpf/errors.js';
import { BtfError } from '../../src/btf/index.js';
import { needs } from '../capability.js';
import { callGetegid, counter, load, open } from './helpers.js';

describe('bpf: variables', () => {
  it('have the value that the source gives them', () => {
    using object = open('globals');
    const value = (name: string) => object.globals.need(name).get();
    assert.deepEqual(
      [value('a_s8'), value('a_u32'), value('a_text'), value('a_bool'), value('multiplier'), value('calls')],
      [-1, 42, 'before', false, 3, 0n],
    );
    assert.deepEqual(value('a_point'), { x: -5, y: 6n, name: 'p' });
    assert.deepEqual(value('a_list'), [1, 2, 3, 4]);
  });

  for (const [name, ...values] of [
    ['a_u8', 0, 255],
    ['a_s8', -128, 127],
    ['a_u16', 65535],
    ['a_s16', -32768, 32767],
    ['a_u32', 4294967295],
    ['a_s32', -2147483648, 2147483647],
    ['a_u64', 0n, 18446744073709551615n],
    ['a_s64', -9223372036854775808n, 9223372036854775807n],
    ['a_bool', true, false],
    ['a_text', '', 'fifteen chars..', 'é'],
    ['a_point', { x: 1, y: 2n, name: 'abc' }],
    ['a_list', [9, 8, 7, 6]],
  ] as const)
    it(`${name} takes the values of its type`, () => {
      using object = open('globals');
      const others = () =>
        [...object.globals.values()].filter((other) => other.name !== name).map((other) => other.get());
      const before = others();
      for (const value of values) {
        object.globals.need(name).set(value as never);
        assert.deepEqual(object.globals.need(name).get(), value);
      }
      assert.deepEqual(others(), before);
    });

  it('take an enum by name or number', () => {
    using object = open('globals');
    const mood = object.globals.need('a_mood');
    for (const value of ['ANGRY', 9]) {
      mood.set('CALM');
      mood.set(value);
      assert.equal(mood.get(), 'ANGRY');
    }
  });

  for (const [name, value] of [
    ['a_u8', 256],
    ['a_u8', -1],
    ['a_s8', 128],
    ['a_u64', 2n ** 64n],
    ['a_u32', 1.5],
    ['a_u32', 'one'],
    ['a_text', 'more than sixteen bytes of it'],
    ['a_mood', 'HUNGRY'],
    ['a_list', [1, 2, 3, 4, 5]],
    ['a_point', { x: 1, z: 2 }],
  ] as const)
    it(`${name} refuses ${typeof value === 'bigint' ? `${value}n` : JSON.stringify(value)}`, () => {
      using object = open('globals');
      const global = object.globals.need(name);
      const before = global.get();
      assert.throws(() => global.set(value as never), BtfError);
      assert.deepEqual(global.get(), before);
    });

  describe('of a loaded object', () => {
    before(function () {
      needs(this, 'root');
    });

    it('are live: counters go up, and what is written is used', () => {
      const object = open('globals');
      object.globals.need('target').set(process.pid);
      object.globals.need('a_s32').set(-7);
      object.globals.need('a_u64').set(2n ** 60n);
      object.globals.need('a_text').set('z');
      object.load();
      object.programs.need('handle_call').attach();
      const first = counter(object, 'calls');
      callGetegid(10);
      const second = counter(object, 'calls');
      assert.ok(second - first >= 30n, `${first} ${second}`);
      assert.equal(second % 3n, 0n);
      assert.deepEqual(object.globals.need('last').get(), { x: -7, y: 2n ** 60n, name: 'zy' });
      object.globals.need('multiplier').set(0);
      const third = counter(object, 'calls');
      callGetegid(10);
      assert.equal(counter(object, 'calls'), third);
      object.close();
    });

    it('are constants where the source says so', () => {
      using object = load('globals');
      const constant = object.globals.need('a_u32');
      assert.throws(
        () => constant.set(1),
        (error) => error instanceof BpfError && /^cannot set a_u32: .*EPERM/.test(error.message),
      );
      assert.equal(constant.get(), 42);
    });
  });
});
