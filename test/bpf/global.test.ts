import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { BpfError } from '../../src/bpf/errors.js';
import type { BpfGlobal } from '../../src/bpf/global.js';
import { BtfError } from '../../src/btf/index.js';
import { needs } from '../capability.js';
import { kernelIsSince } from '../helpers/kernel.js';
import { patient } from '../helpers/patience.js';
import { callGetegid, counter, load, open } from './helpers.js';

/** The kernel's configuration, by option; undefined if it is not where libbpf looks for it. */
function configuration(): ((option: string) => string | undefined) | undefined {
  const boot = `/boot/config-${release()}`;
  const file = existsSync(boot) ? boot : '/proc/config.gz';
  if (!existsSync(file)) return undefined;
  const text = file === boot ? readFileSync(boot, 'utf8') : gunzipSync(readFileSync(file)).toString();
  return (option) => new RegExp(`^${option}=(.*)$`, 'm').exec(text)?.[1];
}

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
      assert.throws(() => global.set(value as never), new RegExp(`^BtfError: ${name}\\b`));
      assert.deepEqual(global.get(), before);
    });

  it('take text that fills its array, and bytes', () => {
    using object = open('statics');
    const exact = object.globals.need('exact');
    assert.equal(exact.get(), 'abcd');
    for (const value of ['wxyz', 'é', 'abc']) {
      exact.set(value);
      const read = exact.get();
      exact.set(read as string);
      assert.deepEqual([read, exact.get()], [value, value]);
    }
    const notText = Uint8Array.of(0xff, 0, 0xfe, 7);
    exact.set(notText);
    assert.deepEqual(exact.bytes(), notText);
    exact.set(exact.bytes());
    assert.deepEqual(exact.bytes(), notText);
    assert.throws(() => exact.set('abcde'), BtfError);
  });

  it('that are structs take their bytes', () => {
    using object = open('globals');
    const point = object.globals.need('a_point');
    const bytes = point.bytes();
    point.set({ x: 1, y: 2n, name: 'q' });
    point.set(bytes);
    assert.deepEqual(point.get(), { x: -5, y: 6n, name: 'p' });
    assert.throws(() => point.set(bytes.subarray(1)), BtfError);
  });

  it('have sections whose sizes are theirs', () => {
    const refusal = { code: 'ERR_SNOOPKIT_USAGE', message: /^\.\w+: its sizes are those of its variables$/ };
    using object = open('globals');
    for (const map of [...object.maps.values()].filter(({ name }) => name.startsWith('.'))) {
      const { maxEntries, valueSize } = map;
      // libbpf took what followed its memory for a part of it.
      for (const change of [{ maxEntries: 1 << 20 }, { valueSize: 1 << 26 }])
        assert.throws(() => Object.assign(map, change), refusal);
      assert.deepEqual([map.maxEntries, map.valueSize], [maxEntries, valueSize]);
    }
  });

  it('of the configuration have no value before load', () => {
    using object = open('kconfig');
    assert.throws(() => object.globals.need('CONFIG_HZ'), {
      name: 'NotFoundError',
      message: 'CONFIG_HZ has no value before load()',
    });
    assert.deepEqual([...object.globals.keys()], ['seen']);
  });

  describe('of a loaded object', () => {
    before(function () {
      needs(this, 'root');
    });

    it('are live: counters go up, and what is written is used', () => {
      using opened = open('globals');
      opened.globals.need('target').set(process.pid);
      opened.globals.need('a_s32').set(-7);
      opened.globals.need('a_u64').set(2n ** 60n);
      opened.globals.need('a_text').set('z');
      const object = opened.load();
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
      assert.equal(object.constants.need('a_u32').get(), 42);
      assert.ok(!('set' in object.constants.need('a_u32')));
      assert.throws(() => object.globals.need('a_u32'), {
        name: 'NotFoundError',
        message: 'a_u32 is a constant, not a global variable',
      });
      assert.deepEqual([...object.globals.keys()].sort(), ['calls', 'last', 'multiplier']);
      assert.equal(object.constants.size, 14);
    });

    it('are live in sections with only static variables, too', () => {
      using opened = open('statics');
      opened.globals.need('target').set(process.pid);
      opened.globals.need('private_step').set(3);
      using object = opened.load();
      assert.equal(object.constants.need('private_limit').get(), 5);
      object.programs.need('handle_call').attach();
      callGetegid(10);
      const [first, all] = [counter(object, 'private_calls'), counter(object, 'calls')];
      assert.ok(first >= 30n && all >= 10n, `${first} ${all}`);
      object.globals.need('private_step').set(0);
      assert.deepEqual([object.globals.need('private_step').get(), object.globals.need('private_other').get()], [0, 7]);
      const before = counter(object, 'private_calls');
      callGetegid(10);
      assert.equal(counter(object, 'private_calls'), before);
      object.globals.need('private_calls').set(2n ** 40n);
      assert.equal(counter(object, 'private_calls'), 2n ** 40n);
    });

    it('are read alone, however large their section is', function () {
      needs(this, 'values of 16 MiB', kernelIsSince(5, 11));
      using opened = open('large');
      const measure = (object: { readonly globals: ReadonlyMap<string, BpfGlobal> }) => {
        const start = performance.now();
        for (let i = 0; i < 1000; i++) object.globals.get('calls')?.get();
        return performance.now() - start;
      };
      const before = measure(opened);
      using object = opened.load();
      const after = measure(object);
      assert.ok(Math.max(before, after) < patient(1000), `${before} ${after}`);
      const text = 'z'.repeat(16 << 20);
      object.globals.need('big').set(text);
      assert.equal(object.globals.need('big').get(), text);
    });

    it('have the values of the kernel configuration', () => {
      const config = configuration();
      using opened = open('kconfig');
      if (config === undefined) {
        assert.throws(() => opened.load(), BpfError);
        return;
      }
      using object = opened.load();
      const value = (name: string) => object.constants.need(name).get();
      const [, major = 0, minor = 0] = /^(\d+)\.(\d+)/.exec(release())?.map(Number) ?? [];
      assert.equal(Number(value('LINUX_KERNEL_VERSION')) >> 8, (major << 8) | minor);
      assert.equal(value('CONFIG_HZ'), Number(config('CONFIG_HZ')));
      assert.equal(value('CONFIG_BPF_SYSCALL'), config('CONFIG_BPF_SYSCALL') === 'y');
      assert.equal(value('CONFIG_BPF'), 'TRI_YES');
      assert.equal(value('CONFIG_DEFAULT_HOSTNAME'), config('CONFIG_DEFAULT_HOSTNAME')?.replaceAll('"', ''));
      assert.equal(value('CONFIG_SNOOPKIT_NO_SUCH_OPTION'), 0n);
      assert.equal(object.constants.need('CONFIG_HZ').section, '.kconfig');
      assert.ok(!('set' in object.constants.need('CONFIG_HZ')));
    });
  });
});
