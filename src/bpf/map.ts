import { readValue, type Shape, type Value, writeValue } from '../btf/index.js';
import type { NativeMap, NativeMapInfo, NativeObject } from '../native/binding.js';
import { loadBinding } from '../native/load.js';
import { check } from './errors.js';

/** Numbers of enum bpf_map_type (include/uapi/linux/bpf.h) that are handled in a way of their own. */
export const MAP_TYPE = {
  ARRAY: 2,
  PERCPU_HASH: 5,
  PERCPU_ARRAY: 6,
  CGROUP_ARRAY: 8,
  LRU_PERCPU_HASH: 10,
  PERCPU_CGROUP_STORAGE: 21,
  RINGBUF: 27,
} as const;
const PER_CPU: readonly number[] = [
  MAP_TYPE.PERCPU_HASH,
  MAP_TYPE.PERCPU_ARRAY,
  MAP_TYPE.LRU_PERCPU_HASH,
  MAP_TYPE.PERCPU_CGROUP_STORAGE,
];

const ENOENT = 2;

/** A key or value: by its BTF type, an array for each CPU of such, or bytes. */
export type MapValue = Value | Uint8Array | readonly MapValue[];

/** What the declaration of a map in C says of its keys and values; undefined where it only says their sizes. */
export interface MapShapes {
  key: Shape | undefined;
  value: Shape | undefined;
}

/** `BPF_ANY`, `BPF_NOEXIST` (only if it is not there) and `BPF_EXIST` (only if it is), for `BpfMap.set`. */
export const UPDATE = { ANY: 0, NOEXIST: 1, EXIST: 2 } as const;

/** Bytes with a view on them. */
class Memory {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }
}

/** A key and a value for all calls: V8 moves new arrays off its heap for an addon, which takes longer than a system call. */
interface Reused {
  readonly key: Memory;
  readonly value: Memory;
}

/**
 * One map of an object. Keys and values are converted by their BTF types as `readValue` and `writeValue`
 * do: 64-bit integers are bigints, structs are objects; a map without types takes and gives bytes. Values of
 * a per-CPU map are arrays with an element for each possible CPU.
 */
export class BpfMap {
  readonly name: string;
  /** enum bpf_map_type */
  readonly type: number;
  /** In bytes. */
  readonly keySize: number;
  readonly isPerCpu: boolean;
  #maxEntries: number;
  #valueSize: number;
  readonly #native: NativeObject;
  readonly #shapes: MapShapes;
  #handle: NativeMap | undefined;
  #memory: Reused | undefined;

  /** @internal Made by `BpfObject`. */
  constructor(native: NativeObject, info: NativeMapInfo, shapes: MapShapes) {
    this.#native = native;
    this.#shapes = shapes;
    this.name = info.name;
    this.type = info.type;
    this.keySize = info.keySize;
    this.#valueSize = info.valueSize;
    this.isPerCpu = PER_CPU.includes(info.type);
    this.#maxEntries = info.maxEntries;
  }

  /** How many entries there may be; for a ring buffer its size in bytes, a power of two of pages. Set before load only. */
  get maxEntries(): number {
    return this.#maxEntries;
  }

  set maxEntries(entries: number) {
    check(this.#native.setMaxEntries(this.name, entries), `cannot give the map ${this.name} ${entries} entries`);
    this.#maxEntries = entries;
  }

  /** In bytes, of one CPU's value in a per-CPU map. Set before load only, and where the declaration tells no type of it. */
  get valueSize(): number {
    return this.#valueSize;
  }

  set valueSize(size: number) {
    if (this.#shapes.value) throw new RangeError(`${this.name}: the value size is fixed by the value type`);
    check(this.#native.setValueSize(this.name, size), `cannot give the map ${this.name} values of ${size} bytes`);
    this.#memory = undefined;
    this.#valueSize = size;
  }

  get #loaded(): NativeMap {
    this.#handle ??= check<NativeMap>(
      this.#native.openMap(this.name),
      `the map ${this.name} is not there before load()`,
    );
    return this.#handle;
  }

  /** The map's fd, which is the map's own. After load only. */
  get fd(): number {
    return check(this.#loaded.fd(), `the map ${this.name} is closed`);
  }

  /** @internal The object does it. */
  close(): void {
    this.#handle?.close();
  }

  /** The kernel pads each CPU's value to eight bytes. */
  get #stride(): number {
    return this.isPerCpu ? (this.valueSize + 7) & ~7 : this.valueSize;
  }

  /** The size of a value on all CPUs. */
  get #wholeSize(): number {
    return this.#stride * (this.isPerCpu ? loadBinding().possibleCpus() : 1);
  }

