/** Values that programs in JavaScript may give, and that no type allows: the same ones for the same random numbers. */
type Random = (below: number) => number;

/** Thrown by what the values bring along, such as getters: it has to come back as it is. */
export class Planted extends Error {}

const plant = (): never => {
  throw new Planted('planted');
};

const NUMBERS = [0, -0, 1, -1, 2, 3, 4, 5, 7, 8, 12, 255, 256, 4095, 4096, 65_535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const ODD_NUMBERS = [2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 64, -(2 ** 31), -(2 ** 63), 0.5, 1e308, 5e-324];
const NO_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const BIGINTS = [0n, 1n, -1n, 2n ** 31n, 2n ** 32n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n, -(2n ** 63n)];
const TEXTS = ['', 'a', '0', '1', '-1', 'a\0b', '\n', 'é\u{1f600}', '\ud800', '__proto__', 'x'.repeat(5000), '..', '/'];
/** Names of members and options, so that an object has some of those that are looked for. */
const NAMES = [
  ...['fd', 'device', 'name', 'inode', 'hits', 'parts', 'seen', 'length', 'type', 'map', 'order', 'mode', 'flags'],
  ...['delay', 'batchSize', 'orderBy', 'pages', 'atReturn', 'offset', 'pid', 'cpu', 'config', 'frequency', 'remove'],
  ...[
    'batch',
    'btf',
    'trust',
    'relocations',
    'data',
    'context',
    'repeat',
    'base',
    'columns',
    'size',
    'struct',
    'kinds',
  ],
  ...['__proto__', 'constructor', 'toString', 'valueOf', 'then', 'bpf_prog', 'aborted', '0', '1'],
];
const ARRAYS = [Int8Array, Uint8ClampedArray, Uint16Array, Int32Array, Float64Array, BigUint64Array] as const;

function pick<T>(list: readonly T[], random: Random): T {
  return list[random(list.length)] as T;
}

function size(random: Random): number {
  return random(3) === 0 ? pick([0, 1, 3, 4, 5, 7, 8, 16, 24, 32, 64, 8192], random) : random(40);
}

interface ResizableBuffer extends ArrayBuffer {
  resize(size: number): void;
}

/** Memory that is gone, shared, of a size that changes, or of another unit. */
function bytes(random: Random): unknown {
  const length = size(random);
  switch (random(9)) {
    case 0: {
      const array = new Uint8Array(length);
      structuredClone(array.buffer, { transfer: [array.buffer] });
      return array;
    }
    case 1: {
      // Since Node 20; the compiler's library knows neither.
      const Resizable = ArrayBuffer as unknown as new (size: number, options: object) => ResizableBuffer;
      const buffer = new Resizable(length, { maxByteLength: length + 64 });
      const array = random(2) === 0 ? new Uint8Array(buffer) : new Uint8Array(buffer, length >> 1);
      buffer.resize(random(length + 64));
      return array;
    }
    case 2:
      return new Uint8Array(new SharedArrayBuffer(length));
    case 3:
      return new (pick(ARRAYS, random))(length);
    case 4:
      return new DataView(new ArrayBuffer(length));
    case 5:
      return new ArrayBuffer(length);
    case 6:
      return Object.defineProperty(new Uint8Array(length), 'length', { value: length + 8 });
    case 7:
      return Buffer.alloc(length, random(256)).subarray(random(length + 1));
    default:
      return new Uint8Array(length).fill(random(256));
  }
}

function proxy(random: Random, depth: number): unknown {
  const target = Object(strange(random, depth + 1)) as object;
  switch (random(5)) {
    case 0: {
      const { proxy: revoked, revoke } = Proxy.revocable(target, {});
      revoke();
      return revoked;
    }
    case 1:
      return new Proxy(target, { get: plant });
    case 2:
      return new Proxy(target, { getPrototypeOf: plant, ownKeys: plant, has: plant });
    case 3:
      return new Proxy(target, { get: (_, name) => (typeof name === 'string' ? name.length : undefined) });
    default:
      return new Proxy(target, {});
  }
}

function record(random: Random, depth: number): unknown {
  const made: object = random(6) === 0 ? Object.create(null) : {};
  for (let i = random(5); i > 0; i--) {
    const value = strange(random, depth + 1);
    const form = random(6);
    const property = form === 0 ? { get: plant } : form === 1 ? { get: () => value } : { value, writable: true };
    Object.defineProperty(made, pick(NAMES, random), { ...property, enumerable: true, configurable: true });
  }
  return made;
}

function array(random: Random, depth: number): unknown {
  const list = Array.from({ length: random(5) }, () => strange(random, depth + 1));
  switch (random(6)) {
    case 0:
      return new Array(1 + random(1000));
    case 1:
      return Object.defineProperty(list, 0, { get: plant, configurable: true });
    case 2:
      list.push(list);
      return list;
    case 3:
      return new Set(list);
    case 4:
      return new Map(list.map((value) => [value, value]));
    default:
      return list;
  }
}

/** Objects of the language. */
const OTHERS: readonly (() => unknown)[] = [
  () => undefined,
  () => null,
  () => true,
  () => false,
  () => Symbol('strange'),
  () => Symbol.iterator,
  () => plant,
  () => () => undefined,
  () => new Date(Number.NaN),
  () => /x/g,
  () => new Error('a\nb'),
  () => Promise.resolve(),
  () => new WeakMap(),
  () => new AbortController().signal,
  () => new Boolean(false),
  () => Object(1n),
  () => new String('1'),
  () => globalThis,
  () => class {},
  () => ({ [Symbol.toPrimitive]: plant, toString: plant, toJSON: plant }),
  () => ({ [Symbol.iterator]: plant }),
  () => ({ *[Symbol.iterator]() {}, length: -1 }),
  () => Object.defineProperty({}, Symbol.toStringTag, { get: plant }),
];

export function strange(random: Random, depth = 0): unknown {
  switch (random(depth > 3 ? 5 : 9)) {
    case 0:
      return pick(random(3) === 0 ? [...ODD_NUMBERS, ...NO_NUMBERS] : NUMBERS, random);
    case 1:
      return pick(BIGINTS, random);
    case 2:
      return pick(TEXTS, random);
    case 3:
      return pick(OTHERS, random)();
    case 4:
    case 5:
      return bytes(random);
    case 6:
      return array(random, depth);
    case 7:
      return proxy(random, depth);
    default:
      return record(random, depth);
  }
}
