import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { checkText } from '../../src/bpf/arguments.js';
import { openPerfEvent } from '../../src/bpf/attach-trace.js';
import { ClosedError } from '../../src/bpf/errors.js';
import { BpfLink } from '../../src/bpf/link.js';
import { setLog } from '../../src/bpf/log.js';
import { BpfMap } from '../../src/bpf/map.js';
import { BpfObject, type OpenedObject } from '../../src/bpf/object.js';
import { BpfProgram } from '../../src/bpf/program.js';
import type { ProgramType } from '../../src/bpf/program-type.js';
import { RecordBatch } from '../../src/bpf/record-stream.js';
import { RingBuffer } from '../../src/bpf/ring-buffer.js';
import { vmlinuxHeader } from '../../src/bpf/vmlinux.js';
import { SnoopkitError, UsageError } from '../../src/errors.js';
import { needs } from '../capability.js';
import { fixturePath, oneLine, open } from './helpers.js';

/** An argument that the compiler would refuse. */
type Wrong = never;

/** No type has them. */
const STRANGE = [null, Symbol('x'), Number.NaN, {}, [], () => 1];
const MISSING = [undefined];
const NOT_INTEGERS = [...STRANGE, -1, 1.5, 2 ** 53, Number.POSITIVE_INFINITY, '5', '', 5n, true, new Date(5)];
const NOT_TEXTS = [...STRANGE, -1, 1.5, 5, 5n, true, 'a\0b', Buffer.from('lo')];
const NOT_BOOLEANS = [...STRANGE, 0, 1, 'true', ''];
const NOT_OPTIONS = [null, Symbol('x'), 5, 'x', true, { nope: undefined }];

interface Row {
  readonly wrong: readonly unknown[];
  readonly call: (wrong: Wrong) => unknown;
}
type Table = Readonly<Record<string, Row>>;

const row = (wrong: readonly unknown[], call: Row['call']): Row => ({ wrong, call });

/** Methods that open something, or need no object. */
const FREE: Table = {
  'BpfObject.open(source)': row([...STRANGE, ...MISSING, 5, -1, 'a\0b', new ArrayBuffer(8)], (wrong) =>
    BpfObject.open(wrong),
  ),
  'BpfObject.open(options)': row(NOT_OPTIONS, (wrong) => BpfObject.open(fixturePath('maps'), wrong)),
  'BpfObject.open(name)': row(NOT_TEXTS, (name) => BpfObject.open(fixturePath('maps'), { name })),
  'BpfObject.open(btf)': row([...NOT_TEXTS, ''], (btf) => BpfObject.open(fixturePath('maps'), { btf })),
  setLog: row([...STRANGE.slice(0, -1), 5, 'x', true], (wrong) => setLog(wrong)),
  vmlinuxHeader: row(NOT_TEXTS, (wrong) => vmlinuxHeader(wrong)),
  'RingBuffer.open(map)': row([...STRANGE, ...MISSING, 5, 'events', { type: 27, fd: 3, maxEntries: 4096 }], (wrong) =>
    RingBuffer.open(wrong),
  ),
  RecordBatch: row([...STRANGE, ...MISSING, new Uint8Array(8)], (wrong) => new RecordBatch(wrong)),
  // A header that says more than there is, and half of one.
  'RecordBatch.forEach, cut off': row([Buffer.from([9, 0, 0, 0, 0, 0, 0, 0]), Buffer.alloc(4)], (wrong) =>
    new RecordBatch(wrong).forEach(() => {}),
  ),
  'RecordBatch.forEach': row([...STRANGE.slice(0, -1), ...MISSING, 5], (wrong) =>
    new RecordBatch(Buffer.alloc(0)).forEach(wrong),
  ),
};

const opened = (object: OpenedObject): Table => ({
  maxEntries: row([...NOT_INTEGERS, ...MISSING, 2 ** 32], (wrong) => {
    object.maps.need('events').maxEntries = wrong;
  }),
  // That of a map with a type is refused, too.
  valueSize: row([...NOT_INTEGERS, ...MISSING, 2 ** 32], (wrong) => {
    object.maps.need('events').valueSize = wrong;
  }),
  autoload: row([...NOT_BOOLEANS, ...MISSING], (wrong) => {
    object.programs.need('handle_call').autoload = wrong;
  }),
  attachTarget: row([...NOT_TEXTS, ...MISSING], (wrong) => {
    object.programs.need('handle_call').attachTarget = wrong;
  }),
  'globals.set': row([...STRANGE, ...MISSING, -1, 1.5, '5', 2 ** 53], (wrong) =>
    object.globals.need('size').set(wrong),
  ),
});

