import {
  type Input,
  type Memory,
  memoryOf,
  type Reader,
  readerOf,
  type Value,
  type Writer,
  writerOf,
} from '../btf/index.js';
import { UsageError } from '../errors.js';
import { checkBytes, isBytes } from '../mistake.js';
import type { MapShapes } from './map-shapes.js';

/** A key or value: by its BTF type, an array of one for each possible CPU, or bytes. */
export type MapValue = Value | Uint8Array | readonly MapValue[];

/** A map, program or link: it has a descriptor. */
export interface HasDescriptor {
  readonly fd: number;
}

/** A value to be stored; a key is an `Input`. */
export type MapInput = Input | HasDescriptor;

/** The map, as far as it concerns its keys and values. */
interface Form {
  readonly name: string;
  readonly keySize: number;
  readonly valueSize: number;
  /** Whether values are descriptors, or what has one. */
  readonly holdsDescriptors: boolean;
  /** 0 for a map that is not per-CPU. */
  readonly cpus: number;
}

/** Takes the descriptor of what has one. */
function descriptorWriter(write: Writer, size: number): Writer {
  return (memory, at, value) => {
    const fd: unknown = typeof value === 'object' && value !== null ? (value as { fd?: unknown }).fd : undefined;
    const number = typeof fd === 'number' ? fd : value;
    write(memory, at, size === 8 && Number.isSafeInteger(number) ? BigInt(number as number) : number);
  };
}

/** Up to this size a loop is faster than a call into V8. */
const SMALL = 64;

function copyBytes(to: Uint8Array, at: number, from: Uint8Array, start: number, size: number): void {
  if (size > SMALL) to.set(from.subarray(start, start + size), at);
  else for (let i = 0; i < size; i++) to[at + i] = from[start + i] as number;
}

/** A key or one value, at some place of the memory. Made once per map, so that a call does not look at types again. */
class Slot {
  readonly #name: string;
  readonly #memory: Memory;
  readonly #start: number;
  readonly #size: number;
  readonly #read: Reader | undefined;
  readonly #write: Writer | undefined;

  constructor(name: string, memory: Memory, start: number, size: number, read?: Reader, write?: Writer) {
    this.#name = name;
    this.#memory = memory;
    this.#start = start;
    this.#size = size;
    this.#read = read;
    this.#write = write;
  }

  get(): Value | Uint8Array {
    return this.#read ? this.#read(this.#memory, this.#start) : this.bytes();
  }

