import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  binding,
  EBADF,
  EINVAL,
  ENOENT,
  EPERM,
  ERANGE,
  fixture,
  must,
  open,
  openFds,
  programOf,
  restoreLog,
  run,
  Tracer,
} from './helpers.js';

describe('native object', () => {
  it('describes maps, global data by its section, and programs', () => {
    const object = must(binding.openObject(fixture('ring'), 'a_name_longer_than_15_characters', '', '', ''));
    const maps = new Map(object.maps().map((map) => [map.name, map]));
    assert.deepEqual([...maps.keys()].sort(), [
      '.bss',
      '.data',
      '.rodata',
      '.rodata.custom',
      'events',
      'numbers',
      'per_cpu',
    ]);
    assert.deepEqual(maps.get('numbers'), {
      name: 'numbers',
      type: 1,
      keySize: 4,
      valueSize: 8,
      maxEntries: 16,
      flags: 0,
      hasVariables: false,
      pinPath: '',
    });
    assert.deepEqual(
      object
        .maps()
        .filter(({ hasVariables }) => hasVariables)
        .map(({ name }) => name)
        .sort(),
      ['.bss', '.data', '.rodata', '.rodata.custom'],
    );
    assert.equal(object.setMaxEntries('.bss', 2), EINVAL);
    const [first, ...others] = object.programs();
    assert.deepEqual(first, {
      name: 'handle_sys_enter',
      section: 'raw_tp/sys_enter',
      type: 17,
      attachType: 0,
      autoload: true,
    });
    // Their sections begin with a question mark, which libbpf drops.
    assert.ok(others.length > 0 && others.every(({ autoload }) => !autoload));
    object.close();
  });

  it('changes what is asked before load, and nothing after', () => {
    const object = open();
    assert.equal(object.setMaxEntries('numbers', 99), 0);
    assert.equal(object.setMaxEntries('events', 65_536), 0);
    assert.equal(object.setAutoload('handle_sys_enter', false), 0);
    assert.equal(object.mapFd('numbers'), EINVAL);
    assert.equal(object.openProgram('handle_sys_enter'), EINVAL);
    assert.equal(object.load(), 0);
    assert.equal(object.refusedProgram(), ENOENT);
    assert.ok(object.mapFd('numbers') > 2);
    assert.equal(object.openProgram('handle_sys_enter'), EINVAL);
    assert.equal(object.maps().find((map) => map.name === 'numbers')?.maxEntries, 99);
    must(binding.openRing(object.mapFd('events'), 65_536, -1)).close();
    assert.ok(object.setMaxEntries('numbers', 5) < 0);
    assert.ok(object.setAutoload('handle_sys_enter', true) < 0);
    assert.ok(object.load() < 0);
    assert.ok(object.mapFd('numbers') > 2);
    object.close();
  });

  it('sets the target of a typed program', () => {
    const object = open('iter');
    assert.equal(object.setAutoload('handle_typed', true), 0);
    assert.ok(object.setAttachTarget('handle_typed', 'no_such_thing', 0) < 0);
    assert.equal(object.setAttachTarget('handle_typed', 'sched_process_exit', 0), 0);
    assert.equal(object.load(), 0);
    const program = programOf(object, 'handle_typed');
    assert.ok(program.fd() > 2);
    program.close();
    object.close();
  });

  it('says -ENOENT for names it does not know', () => {
    const object = open();
    assert.equal(object.setMaxEntries('none', 1), ENOENT);
    assert.equal(object.setValueSize('none', 1), ENOENT);
    assert.equal(object.setAutoload('none', true), ENOENT);
    assert.equal(object.setAttachTarget('none', 'x', 0), ENOENT);
    assert.equal(object.readImage('.none', 0, 1), ENOENT);
    assert.equal(object.writeImage('.none', 0, new Uint8Array(1)), ENOENT);
    assert.equal(object.mapFd('none'), ENOENT);
    assert.equal(object.openProgram('none'), ENOENT);
    object.close();
  });

  it('reads and writes global data before load', () => {
    const object = open();
    const image = Buffer.from(must(object.readImage('.rodata', 0, 24)));
    assert.equal(image.readUInt32LE(4), 42);
    assert.equal(object.writeImage('.rodata', 4, Uint8Array.of(1, 2)), 0);
    image.set([1, 2], 4);
    assert.deepEqual(Buffer.from(must(object.readImage('.rodata', 0, 24))), image);
    assert.equal(Buffer.from(must(object.readImage('.rodata.custom', 0, 8))).toString(), 'custom!\0');
    assert.deepEqual(must(object.readImage('.data', 0, 4)), Uint8Array.of(7, 0, 0, 0));
    const size = image.length;
    for (const [offset, length] of [
      [-1, 1],
      [size, 1],
      [size - 1, 2],
      [0, size + 1],
      [2 ** 40, 1],
      [2 ** 53 - 1, 0],
    ] as const)
      assert.equal(object.writeImage('.rodata', offset, new Uint8Array(length)), ERANGE, `${offset}+${length}`);
    assert.equal(object.writeImage('.rodata', size, new Uint8Array(0)), 0);
    for (const [offset, length] of [
      [-1, 1],
      [size, 1],
      [0, size + 1],
      [2 ** 53 - 1, 2 ** 53 - 1],
    ] as const)
      assert.equal(object.readImage('.rodata', offset, length), ERANGE, `${offset}+${length}`);
    assert.deepEqual(Buffer.from(must(object.readImage('.rodata', 5, 3))), image.subarray(5, 8));
    assert.equal(must(object.readImage('.rodata', size, 0)).length, 0);
    assert.equal(object.readImage('numbers', 0, 1), EINVAL);
    assert.equal(object.writeImage('numbers', 0, new Uint8Array(1)), EINVAL);
    object.close();
  });

  it('sees live global data after load, and writes what is not frozen', () => {
    const tracer = new Tracer();
    tracer.emit(3);
    assert.equal(Buffer.from(must(tracer.object.readImage('.bss', 0, 16))).readBigUInt64LE(0), 3n);
    assert.equal(Buffer.from(must(tracer.object.readImage('.rodata', 0, 24))).readUInt32LE(0), process.pid);
    assert.equal(tracer.object.writeImage('.rodata', 0, new Uint8Array(4)), EPERM);
    assert.equal(tracer.object.writeImage('.rodata.custom', 0, new Uint8Array(4)), EPERM);
    assert.equal(tracer.object.writeImage('.data', 0, new Uint8Array(4)), 0);
    tracer.emit(3);
    assert.equal(Buffer.from(must(tracer.object.readImage('.bss', 0, 16))).readBigUInt64LE(0), 3n);
    assert.equal(tracer.object.writeImage('.data', 1, new Uint8Array(4)), ERANGE);
    tracer.close();
  });

  it('passes a refusal of the verifier on, and does nothing afterwards', () => {
    const object = open();
    const log: string[] = [];
    object.setAutoload('handle_refused', true);
    assert.equal(object.refusedProgram(), ENOENT);
    binding.setLog((_, text) => log.push(text), 0);
    assert.ok(object.load() < 0);
    restoreLog();
    assert.match(log.join(''), /handle_refused/);
    const refusal = must(object.refusedProgram());
    assert.equal(refusal.program, 'handle_refused');
    assert.match(refusal.log, /invalid mem access/);
    assert.equal(object.mapFd('numbers'), EINVAL);
    assert.equal(object.writeImage('.rodata', 0, new Uint8Array(4)), EINVAL);
    must(object.readImage('.rodata', 0, 24));
    assert.ok(object.load() < 0);
    assert.equal(object.refusedProgram(), ENOENT);
    assert.equal(object.openProgram('handle_sys_enter'), EINVAL);
    object.close();
  });

  it('answers -EBADF when closed', () => {
    const object = open();
    object.close();
    object.close();
    const bytes = new Uint8Array(1);
    for (const call of [
      () => object.maps(),
      () => object.programs(),
      () => object.setMaxEntries('a', 1),
      () => object.setAutoload('a', true),
      () => object.setAttachTarget('a', 'b', 0),
      () => object.readImage('a', 0, 1),
      () => object.writeImage('a', 0, bytes),
      () => object.load(),
      () => object.refusedProgram(),
      () => object.mapFd('a'),
      () => object.openProgram('a'),
      () => object.openMap('a'),
    ])
      assert.equal(call(), EBADF, String(call));
  });

  it('refuses what is no object', () => {
    for (const bytes of [
      new Uint8Array(0),
      new Uint8Array(1),
      randomBytes(4096),
      Buffer.from('\x7fELF'),
      new Uint8Array(100_000),
    ]) {
      const status = binding.openObject(bytes, 'junk', '', '', '');
      assert.ok(typeof status === 'number' && status < 0);
    }
  });

  it('survives every truncation of an object', () => {
    assert.match(run('truncate', 'ring'), /^refused \d+ of \d+$/m);
  });

  it('opens an object at any alignment, and keeps none of its bytes', () => {
    const bytes = fixture('ring');
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const object = must(binding.openObject(shifted.subarray(1), '', '', '', ''));
    shifted.fill(0xff);
    assert.equal(object.load(), 0);
    object.close();
  });

  it('throws TypeError for arguments of another type', () => {
    const object = open();
    assert.throws(() => binding.openObject('x' as never, 'x', '', '', ''), TypeError);
    assert.throws(() => binding.openObject(new Uint8Array(1), 1 as never, '', '', ''), TypeError);
    assert.throws(() => object.setMaxEntries('numbers', -1), TypeError);
    assert.throws(() => object.setMaxEntries('numbers', 1.5), TypeError);
    assert.throws(() => object.setAutoload('numbers', 1 as never), TypeError);
    assert.throws(() => object.writeImage('.rodata', 0, [1] as never), TypeError);
    object.close();
  });

  it('guards its methods and constructors', () => {
    const tracer = new Tracer();
    const { object, link, ring } = tracer;
    for (const self of [{}, link, ring, undefined, 1, Object.create(object) as object])
      assert.throws(() => object.maps.call(self as never), TypeError);
    for (const value of [object, link, ring]) {
      const type = value.constructor as new () => object;
      assert.throws(() => new type(), /Illegal constructor/);
    }
    tracer.close();
  });

  it('leaks no fd', () => {
    const before = openFds();
    for (let i = 0; i < 10; i++) {
      const object = open();
      if (i % 2) object.load();
      object.close();
    }
    assert.equal(openFds(), before);
  });
});