function loaded(object: BpfObject): Table {
  const program = object.programs.need('handle_call');
  // A method looks at its arguments only if the program is of its type.
  const as = (type: ProgramType) => Object.assign(program, { type });
  const [events, scratch] = [object.maps.need('events'), object.maps.need('scratch')];
  const ring = (options: object) => RingBuffer.open(events, options as Wrong);
  const bytes = new Uint8Array(scratch.valueSize);
  const NOT_KEYS = [...STRANGE, ...MISSING, -1, 1.5, 2 ** 53, '5', new Uint8Array(3), new Uint16Array(2)];
  return {
    'globals.set': row([...STRANGE, ...MISSING, -1, 1.5, '5', 2 ** 53], (wrong) =>
      object.globals.need('lost').set(wrong),
    ),
    'map.get': row(NOT_KEYS, (wrong) => scratch.get(wrong)),
    'map.delete': row(NOT_KEYS, (wrong) => scratch.delete(wrong)),
    'map.set(key)': row(NOT_KEYS, (wrong) => scratch.set(wrong, bytes)),
    'map.set(value)': row([null, Symbol('x'), ...MISSING, 5, 'x', new Uint8Array(1)], (wrong) => scratch.set(0, wrong)),
    'map.set(flags)': row([...NOT_INTEGERS, 99], (wrong) => scratch.set(0, bytes, wrong)),
    'map.setAll': row([5, null, [5], [null]], (wrong) => scratch.setAll(wrong)),
    'map.readAll': row(NOT_OPTIONS, (wrong) => scratch.readAll(wrong)),
    'map.readAll(remove)': row(NOT_BOOLEANS, (remove) => scratch.readAll({ remove })),
    'attachTracepoint(category)': row([...NOT_TEXTS, ...MISSING, '', '..', 'syscalls/sys_enter_getegid/..'], (wrong) =>
      as('tracepoint').attachTracepoint(wrong, 'sys_enter_getegid'),
    ),
    'attachTracepoint(name)': row([...NOT_TEXTS, ...MISSING, '', '..', '../syscalls/sys_enter_getegid'], (wrong) =>
      as('tracepoint').attachTracepoint('syscalls', wrong),
    ),
    attachRawTracepoint: row([...NOT_TEXTS, ...MISSING], (wrong) => as('raw_tracepoint').attachRawTracepoint(wrong)),
    attachKprobe: row([...NOT_TEXTS, ...MISSING], (wrong) => as('kprobe').attachKprobe(wrong)),
    'attachKprobe(options)': row(NOT_OPTIONS, (wrong) => as('kprobe').attachKprobe('vfs_open', wrong)),
    'attachKprobe(atReturn)': row(NOT_BOOLEANS, (atReturn) => as('kprobe').attachKprobe('vfs_open', { atReturn })),
    'attachUprobe(path)': row([...NOT_TEXTS, ...MISSING], (wrong) => as('kprobe').attachUprobe(wrong, 'main')),
    'attachUprobe(symbol)': row([...NOT_TEXTS, ...MISSING], (wrong) => as('kprobe').attachUprobe('/bin/sh', wrong)),
    'attachUprobe(options)': row(NOT_OPTIONS, (wrong) => as('kprobe').attachUprobe('/bin/sh', 'main', wrong)),
    'attachUprobe(offset)': row(NOT_INTEGERS, (offset) => as('kprobe').attachUprobe('/bin/sh', '', { offset })),
    'attachUprobe(pid)': row([...NOT_INTEGERS, 0, 2 ** 31], (pid) =>
      as('kprobe').attachUprobe('/bin/sh', 'main', { pid }),
    ),
    attachCgroup: row([...NOT_TEXTS, ...MISSING], (wrong) => as('cgroup_skb').attachCgroup(wrong)),
    'attachKprobes(functions)': row(
      [5, null, undefined, [], [5], ['a', null], Object.assign([5], { [Symbol.iterator]: undefined })],
      (wrong) => as('kprobe').attachKprobes(wrong),
    ),
    'attachUprobes(pid)': row([...NOT_INTEGERS, 0], (pid) => as('kprobe').attachUprobes('/bin/sh', 'main', { pid })),
    'attachUsdt(path)': row([...NOT_TEXTS, ...MISSING], (wrong) => as('kprobe').attachUsdt(wrong, 'a', 'b')),
    'attachUsdt(provider)': row([...NOT_TEXTS, ...MISSING], (wrong) => as('kprobe').attachUsdt('/bin/sh', wrong, 'b')),
    'attachUsdt(name)': row([...NOT_TEXTS, ...MISSING], (wrong) => as('kprobe').attachUsdt('/bin/sh', 'a', wrong)),
    'attachPerfEvent(options)': row(NOT_OPTIONS, (wrong) => as('perf_event').attachPerfEvent(wrong)),
    'attachPerfEvent(type)': row([...NOT_INTEGERS, ...MISSING], (type) =>
      as('perf_event').attachPerfEvent({ type, config: 0, cpu: 0, frequency: 1 }),
    ),
    'attachIterator(map)': row([5, {}, 'x'], (map) => as('tracing').attachIterator({ map })),
    'attachIterator(order)': row(['self', 5], (order) => as('tracing').attachIterator({ order })),
    'attachCgroup(mode)': row(['none', 5, null], (mode) => as('cgroup_skb').attachCgroup('/', { mode })),
    'attachCgroup(attachType)': row(['none', 5, null], (attachType) =>
      as('cgroup_skb').attachCgroup('/', { attachType }),
    ),
    'attachXdp(mode)': row(['none', 5, null], (mode) => as('xdp').attachXdp('lo', { mode })),
    'attachXdp(replace)': row(NOT_BOOLEANS, (replace) => as('xdp').attachXdp('lo', { replace })),
    'attachTc, attachSocket and others, of another type': row([5], () => program.attachTc('lo', 'ingress')),
    attachSocket: row([5], (wrong) => program.attachSocket(wrong)),
    attachSockmap: row([scratch], (wrong) => program.attachSockmap(wrong)),
    attachNetns: row(['/proc/self/ns/net'], (wrong) => program.attachNetns(wrong)),
    'program.pin': row([...NOT_TEXTS, ...MISSING, '/proc/self/none'], (wrong) => program.pin(wrong)),
    'program.run(options)': row(NOT_OPTIONS, (wrong) => program.run(wrong)),
    attachXdp: row([...NOT_TEXTS, ...MISSING, ''], (wrong) => as('xdp').attachXdp(wrong)),
    'RingBuffer.open(map of another type)': row([5], () => RingBuffer.open(scratch)),
    'RingBuffer.open(options)': row(NOT_OPTIONS, (wrong) => RingBuffer.open(events, wrong)),
    'RingBuffer.open(delay)': row([...STRANGE, -1, Number.POSITIVE_INFINITY, 2 ** 31, '5', 5n], (delay) =>
      ring({ delay }),
    ),
    'RingBuffer.open(batchSize)': row([...NOT_INTEGERS, 0, 2 ** 31], (batchSize) => ring({ batchSize })),
    'RingBuffer.open(orderBy)': row([...NOT_INTEGERS, 3, 4, 2 ** 31], (orderBy) => ring({ orderBy })),
  };
}