  get #reused(): Reused {
    this.#memory ??= { key: new Memory(this.keySize), value: new Memory(this.#wholeSize) };
    return this.#memory;
  }

  #decodeOne({ bytes, view }: Memory, shape: Shape | undefined, offset: number, size: number): Value | Uint8Array {
    return shape ? readValue(shape, view, offset) : bytes.slice(offset, offset + size);
  }

  #decode(value: Memory): MapValue {
    if (!this.isPerCpu) return this.#decodeOne(value, this.#shapes.value, 0, this.valueSize);
    const perCpu: MapValue[] = [];
    for (let at = 0; at < value.bytes.length; at += this.#stride) {
      perCpu.push(this.#decodeOne(value, this.#shapes.value, at, this.valueSize));
    }
    return perCpu;
  }

  #encodeInto({ bytes, view }: Memory, shape: Shape | undefined, offset: number, size: number, value: MapValue): void {
    if (value instanceof Uint8Array) {
      if (value.length !== size) throw new RangeError(`${this.name}: ${value.length} bytes, expected ${size}`);
      bytes.set(value, offset);
    } else if (shape) {
      writeValue(shape, view, offset, value as Value);
    } else {
      throw new TypeError(`${this.name} has no BTF: pass bytes`);
    }
  }

  #key(key: MapValue): Uint8Array {
    const memory = this.#reused.key;
    // Padding is part of a key.
    memory.bytes.fill(0);
    this.#encodeInto(memory, this.#shapes.key, 0, this.keySize, key);
    return memory.bytes;
  }

  /** The value of a key, undefined where there is none. */
  get(key: MapValue): MapValue | undefined {
    const { value } = this.#reused;
    const result = this.#loaded.lookup(this.#key(key), value.bytes);
    if (result === -ENOENT) return undefined;
    check(result, `cannot read the map ${this.name}`);
    return this.#decode(value);
  }

  /** Writes an entry. A per-CPU map takes an array for all possible CPUs. */
  set(key: MapValue, value: MapValue, flags: number = UPDATE.ANY): void {
    const memory = this.#reused.value;
    memory.bytes.fill(0);
    if (this.isPerCpu) {
      const cpus = memory.bytes.length / this.#stride;
      if (!Array.isArray(value) || value.length !== cpus) {
        throw new TypeError(`${this.name} is per-CPU: pass an array of ${cpus} values`);
      }
      value.forEach((one, cpu) => {
        this.#encodeInto(memory, this.#shapes.value, cpu * this.#stride, this.valueSize, one);
      });
    } else {
      this.#encodeInto(memory, this.#shapes.value, 0, this.valueSize, value);
    }
    const encoded = this.#key(key);
    check(this.#loaded.update(encoded, memory.bytes, flags), `cannot write to the map ${this.name}`);
  }

  /** Removes an entry, and says whether it was there. */
  delete(key: MapValue): boolean {
    const encoded = this.#key(key);
    const result = this.#loaded.delete(encoded);
    if (result === -ENOENT) return false;
    check(result, `cannot delete from the map ${this.name}`);
    return true;
  }

  /**
   * The bytes of all entries of a hash map, in one call; with `remove` the map is empty then. That neither misses nor
   * repeats an entry is sure only where nobody else removes any meanwhile, and what a program adds to an entry just as it
   * is removed is lost.
   */
  readAll({ remove = false } = {}): [key: Uint8Array, value: Uint8Array][] {
    const valueSize = this.#wholeSize;
    const keys = new Uint8Array(this.maxEntries * this.keySize);
    const values = new Uint8Array(this.maxEntries * valueSize);
    const result = this.#loaded.readAll(keys, values, remove);
    const count = check(result, `cannot read all of the map ${this.name}`);
    const part = (bytes: Uint8Array, size: number, i: number) => bytes.subarray(i * size, (i + 1) * size);
    return Array.from({ length: count }, (_, i) => [part(keys, this.keySize, i), part(values, valueSize, i)]);
  }

  /**
   * The keys, in the kernel's order. Entries that come and go meanwhile may be missed, and when the key
   * just given is deleted by somebody else the kernel starts anew, so that some come twice.
   */
  *keys(): Generator<MapValue> {
    let previous: Memory | null = null;
    for (;;) {
      const next: Memory = new Memory(this.keySize);
      const result = this.#loaded.nextKey(previous?.bytes ?? null, next.bytes);
      if (result === -ENOENT) return;
      check(result, `cannot walk through the map ${this.name}`);
      yield this.#decodeOne(next, this.#shapes.key, 0, this.keySize);
      previous = next;
    }
  }

  /** Keys and values, as `keys()`; an entry that is gone before it is read is left out. */
  *[Symbol.iterator](): Generator<[key: MapValue, value: MapValue]> {
    for (const key of this.keys()) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }
}
