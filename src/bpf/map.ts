import { constants } from 'node:buffer';
import { resolve } from 'node:path';
import type { Input } from '../btf/index.js';
import { UsageError } from '../errors.js';
import { ERRNO } from '../kernel/errno.js';
import { mistake } from '../mistake.js';
import type { NativeMap, NativeMapCalls } from '../native/binding.js';
import { loadBinding } from '../native/load.js';
import { checkBoolean, checkInteger, checkOptions } from './arguments.js';
import { check } from './errors.js';
import { Lifetime } from './lifetime.js';
import { pieceOf, type RawEntry, readPieces, WrittenPieces } from './map-batch.js';
import { isLacking, mapError } from './map-error.js';
import { MAP_FLAGS } from './map-flags.js';
import { MapHandle } from './map-handle.js';
import { type MapInput, MapMemory, type MapValue } from './map-memory.js';
import { createMap, type MapOptions } from './map-open.js';
import { knownShapes, type MapShapes, shapesOf } from './map-shapes.js';
import * as types from './map-type.js';
import { openById, openPinned } from './open-existing.js';

const { ENOENT } = ERRNO;
const BLOOM_FILTER: ReadonlySet<string> = new Set(['bloom_filter']);
const ARRAY: ReadonlySet<string> = new Set(['array']);

/** A key, converted and as it is. */
interface WalkedKey {
  readonly key: MapValue;
  readonly bytes: Uint8Array;
}

/** The native calls, and the memory that they work on. */
interface Opened {
  readonly calls: NativeMapCalls;
  readonly memory: MapMemory;
}

/**
 * Flags of `BpfMap.set`: always, only a new entry (`BPF_NOEXIST`), only an existing one (`BPF_EXIST`); added to one of them,
 * while the value's bpf_spin_lock is held, which itself is not written (`BPF_F_LOCK`, kernel 5.1).
 */
export const UPDATE = { ANY: 0, NOEXIST: 1, EXIST: 2, LOCK: 4 } as const;

/**
 * A map of the kernel, by a descriptor of its own. Keys and values are converted by their BTF types as `readValue` and
 * `writeValue` do: 64-bit integers are bigints, structs are objects, and a key must have all of its members. A map without
 * types takes and returns bytes; bytes of the right size are accepted by all. A value of a per-CPU map is an array with an
 * element for each possible CPU. Indexes of arrays and the like are numbers, with types or without.
 *
 * Some types of maps have values of another kind:
 * - `prog_array`, `array_of_maps`, `hash_of_maps`, `perf_event_array`, `cgroup_array`, `xskmap`, `sockmap`, `sockhash`,
 *   `reuseport_sockarray`: `set()` takes a descriptor (of a program, a map, a perf event, a cgroup's folder, a socket), or
 *   an object that has it as `fd`. `get()` gives the id of a program or a map (see `byId()`), and of a socket its cookie, if
 *   the map has values of 8 bytes. The others can't be read.
 * - `devmap`, `devmap_hash`, `cpumap`: the index of the interface, or the length of the CPU's queue; or, with values of 8
 *   bytes, `{ ifindex, bpf_prog: { fd } }` and `{ qsize, bpf_prog: { fd } }` with a program to run there.
 * - `sk_storage`, `task_storage`, `inode_storage`, `cgrp_storage`: the key is a descriptor of the socket, a pidfd of the
 *   thread group's leader (`openPidfd()`), a descriptor of the file, or of the cgroup's folder. They can't be walked through.
 * - `cgroup_storage`: entries are made when a program is attached to a cgroup. The key is the cgroup's id, or a struct
 *   bpf_cgroup_storage_key.
 * - `queue`, `stack`: `push()`, `peek()`, `pop()`; `bloom_filter`: `add()`, `has()`.
 *
 * Methods throw BpfError if the kernel refuses, BtfError for a key or value that does not fit its type, UsageError for
 * bytes of another size, a value of another kind, a method that the type of map does not have or another wrong argument,
 * UnsupportedError where the kernel lacks an operation for the type, and ClosedError. A map that is in use keeps all of its
 * object from being collected.
 *
 * The types of keys and values, as they are read and as they are given, are those of the object's contents: see
 * `ObjectContents`.
 */
export class BpfMap<Key = MapValue, Value = MapValue, GivenKey = Input, GivenValue = MapInput> extends MapHandle {
  readonly #shapes: MapShapes;
  /** For calls with a key. */
  #opened: Opened | undefined;
  /** For all calls. */
  #any: Opened | undefined;

  /** @internal Made by `OpenedObject.load()`. */
  constructor(native: NativeMap, object: Lifetime, name: string, shapes: MapShapes, pinPath?: string) {
    const info = check(native.info(), `cannot read the description of the map ${name}`);
    super(native, object, name, info, pinPath);
    this.#shapes = knownShapes(shapes, info);
  }