const descriptors = () => readdirSync('/proc/self/fd').sort();

/** Calls with each wrong argument: an error of ours, and nothing is left open. */
function refuseAll(table: Table): void {
  for (const [name, { wrong, call }] of Object.entries(table))
    for (const value of wrong) {
      const before = descriptors();
      const what = `${name}: ${String(typeof value === 'object' ? JSON.stringify(value) : String(value))}`;
      assert.throws(
        () => call(value as Wrong),
        (error) => error instanceof SnoopkitError && oneLine(error) !== '',
        what,
      );
      assert.deepEqual(descriptors(), before, what);
    }
}

describe('bpf: wrong arguments', () => {
  let object: BpfObject | undefined;
  afterEach(() => {
    object?.close();
    object = undefined;
  });

  it('are refused by functions that open something', () => refuseAll(FREE));

  it('are refused by opened objects, which stay as they are', () => {
    using ring = open('ring');
    const entries = ring.maps.need('events').maxEntries;
    refuseAll(opened(ring));
    assert.equal(ring.maps.need('events').maxEntries, entries);
    assert.equal(ring.programs.need('handle_call').autoload, true);
  });

  it('are refused by loaded objects, and nothing is left open', function () {
    needs(this, 'root');
    object = open('ring').load();
    refuseAll(loaded(object));
  });

  it('are refused by names', () => {
    using ring = open('ring');
    for (const names of [ring.maps, ring.programs, ring.globals])
      refuseAll({ need: row([...NOT_TEXTS, ...MISSING], (wrong) => names.need(wrong)) });
  });

  it('are refused by functions', () => {
    refuseAll({
      'openPerfEvent(options)': row(NOT_OPTIONS, (wrong) => openPerfEvent(wrong)),
      'openPerfEvent(cpu)': row([...NOT_INTEGERS, -1], (cpu) => openPerfEvent({ type: 1, config: 0, cpu })),
    });
  });

  it('are refused by rings, which can be read nevertheless', async function () {
    needs(this, 'root');
    object = open('ring').load();
    using ring = RingBuffer.open(object.maps.need('events'));
    for (const wrong of [...STRANGE, 5, 'x', new EventTarget()])
      for (const iterate of [() => ring.batches(wrong as Wrong), () => ring.records(wrong as Wrong)])
        await assert.rejects(iterate().next(), UsageError);
    assert.deepEqual([...ring.drain()], []);
  });

  it('matter less than that the object is closed', function () {
    needs(this, 'root');
    const first = open('ring');
    const tables = [opened(first)];
    const last = first.load();
    tables.push(loaded(last));
    last.close();
    for (const table of tables)
      for (const [name, { wrong, call }] of Object.entries(table))
        for (const value of wrong) assert.throws(() => call(value as Wrong), ClosedError, name);
  });

  it('matter less than that a map or program is closed', function () {
    needs(this, 'root');
    object = open('ring').load();
    const table = Object.entries(loaded(object)).filter(([name]) => !name.startsWith('globals'));
    // Before that, as a map keeps what its first call made.
    object.maps.need('scratch').get(0);
    for (const part of [...object.maps.values(), ...object.programs.values()]) part.close();
    for (const [name, { wrong, call }] of table)
      for (const value of wrong) assert.throws(() => call(value as Wrong), ClosedError, name);
  });

  it('are of another copy of the package, and said to be', () => {
    const message = /^map .*BpfMap.*: expected an instance of BpfMap, but it is of another copy of snoopkit$/;
    const copies = [
      class BpfMap {},
      {
        BpfMap: class {
          fd = 3;
        },
      }.BpfMap,
    ];
    for (const Copy of copies)
      assert.throws(() => RingBuffer.open(new Copy() as Wrong), { name: 'UsageError', message });
  });

  it('are paths that are empty: these are not the working folder', function () {
    needs(this, 'root');
    object = open('ring').load();
    const [map, program] = [object.maps.need('events'), object.programs.need('handle_call')];
    using link = program.attach();
    for (const pin of [map, program, link]) assert.throws(() => pin.pin(''), /^UsageError: path: the path is empty$/);
    for (const kind of [BpfMap, BpfProgram, BpfLink])
      assert.throws(() => kind.fromPin(''), /^UsageError: path: the path is empty$/);
  });

  it('are named in one line', () => {
    const refusal = (value: unknown) => {
      try {
        checkText('name', value);
      } catch (error) {
        return (error as Error).message;
      }
      return undefined;
    };
    assert.equal(refusal('a\0\n'), "name 'a\\x00\\n': expected a string without NUL");
    assert.equal(refusal(Symbol('x')), 'name Symbol(x): expected a string without NUL');
    assert.equal(refusal(new Date(Number.NaN)), 'name Invalid Date: expected a string without NUL');
    assert.equal(refusal({ a: { b: 1 } }), 'name [Object]: expected a string without NUL');
    assert.ok(oneLine(new Error(refusal(new Error('a\nb')))).length < 150);
    assert.ok(oneLine(new Error(refusal(Buffer.alloc(1 << 20)))).length < 150);
  });
});
