import { UsageError } from '../errors.js';
import type { NativeMapDeclaration, NativeObject } from '../native/binding.js';
import { checkInteger } from './arguments.js';
import { check } from './errors.js';
import type { Lifetime } from './lifetime.js';
import { isPerCpu, type MapType, mapTypeOf } from './map-type.js';

/**
 * A map of an object that is not loaded yet: its sizes can be changed. Setters throw ClosedError after `load()`, and
 * UsageError for anything but an integer of 32 bits.
 */
export class OpenedMap {
  readonly name: string;
  /** As bpftool prints it: `hash`, `lpm_trie`; `unknown` if this library does not know the number. */
  readonly type: MapType | 'unknown';
  /** enum bpf_map_type of include/uapi/linux/bpf.h */
  readonly typeNumber: number;
  /** In bytes. */
  readonly keySize: number;
  /** Whether each possible CPU has a value of its own. */
  readonly isPerCpu: boolean;
  readonly #native: NativeObject;
  readonly #object: Lifetime;
  readonly #hasValueType: boolean;
  #maxEntries: number;
  #valueSize: number;

  /** @internal Made by `BpfObject.open()`. */
  constructor(native: NativeObject, object: Lifetime, info: NativeMapDeclaration, hasValueType: boolean) {
    this.#native = native;
    this.#object = object;
    this.#hasValueType = hasValueType;
    this.name = info.name;
    this.type = mapTypeOf(info.type);
    this.typeNumber = info.type;
    this.keySize = info.keySize;
    this.isPerCpu = isPerCpu(this.type);
    this.#maxEntries = info.maxEntries;
    this.#valueSize = info.valueSize;
  }

  /** Maximum number of entries; of a ring buffer its size in bytes, a power of two and a multiple of the page size. */
  get maxEntries(): number {
    return this.#maxEntries;
  }

  /** Throws BpfError if libbpf refuses the number. */
  set maxEntries(entries: number) {
    this.#object.check();
    checkInteger('maxEntries', entries);
    check(this.#native.setMaxEntries(this.name, entries), `cannot give the map ${this.name} ${entries} entries`);
    this.#maxEntries = entries;
  }

  /** In bytes; in a per-CPU map, of one CPU's value. */
  get valueSize(): number {
    return this.#valueSize;
  }

  /** Throws UsageError if the map declares a type of its values, and BpfError if libbpf refuses the size. */
  set valueSize(size: number) {
    this.#object.check();
    if (this.#hasValueType) throw new UsageError(`${this.name}: the value size is fixed by the value type`);
    checkInteger('valueSize', size);
    check(this.#native.setValueSize(this.name, size), `cannot give the map ${this.name} values of ${size} bytes`);
    this.#valueSize = size;
  }
}
