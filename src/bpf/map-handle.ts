import { readFileSync, unlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '../errors.js';
import type { NativeMap, NativeMapDescription } from '../native/binding.js';
import { checkPath } from './arguments.js';
import { ClosedError, check } from './errors.js';
import type { Lifetime } from './lifetime.js';
import { mapError } from './map-error.js';
import { isPerCpu, type MapType, mapTypeOf } from './map-type.js';
import { pinError } from './pin.js';

/** A map as a whole: what it is, its descriptor and its pin. */
export class MapHandle {
  readonly name: string;
  /** As bpftool prints it: `hash`, `lpm_trie`; `unknown` if this library does not know the number. */
  readonly type: MapType | 'unknown';
  /** enum bpf_map_type of include/uapi/linux/bpf.h */
  readonly typeNumber: number;
  /** The kernel's number of this map, for `byId()`. */
  readonly id: number;
  /** In bytes. */
  readonly keySize: number;
  /** In bytes; in a per-CPU map, of one CPU's value. */
  readonly valueSize: number;
  /** Maximum number of entries; of a ring buffer its size in bytes. */
  readonly maxEntries: number;
  /** `MAP_FLAGS` that it was made with, but for RDONLY and WRONLY, which the kernel does not keep. */
  readonly flags: number;
  /** Whether each possible CPU has a value of its own. */
  readonly isPerCpu: boolean;
  /** @internal */
  protected readonly native: NativeMap;
  /** @internal */
  protected readonly object: Lifetime;
  #pinPath: string | undefined;
  #reader: WeakRef<object> | undefined;
  #isClosed = false;

  /** @internal */
  protected constructor(
    native: NativeMap,
    object: Lifetime,
    name: string,
    info: NativeMapDescription,
    pinPath: string | undefined,
  ) {
    this.native = native;
    this.object = object;
    this.name = name;
    this.type = mapTypeOf(info.type);
    this.typeNumber = info.type;
    this.id = info.id;
    this.keySize = info.keySize;
    this.valueSize = info.valueSize;
    this.maxEntries = info.maxEntries;
    this.flags = info.flags;
    this.isPerCpu = isPerCpu(this.type);
    this.#pinPath = pinPath;
  }

  /** @internal Throws ClosedError. */
  protected check(): void {
    this.object.check();
    if (this.#isClosed) throw new ClosedError(`the map ${this.name} is closed`);
  }

  /** The map's descriptor (O_CLOEXEC), valid until `close()`. */
  get fd(): number {
    this.check();
    return check(this.native.fd(), `the map ${this.name} has no descriptor`);
  }

  /** Makes the map constant for user space: it can't be written to any more, except by programs. Kernel 5.2. */
  freeze(): void {
    this.check();
    const result = this.native.freeze();
    if (result < 0) throw mapError(this, -result, 'freeze');
  }

  /** Whether it was frozen, by anyone. */
  get isFrozen(): boolean {
    return this.#about('frozen') === 1;
  }

  /** Bytes that the kernel charges for it, an estimate before Linux 6.4. They may grow with its entries. */
  get memory(): number {
    return this.#about('memlock');
  }

  /** What the kernel tells of it in /proc. Throws the file system's error without /proc. */
  #about(name: string): number {
    const text = readFileSync(`/proc/self/fdinfo/${this.fd}`, 'latin1');
    return Number(new RegExp(`^${name}:\\s*(\\d+)$`, 'm').exec(text)?.[1]);
  }

  /** The path of its pin, if it was pinned or opened by this object. */
  get pinPath(): string | undefined {
    return this.#pinPath;
  }

  /**
   * Pins the map to a new file of a BPF file system (`mount -t bpf bpf /sys/fs/bpf`): it lasts until that is removed, also
   * after this process. Throws UsageError if it is pinned already, and BpfError.
   */
  pin(path: string): void {
    this.check();
    checkPath('path', path);
    if (this.#pinPath !== undefined) throw new UsageError(`the map ${this.name} is pinned already: ${this.#pinPath}`);
    const at = resolve(path);
    const result = this.native.pin(at);
    if (result < 0) throw pinError(`cannot pin the map ${this.name} to ${at}`, at, -result);
    this.#pinPath = at;
  }

  /** Removes the pin. Throws the file system's error, and UsageError if the map was not pinned or opened by this object. */
  unpin(): void {
    this.check();
    if (this.#pinPath === undefined) throw new UsageError(`the map ${this.name} is not pinned`);
    unlinkSync(this.#pinPath);
    this.#pinPath = undefined;
  }

  /** Whether a ring buffer reads this map, or a user ring buffer writes to it. */
  get hasReader(): boolean {
    return this.#reader?.deref() !== undefined;
  }

  /** @internal Makes `reader` the map's reader, and calls `end` when the object is closed. Returns how to leave. */
  enter(reader: object, end: () => void): () => void {
    const part = { close: end };
    const entered = new WeakRef(reader);
    this.#reader = entered;
    this.object.add(part);
    return () => {
      // A reader may be closed again when the map has another.
      if (this.#reader === entered) this.#reader = undefined;
      this.object.delete(part);
    };
  }

  /** Closes the descriptor. The map itself lasts as long as a program, a pin or another descriptor uses it. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.native.close();
    this.object.delete(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
