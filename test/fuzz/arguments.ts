/** Strange arguments of all functions of the library, and of all methods and setters of what they return. */
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { BpfMap } from '../../src/bpf/map.js';
import { RecordBatch } from '../../src/bpf/record-stream.js';
import * as library from '../../src/index.js';
import { fixtureBytes, fixturePath } from '../bpf/helpers.js';
import { randomBelow } from '../helpers/random.js';
import { strange } from './strange.js';
import { isTyped } from './typed.js';
import type { Try, Work } from './work.js';

type Random = (below: number) => number;
type Call = (...values: unknown[]) => unknown;

/** Something to be called, and how often its arguments are to be strange; the others are these. */
interface Target {
  readonly name: string;
  readonly call: Call;
  readonly usual: readonly unknown[];
}

/** Loading uses sizes that earlier calls have set, and would take the machine's memory. enter() is internal. */
const LEFT_OUT = /^(constructor|load|enter)$/;

/** The methods and properties of an object, its bases' included, as calls. */
function membersOf(name: string, object: object): Target[] {
  const targets: Target[] = [];
  for (let at = Object.getPrototypeOf(object); at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    // A collection is a Map; what it inherits is the language's.
    if (at === Map.prototype) break;
    for (const [member, { value, get, set }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (LEFT_OUT.test(member)) continue;
      const full = `${name}.${member}`;
      if (typeof value === 'function')
        targets.push({ name: full, call: (...args) => value.apply(object, args), usual: [] });
      if (get) targets.push({ name: full, call: () => get.call(object), usual: [] });
      if (set) targets.push({ name: `${full}=`, call: (one) => set.call(object, one), usual: [] });
    }
  }
  return targets;
}

function functions(): Target[] {
  const bytes = fixtureBytes('maps');
  const btf = library.Btf.parse(bytes);
  const shape = { kind: 'struct', layout: library.layoutOf(btf, 'score') } as const;
  const view = new DataView(new ArrayBuffer(64));
  const context = library.liveContext();
  const target = (name: string, call: unknown, ...usual: unknown[]): Target => ({ name, call: call as Call, usual });
  const score = { hits: 1, parts: [1, 2, 3], seen: true };
  return [
    target('BpfObject.open', library.BpfObject.open, fixturePath('maps'), { name: 'x', trust: 'nothing' }),
    target('BpfMap.create', library.BpfMap.create, { type: 'hash', keySize: 4, valueSize: 4, maxEntries: 2 }),
    target('BpfMap.byId', library.BpfMap.byId, 0),
    target('BpfMap.fromPin', library.BpfMap.fromPin, '/none'),
    target('BpfProgram.fromPin', library.BpfProgram.fromPin, '/none', { attachType: 'xdp' }),
    target('BpfProgram.byId', library.BpfProgram.byId, 0),
    target('BpfLink.fromPin', library.BpfLink.fromPin, '/none'),
    target('BpfLink.byId', library.BpfLink.byId, 0),
    target('UserRingBuffer.open', library.UserRingBuffer.open, undefined, { btf, struct: 'score' }),
    target('openPerfEvent', (given: never) => closeSync(library.openPerfEvent(given)), { type: 1, config: 0, cpu: 0 }),
    target('disassemble', library.disassemble, new Uint8Array(16), { helper: () => undefined }),
    target('jitState', library.jitState),
    target('RingBuffer.open', library.RingBuffer.open, undefined, {}),
    target('PerfBuffer.open', library.PerfBuffer.open, undefined, {}),
    target('Btf.parse', library.Btf.parse, bytes, { base: undefined }),
    target('readBtfBytes', library.readBtfBytes, bytes),
    target('layoutOf', library.layoutOf, btf, 'score'),
    target('declareStruct', library.declareStruct, btf, 'score'),
    // Shapes, schemas and contexts are made by the library; nobody writes one.
    target('readValue', (...rest: [never, never]) => library.readValue(shape, ...rest), view, 0),
    target('writeValue', (...rest: [never, never, never]) => library.writeValue(shape, ...rest), view, 0, score),
    target('eventSchema', (given: never, name: never) => library.eventSchema(given, name, context), btf, 'score'),
    target('new ClockOffset', (a: never, b: never) => new library.ClockOffset(a, b), 0n, 0),
    target('new RecordBatch', (given: never) => new RecordBatch(given), Buffer.alloc(16)),
    target('setLog', library.setLog, undefined),
    target('libbpfVersion', library.libbpfVersion),
    target('openPidfd', library.openPidfd, -1),
    target('vmlinuxHeader', library.vmlinuxHeader, '/none'),
  ];
}

/** New things for each number, so that a number means the same whichever came before it. */
function things(load: boolean): { targets: Target[]; end: () => void } {
  const opened = library.BpfObject.open(fixtureBytes('ring'));
  const parts: [name: string, object: object][] = [
    ['opened', opened],
    ['btf', opened.btf],
    ['names', opened.maps],
    ['opened map', opened.maps.need('events')],
    ['opened program', opened.programs.need('handle_call')],
    ['global', opened.globals.need('size')],
    ['clock', new library.ClockOffset(0n)],
    ['batch', new RecordBatch(Buffer.alloc(32))],
    ['reader', new library.EventReader({ struct: 'none', size: 0, columns: [] })],
  ];
  if (!load) return { targets: parts.flatMap(([name, part]) => membersOf(name, part)), end: () => opened.close() };
  const object = library.BpfObject.open(fixtureBytes('ring')).load();
  const program = object.programs.need('handle_call');
  const [events, scratch] = [object.maps.need('events'), object.maps.need('scratch')];
  const array = BpfMap.create({ type: 'array', valueSize: 8, maxEntries: 4, flags: 1024 });
  const ring = library.RingBuffer.open(events);
  parts.push(
    ['object', object],
    ['program', program],
    ['link', program.attach()],
    ['constant', object.constants.need('size')],
  );
  parts.push(['map', scratch], ['ring map', events], ['array', array], ['ring', ring]);
  const end = () => {
    for (const part of [ring, array, object, opened]) part.close();
  };
  return { targets: parts.flatMap(([name, part]) => membersOf(name, part)), end };
}

function argumentsFor(usual: readonly unknown[], random: Random): unknown[] {
  if (usual.length === 0 || random(8) === 0) return Array.from({ length: random(5) }, () => strange(random));
  const wrong = random(usual.length);
  return usual.map((value, i) => {
    if (i !== wrong) return value;
    if (typeof value !== 'object' || value === null || random(2) === 0) return strange(random);
    const names = Object.keys(value);
    const name = names[random(names.length || 1)];
    return name === undefined || value instanceof Uint8Array ? strange(random) : { ...value, [name]: strange(random) };
  });
}

/** Has what is lazy begin. Rejections are collected. */
function begin(result: unknown, pending: Promise<unknown>[]): void {
  const given = result as Partial<Iterator<unknown> & AsyncIterator<unknown> & Promise<unknown>> | null | undefined;
  if (typeof given !== 'object' || given === null) return;
  if (typeof given.then === 'function') pending.push(given as Promise<unknown>);
  if (typeof given.next !== 'function') return;
  const isAsync = Symbol.asyncIterator in given;
  const next: unknown = given.next();
  if (isAsync) pending.push(next as Promise<unknown>);
  else given.return?.();
}

/** After which what is pending, though its object is closed, is a fault. */
const PATIENCE_MS = 20_000;

export function strangeArguments({ seed, load }: Work): Try {
  const all = functions();
  return async (number) => {
    const random = randomBelow(seed + number);
    const { targets, end } = things(load);
    const pending: Promise<unknown>[] = [];
    let accepted = 0;
    for (let i = 0; i < 40; i++) {
      const choice = random(3) === 0 ? all : targets;
      const { name, call, usual } = choice[random(choice.length)] as Target;
      try {
        const result = call(...argumentsFor(usual, random));
        begin(result, pending);
        accepted++;
        if (usual.length > 0) (result as Partial<Disposable> | undefined)?.[Symbol.dispose]?.();
      } catch (error) {
        if (!isTyped(error)) throw new Error(`${name}: ${error}`, { cause: error });
      }
    }
    end();
    library.setLog(undefined);
    const isLate = sleep(PATIENCE_MS, 'late', { ref: false });
    const ends = await Promise.race([Promise.allSettled(pending), isLate]);
    if (ends === 'late') throw new Error('a promise is pending after close()');
    for (const result of ends as PromiseSettledResult<unknown>[])
      if (result.status === 'rejected' && !isTyped(result.reason)) throw result.reason;
    return accepted > 0 ? 'accepted' : 'refused';
  };
}
