/** Strange keys and values: written by BTF types, and, with the kernel, given to maps of all forms. */
import { BpfMap } from '../../src/bpf/map.js';
import type { MapOptions } from '../../src/bpf/map-open.js';
import { BpfObject } from '../../src/bpf/object.js';
import { Btf, type Input, layoutOf, readBtfBytes, readValue, type Shape, writeValue } from '../../src/btf/index.js';
import { fixtureBytes } from '../bpf/helpers.js';
import { randomBelow } from '../helpers/random.js';
import { strange } from './strange.js';
import { isAccepted, isTyped } from './typed.js';
import type { Try, Work } from './work.js';

type Random = (below: number) => number;

/** Maps without types. */
const MADE: readonly MapOptions[] = [
  { type: 'hash', keySize: 8, valueSize: 16, maxEntries: 8 },
  { type: 'lru_hash', keySize: 70, valueSize: 100, maxEntries: 8 },
  { type: 'array', valueSize: 3, maxEntries: 4 },
  { type: 'percpu_hash', keySize: 3, valueSize: 5, maxEntries: 8 },
  { type: 'queue', valueSize: 9, maxEntries: 4 },
  { type: 'stack', valueSize: 4, maxEntries: 4 },
  { type: 'lpm_trie', keySize: 8, valueSize: 4, maxEntries: 8 },
  { type: 'bloom_filter', valueSize: 4, maxEntries: 8 },
  { type: 'prog_array', maxEntries: 4 },
  { type: 'perf_event_array', maxEntries: 4 },
  { type: 'hash', keySize: 1, valueSize: 70_000, maxEntries: 2 },
];

function structShapes(): Shape[] {
  return (['maps', 'globals'] as const).flatMap((name) => {
    const btf = Btf.parse(readBtfBytes(fixtureBytes(name)));
    return [...btf.ofKind('struct')].flatMap((id): Shape[] => {
      const layout = layoutOf(btf, id);
      return layout.size > 0 && layout.size < 4096 ? [{ kind: 'struct', layout }] : [];
    });
  });
}

/** A value of this type with something strange somewhere in it, or nothing strange at all. */
function nearly(shape: Shape, random: Random): unknown {
  if (random(6) === 0) return strange(random);
  if (shape.kind === 'struct' || shape.kind === 'union') {
    const members = shape.layout.members.slice(0, shape.kind === 'union' ? 1 : undefined);
    return Object.fromEntries(members.map(({ name, type }) => [name, nearly(type, random)]));
  }
  if (shape.kind === 'array' && shape.element.kind !== 'int')
    return Array.from({ length: Math.min(shape.length, 64) }, () => nearly(shape.element, random));
  return shape.kind === 'array' ? '' : shape.kind === 'float' ? 0.5 : random(3);
}

function write(shapes: readonly Shape[], random: Random): boolean {
  const shape = shapes[random(shapes.length)] as Shape;
  const view = new DataView(new ArrayBuffer(4096));
  const isWhole = random(2) === 0;
  const isWritten = isAccepted(() => writeValue(shape, view, 0, nearly(shape, random) as Input, 'value', isWhole));
  // What was written can be read, and written again, unless it is text that is not UTF-8.
  if (isWritten) isAccepted(() => writeValue(shape, view, 0, readValue(shape, view, 0)));
  isAccepted(() => writeValue(shape, view, strange(random) as number, nearly(shape, random) as Input));
  isAccepted(() => readValue(shape, view, strange(random) as number));
  return isWritten;
}

type AnyCall = (...values: unknown[]) => unknown;
const METHODS = [
  'get',
  'getLocked',
  'set',
  'delete',
  'has',
  'getAndDelete',
  'add',
  'push',
  'setAll',
  'readAll',
  'entries',
] as const;

/** Calls of a map, with keys and values of its types that have something strange in them. */
function use(map: BpfMap, shapes: readonly Shape[], random: Random): boolean {
  const value = () => {
    if (random(3) === 0) return strange(random);
    if (random(2) === 0) return new Uint8Array([map.keySize, map.valueSize][random(2)] as number).fill(random(3));
    if (map.isPerCpu) return Array.from({ length: 1 + random(4) }, () => random(3));
    return random(2) === 0 ? random(5) : nearly(shapes[random(shapes.length)] as Shape, random);
  };
  let accepted = 0;
  for (let i = 0; i < 8; i++) {
    const method = METHODS[random(METHODS.length)] as (typeof METHODS)[number];
    const args = method === 'setAll' ? [[[value(), value()]]] : [value(), value(), ...(random(4) ? [] : [value()])];
    const isDone = isAccepted(() => {
      const result = (map[method] as AnyCall)(...args);
      if (method === 'entries') [...(result as Iterable<unknown>)];
    });
    if (isDone) accepted++;
  }
  isAccepted(() => [...map]);
  isAccepted(() => map.peek());
  isAccepted(() => map.pop());
  return accepted > 0;
}

/** Maps that the kernel makes; a type that it lacks is left out. */
function maps(): BpfMap[] {
  const opened = BpfObject.open(fixtureBytes('maps')).load();
  const made = MADE.flatMap((options) => {
    try {
      return [BpfMap.create(options)];
    } catch (error) {
      if (!isTyped(error)) throw error;
      return [];
    }
  });
  return [...opened.maps.values(), ...made];
}

export function values({ seed, load }: Work): Try {
  const shapes = structShapes();
  const all = load ? maps() : [];
  return (number) => {
    const random = randomBelow(seed + number);
    const isWritten = write(shapes, random);
    const map = all[random(all.length || 1)];
    return (map ? use(map, shapes, random) : isWritten) ? 'accepted' : 'refused';
  };
}