  /** A copy. */
  bytes(): Uint8Array {
    const copy = new Uint8Array(this.#size);
    copyBytes(copy, 0, this.#memory.bytes, this.#start, this.#size);
    return copy;
  }

  put(value: MapInput): void {
    if (isBytes(value)) {
      checkBytes(this.#name, value);
      if (value.length !== this.#size)
        throw new UsageError(`${this.#name}: ${value.length} bytes, expected ${this.#size}`);
      copyBytes(this.#memory.bytes, this.#start, value, 0, this.#size);
    } else if (this.#write) {
      this.#write(this.#memory, this.#start, value as Input);
    } else {
      throw new UsageError(`${this.#name} has no BTF: pass bytes`);
    }
  }
}

/** The key and the value that the addon's calls work on: see `NativeMap.memory()`. */
export class MapMemory {
  readonly #name: string;
  readonly #key: Slot;
  /** One, or in a per-CPU map one for each possible CPU. */
  readonly #values: readonly [Slot, ...Slot[]];
  readonly #isPerCpu: boolean;
  readonly #bytes: Uint8Array;
  /** Makes memory of the same form, elsewhere. */
  readonly #another: () => MapMemory;
  /** Offset of values. */
  readonly #start: number;
  /** Changes with each use of the memory. */
  #use = 0;
  readonly keySize: number;
  /** Bytes of a value on all CPUs. */
  readonly valueSize: number;

  constructor(buffer: ArrayBuffer, form: Form, { key, value }: MapShapes) {
    const { name, keySize, valueSize, cpus } = form;
    const memory = memoryOf(buffer);
    const start = roundUp(keySize);
    // The kernel pads each CPU's value.
    const stride = cpus === 0 ? valueSize : roundUp(valueSize);
    const slot = (at: number, what: string) => {
      const write = value && writerOf(value, what);
      const writer = write && form.holdsDescriptors ? descriptorWriter(write, valueSize) : write;
      return new Slot(name, memory, at, valueSize, value && readerOf(value), writer);
    };
    const ofCpu = (cpu: number) => slot(start + cpu * stride, `${name}: value[${cpu}]`);
    this.#name = name;
    this.#key = new Slot(name, memory, 0, keySize, key && readerOf(key), key && writerOf(key, `${name}: key`, true));
    this.#values =
      cpus === 0
        ? [slot(start, `${name}: value`)]
        : [ofCpu(0), ...Array.from({ length: cpus - 1 }, (_, i) => ofCpu(i + 1))];
    this.#isPerCpu = cpus > 0;
    this.#bytes = memory.bytes;
    this.#another = () => new MapMemory(new ArrayBuffer(buffer.byteLength), form, { key, value });
    this.#start = start;
    this.keySize = keySize;
    this.valueSize = stride * this.#values.length;
  }

  /**
   * Begins a use of the memory. A key or value may have getters that use the same map while it is being converted: whoever
   * converts it learns of that by the number.
   */
  claim(): number {
    this.#use = (this.#use + 1) | 0;
    return this.#use;
  }

  putKey(key: Input): void {
    const use = this.claim();
    this.#key.put(key);
    if (this.#use !== use) this.#putAgain((memory) => memory.putKey(key));
  }

  putEntry(key: Input, value: MapInput): void {
    const use = this.claim();
    this.putValue(value);
    this.#key.put(key);
    if (this.#use !== use) this.#putAgain((memory) => memory.putEntry(key, value));
  }

  /** A value alone, of a map without keys. */
  putOnlyValue(value: MapInput): void {
    const use = this.claim();
    this.putValue(value);
    if (this.#use !== use) this.#putAgain((memory) => memory.putOnlyValue(value));
  }

  /** Copies an entry in, as bytes that the kernel gave. */
  load(key: Uint8Array, value: Uint8Array): void {
    this.claim();
    this.#bytes.set(key);
    this.#bytes.set(value, this.#start);
  }

  /** Copies the entry to an index of two arrays. */
  store(keys: Uint8Array, values: Uint8Array, index: number): void {
    const { keySize, valueSize } = this;
    keys.set(this.#bytes.subarray(0, keySize), index * keySize);
    values.set(this.#bytes.subarray(this.#start, this.#start + valueSize), index * valueSize);
  }

  /** Converts in memory that no getter reaches, and copies the result. */
  #putAgain(put: (memory: MapMemory) => void): void {
    const memory = this.#another();
    put(memory);
    this.#bytes.set(memory.#bytes);
  }

  key(): MapValue {
    return this.#key.get();
  }

  keyBytes(): Uint8Array {
    return this.#key.bytes();
  }

  /** A copy, of all CPUs. */
  valueBytes(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(this.#start, this.#start + this.valueSize));
  }

  value(): MapValue {
    if (!this.#isPerCpu) return this.#values[0].get();
    return this.#values.map((slot) => slot.get());
  }

  putValue(value: MapInput): void {
    if (!this.#isPerCpu) {
      this.#values[0].put(value);
      return;
    }
    const slots = this.#values;
    if (!Array.isArray(value) || value.length !== slots.length)
      throw new UsageError(`${this.#name} is per-CPU: pass an array of ${slots.length} values`);
    for (let cpu = 0; cpu < slots.length; cpu++) {
      const one: unknown = value[cpu];
      if (one === undefined) throw new UsageError(`${this.#name}: the value of CPU ${cpu} is missing`);
      (slots[cpu] as Slot).put(one as MapValue);
    }
  }
}

const roundUp = (size: number) => (size + 7) & ~7;
