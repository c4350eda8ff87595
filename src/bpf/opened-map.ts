import { resolve } from 'node:path';
import { UsageError } from '../errors.js';
import type { NativeObject, NativeOpenedMap } from '../native/binding.js';
import { checkInstance, checkInteger, checkPath } from './arguments.js';
import { check } from './errors.js';
import type { Lifetime } from './lifetime.js';
import { type AnyMap, BpfMap } from './map.js';
import { misfit } from './map-reuse.js';
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
  /** `MAP_FLAGS` that it declares. */
  readonly flags: number;
  /** Whether each possible CPU has a value of its own. */
  readonly isPerCpu: boolean;
  readonly #native: NativeObject;
  readonly #object: Lifetime;
  readonly #hasValueType: boolean;
  readonly #hasVariables: boolean;
  #maxEntries: number;
  #isReused = false;
  #valueSize: number;
  #pinPath: string | undefined;

  /** @internal Made by `BpfObject.open()`. */
  constructor(native: NativeObject, object: Lifetime, info: NativeOpenedMap, hasValueType: boolean) {
    this.#native = native;
    this.#object = object;
    this.#hasValueType = hasValueType;
    this.#hasVariables = info.hasVariables;
    this.name = info.name;
    this.type = mapTypeOf(info.type);
    this.typeNumber = info.type;
    this.keySize = info.keySize;
    this.flags = info.flags;
    this.isPerCpu = isPerCpu(this.type);
    this.#maxEntries = info.maxEntries;
    this.#valueSize = info.valueSize;
    this.#pinPath = info.pinPath || undefined;
  }

  /**
   * Maximum number of entries; of a ring buffer its size in bytes, which is rounded up to a power of two and a multiple of
   * the page size.
   */
  get maxEntries(): number {
    return this.#maxEntries;
  }

  /** Throws UsageError for a section of variables, such as `.bss`, and BpfError if libbpf refuses the number. */
  set maxEntries(entries: number) {
    this.#object.check();
    checkInteger('maxEntries', entries);
    this.#checkNew();
    check(this.#native.setMaxEntries(this.name, entries), `cannot give the map ${this.name} ${entries} entries`);
    // libbpf rounds up the size of a ring buffer.
    this.#maxEntries = this.#native.maps().find(({ name }) => name === this.name)?.maxEntries ?? entries;
  }

  #checkNew(): void {
    if (this.#hasVariables) throw new UsageError(`${this.name}: its sizes are those of its variables`);
    if (this.#isReused) throw new UsageError(`${this.name}: its sizes are those of the map that was given to reuse()`);
  }

  /** In bytes; in a per-CPU map, of one CPU's value. */
  get valueSize(): number {
    return this.#valueSize;
  }

  /**
   * Throws UsageError if the map declares a type of its values, or is a section of variables, and BpfError if libbpf
   * refuses the size.
   */
  set valueSize(size: number) {
    this.#object.check();
    if (this.#hasValueType) throw new UsageError(`${this.name}: the value size is fixed by the value type`);
    checkInteger('valueSize', size);
    this.#checkNew();
    check(this.#native.setValueSize(this.name, size), `cannot give the map ${this.name} values of ${size} bytes`);
    this.#valueSize = size;
  }

  /**
   * The path in a BPF file system that `load()` takes the map from, if one is pinned there, or else pins the new map to:
   * its name below `OpenOptions.pinRoot` if it declares `__uint(pinning, LIBBPF_PIN_BY_NAME)`; undefined for no pin. Type,
   * sizes, entries and flags of a pinned map must be those declared. The pin stays when the object is closed:
   * `BpfMap.unpin()` removes it.
   */
  get pinPath(): string | undefined {
    return this.#pinPath;
  }

  /** Throws BpfError if libbpf refuses the path. */
  set pinPath(path: string | undefined) {
    this.#object.check();
    if (path !== undefined) checkPath('pinPath', path);
    const at = path && resolve(path);
    check(this.#native.setPinPath(this.name, at ?? ''), `cannot set the pin of the map ${this.name}`);
    this.#pinPath = at;
  }

  /**
   * Has `load()` use a map that exists, of another object or opened by its pin or id, in place of a new one. Its type,
   * sizes, entries and flags must be those declared here. It is not pinned: `pinPath` is undefined from then on. The map
   * given may be closed afterwards. Throws UsageError that names the first member that differs, and BpfError.
   */
  reuse(map: AnyMap): void {
    this.#object.check();
    checkInstance('map', map, BpfMap);
    const { fd } = map;
    const difference = misfit(this, map);
    if (difference !== undefined)
      throw new UsageError(`the map ${map.name} can't be used as ${this.name}: ${difference}`);
    this.pinPath = undefined;
    check(this.#native.reuseMap(this.name, fd), `cannot use the map ${map.name} as ${this.name}`);
    this.#isReused = true;
  }
}