  /**
   * Makes a map that is no object's. It has no types: keys and values are bytes, but for indexes and descriptors. Throws
   * MapError or PrivilegeError if the kernel refuses, and UsageError.
   */
  static create(options: MapOptions): BpfMap {
    return BpfMap.#alone(createMap(options));
  }

  /**
   * Opens a map by its id (CAP_SYS_ADMIN), with the types that it was made with. Throws NotFoundError if there is none,
   * PrivilegeError or BpfError, and UsageError.
   */
  static byId(id: number): BpfMap {
    return BpfMap.#alone(openById('map', id, loadBinding().openMapById));
  }

  /**
   * Opens a pinned map, with the types that it was made with if the process may read them (CAP_SYS_ADMIN). Throws
   * NotFoundError if nothing is pinned there, BpfError if it is not a map, and UsageError.
   */
  static fromPin(path: string): BpfMap {
    return BpfMap.#alone(openPinned('map', path, loadBinding().openPinnedMap), resolve(path));
  }

  static #alone(native: NativeMap, pinPath?: string): BpfMap {
    try {
      const info = check(native.info(), 'cannot read the description of a map');
      return new BpfMap(native, new Lifetime(), info.name || `#${info.id}`, shapesOf(native, info), pinPath);
    } catch (error) {
      native.close();
      throw error;
    }
  }

  /** The native calls and their memory, made when they are first needed. */
  #openAny(): Opened {
    this.check();
    if (this.#any) return this.#any;
    const calls = check(this.native.calls(), `cannot use the map ${this.name}`);
    const cpus = this.isPerCpu ? loadBinding().possibleCpus() : 0;
    const { name, keySize, valueSize } = this;
    const form = { name, keySize, valueSize, cpus, holdsDescriptors: types.HOLDS_DESCRIPTORS.has(this.type) };
    this.#any = { calls, memory: new MapMemory(calls.memory, form, this.#shapes) };
    return this.#any;
  }

  /** The same, for a call with a key. */
  #open(): Opened {
    this.check();
    if (types.HAS_NO_KEYS.has(this.type))
      throw new UsageError(`the map ${this.name} is of type ${this.type}: it has no keys`);
    this.#opened = this.#openAny();
    return this.#opened;
  }

  /** The same, for a method that only some types of maps have. */
  #openFor(method: string, having: ReadonlySet<string>): Opened {
    this.check();
    if (!having.has(this.type))
      throw new UsageError(
        `the map ${this.name} is of type ${this.type}: ${method}() is for ${[...having].join(', ')}`,
      );
    return this.#openAny();
  }

  /** Reports a call that failed. */
  #fail(result: number, operation: string): never {
    this.check();
    throw mapError(this, -result, operation);
  }

  /** The value that a call left in the memory; undefined if there is none. */
  #found(result: number, memory: MapMemory, operation = 'read'): Value | undefined {
    if (result === 0) return memory.value() as Value;
    return result === -ENOENT ? undefined : this.#fail(result, operation);
  }

  /** The value of a key; undefined if there is none. */
  get(key: GivenKey): Value | undefined {
    const { calls, memory } = this.#opened ?? this.#open();
    memory.putKey(key as Input);
    const result = calls.lookup();
    if (result === 0) return memory.value() as Value;
    return result === -ENOENT ? undefined : this.#fail(result, 'read');
  }

  /**
   * As get(), while the value's bpf_spin_lock is held, so that members which change together fit each other; the lock
   * itself reads as 0. For hash, array and the storages. Kernel 5.1.
   */
  getLocked(key: GivenKey): Value | undefined {
    const { calls, memory } = this.#openFor('getLocked', types.HAS_LOCKS);
    memory.putKey(key as Input);
    return this.#found(calls.lookupLocked(), memory, 'lock and read');
  }

  /** Stores an entry. `flags` are of `UPDATE`. */
  set(key: GivenKey, value: GivenValue, flags: number = UPDATE.ANY): void {
    const { calls, memory } = this.#opened ?? this.#open();
    if (flags !== UPDATE.ANY) checkInteger('flags', flags, 0, Number.MAX_SAFE_INTEGER);
    memory.putEntry(key as Input, value as MapInput);
    const result = calls.update(flags);
    if (result !== 0) this.#fail(result, (flags & UPDATE.LOCK) === 0 ? 'write to' : 'lock and write to');
  }

  /** Removes an entry. Returns whether it existed. */
  delete(key: GivenKey): boolean {
    const { calls, memory } = this.#opened ?? this.#open();
    memory.putKey(key as Input);
    const result = calls.delete();
    if (result === 0) return true;
    return result === -ENOENT ? false : this.#fail(result, 'delete from');
  }

  /** Removes an entry of a hash and returns its value, in one step; undefined if there is none. Kernel 5.14. */
  getAndDelete(key: GivenKey): Value | undefined {
    const { calls, memory } = this.#openFor('getAndDelete', types.IS_HASH);
    memory.putKey(key as Input);
    return this.#found(calls.lookupAndDelete(), memory, 'read and delete from');
  }

  /** Whether there is a key; of a bloom filter, whether a value may have been added. */
  has(key: GivenKey): boolean {
    const isFilter = this.type === 'bloom_filter';
    const { calls, memory } = isFilter ? this.#openAny() : (this.#opened ?? this.#open());
    if (isFilter) memory.putOnlyValue(key as MapInput);
    else memory.putKey(key as Input);
    const result = calls.lookup();
    return result === 0 || (result === -ENOENT ? false : this.#fail(result, 'read'));
  }

  #put(value: GivenValue, flags: number, { calls, memory }: Opened): void {
    if (flags !== UPDATE.ANY) checkInteger('flags', flags, 0, Number.MAX_SAFE_INTEGER);
    memory.putOnlyValue(value as MapInput);
    const result = calls.update(flags);
    if (result !== 0) this.#fail(result, 'write to');
  }

  /** Adds a value to a bloom filter, from which none can be removed. Kernel 5.16. */
  add(value: GivenValue): void {
    this.#put(value, UPDATE.ANY, this.#openFor('add', BLOOM_FILTER));
  }

  /** Adds a value to a queue or a stack. With `UPDATE.EXIST` the oldest one makes room if it is full. */
  push(value: GivenValue, flags: number = UPDATE.ANY): void {
    this.#put(value, flags, this.#openFor('push', types.IS_SEQUENCE));
  }

  /** The oldest value of a queue, the newest of a stack; undefined if it is empty. */
  peek(): Value | undefined {
    const { calls, memory } = this.#openFor('peek', types.IS_SEQUENCE);
    memory.claim();
    return this.#found(calls.lookup(), memory);
  }

  /** Removes and returns the oldest value of a queue, the newest of a stack; undefined if it is empty. */
  pop(): Value | undefined {
    const { calls, memory } = this.#openFor('pop', types.IS_SEQUENCE);
    memory.claim();
    return this.#found(calls.lookupAndDelete(), memory);
  }

  /**
   * The bytes of all entries; with `remove` the map is then empty, which an array can't be. Entries may be missed or
   * repeated if anyone else removes some at the same time. Reads a few megabytes in one call (kernel 5.6), or single
   * entries of a map that the kernel does not read so. A program's update of an entry that is being removed is lost.
   */
  readAll(options: { remove?: boolean } = {}): RawEntry[] {
    this.#opened ?? this.#open();
    checkOptions(options, ['remove']);
    const { remove = false } = options;
    checkBoolean('remove', remove);
    if (remove && types.IS_FIXED.has(this.type))
      throw new UsageError(`the map ${this.name} is of type ${this.type}: its entries can't be removed`);
    return [...this.#pieces(undefined, remove)].flat();
  }

  /**
   * Keys and values, of which at most `batch` are read in one call (kernel 5.6; default: some megabytes), or as the iterator does
   * where the kernel does not read a map so. Faster than the iterator, and like `readAll()` if there are changes meanwhile;
   * a loop may remove what it was given.
   */
  entries(options: { batch?: number } = {}): Generator<[key: Key, value: Value]> {
    const { memory } = this.#opened ?? this.#open();
    checkOptions(options, ['batch']);
    const { batch } = options;
    if (batch !== undefined) checkInteger('batch', batch, 1);
    return this.#converted(memory, this.#pieces(batch, false));
  }

  *#converted(memory: MapMemory, pieces: Iterable<readonly RawEntry[]>): Generator<[key: Key, value: Value]> {
    for (const piece of pieces)
      for (const [key, value] of piece) {
        memory.load(key, value);
        yield [memory.key() as Key, memory.value() as Value];
      }
  }

  *#pieces(size: number | undefined, isRemoved: boolean): Generator<RawEntry[]> {
    const { memory } = this.#opened ?? this.#open();
    if (types.HAS_GAPS.has(this.type)) return yield* this.#walkedPieces(isRemoved);
    const room = Math.min(size ?? this.maxEntries, pieceOf(memory, this.maxEntries));
    const status = yield* readPieces(this.native, memory, { size: room, most: this.maxEntries, isRemoved });
    if (isLacking(-status)) yield* this.#walkedPieces(isRemoved);
    else if (status !== 0) this.#fail(status, 'read all of');
  }

  /** Pieces of one entry each. */
  *#walkedPieces(isRemoved: boolean): Generator<RawEntry[]> {
    for (const { bytes } of this.#walk()) {
      const { calls, memory } = this.#opened ?? this.#open();
      memory.putKey(bytes);
      const result = calls.lookup();
      if (result !== 0 && result !== -ENOENT) this.#fail(result, 'read all of');
      if (result === 0) yield [[bytes, memory.valueBytes()]];
      if (isRemoved) this.delete(bytes as GivenKey);
    }
  }

  /**
   * Stores entries, some megabytes in one call (kernel 5.6), or one by one where the kernel does not write to a map so.
   * Nothing is stored if a key or value does not fit its type. If the kernel refuses an entry, those before it are stored.
   * Returns their number.
   */
  setAll(entries: Iterable<readonly [key: GivenKey, value: GivenValue]>): number {
    const { memory } = this.#opened ?? this.#open();
    if (typeof entries?.[Symbol.iterator] !== 'function') throw new UsageError('entries: expected an iterable');
    const pieces = new WrittenPieces(memory, pieceOf(memory, this.maxEntries));
    let count = 0;
    for (const entry of entries) {
      if (typeof entry?.[Symbol.iterator] !== 'function') throw mistake('entry', entry, 'a key and a value');
      const [key, value] = entry;
      memory.putEntry(key as Input, value as MapInput);
      pieces.add((keys, values, index) => memory.store(keys, values, index));
      count++;
    }
    const { status, left } = pieces.write(this.native);
    if (isLacking(-status)) for (const [key, value] of left) this.#setBytes(key, value);
    else if (status !== 0) this.#fail(status, 'write to');
    return count;
  }

  #setBytes(key: Uint8Array, value: Uint8Array): void {
    const { calls, memory } = this.#opened ?? this.#open();
    memory.load(key, value);
    const result = calls.update(UPDATE.ANY);
    if (result !== 0) this.#fail(result, 'write to');
  }

  /**
   * The keys, in the kernel's order. The following key is read before one is returned, so that the loop may remove the key
   * that it was given. Other changes meanwhile, by the loop or by anyone else: keys that are added may be missed, and keys
   * that are removed may still be returned. If the following key is removed, the kernel starts over, and some keys are
   * repeated.
   */
  *keys(): Generator<Key> {
    for (const { key } of this.#walk()) yield key as Key;
  }

  /** Keys and values, as `keys()`; an entry that is gone before it is read is left out. */
  *[Symbol.iterator](): Generator<[key: Key, value: Value]> {
    for (const { key, bytes } of this.#walk()) {
      // By its bytes, because text that is not UTF-8 is lost in conversion.
      const value = this.get(bytes as GivenKey);
      if (value !== undefined) yield [key as Key, value];
    }
  }

  *#walk(): Generator<WalkedKey> {
    let following = this.#following(undefined);
    while (following) {
      const current = following;
      following = this.#following(current.bytes);
      yield current;
    }
  }

  /** The key after another one, or the first. */
  #following(previous: Uint8Array | undefined): WalkedKey | undefined {
    const { calls, memory } = this.#opened ?? this.#open();
    if (previous) memory.putKey(previous);
    else memory.claim();
    const result = calls.nextKey(previous === undefined);
    if (result === -ENOENT) return undefined;
    if (result !== 0) this.#fail(result, 'walk through');
    return { key: memory.key(), bytes: memory.keyBytes() };
  }

  /**
   * The memory of an array that was made with `MAP_FLAGS.MMAPABLE`: entries in order, each at a multiple of 8 bytes. What
   * programs write is seen at once, and the reverse. The memory stays mapped as long as any view of it is in use, also after
   * `close()`. It may change at any time: take a copy (`slice()`) before it is decoded as text. Kernel 5.5. Throws BpfError
   * for a frozen map.
   */
  mmap(): Uint8Array {
    this.#openFor('mmap', ARRAY);
    if ((this.flags & MAP_FLAGS.MMAPABLE) === 0)
      throw new UsageError(`the map ${this.name} was not made with MAP_FLAGS.MMAPABLE (BPF_F_MMAPABLE)`);
    if (((this.valueSize + 7) & ~7) * this.maxEntries > constants.MAX_LENGTH)
      throw new UsageError(`the map ${this.name} is larger than a Uint8Array can be`);
    const buffer = this.native.mmap();
    return new Uint8Array(typeof buffer === 'number' ? this.#fail(buffer, 'map the memory of') : buffer);
  }

  override close(): void {
    // The next call has to ask for it, and learns that the map is closed before it looks at its arguments.
    this.#opened = undefined;
    this.#any = undefined;
    super.close();
  }
}

/** Any map, whatever its keys and values are: for functions that take one. */
export type AnyMap = BpfMap<unknown, unknown, never, never>;
