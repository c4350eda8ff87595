import {
  type AnyStructs,
  Btf,
  type Input,
  type KnownStructs,
  layoutOf,
  memoryOf,
  type StructsOf,
  type TypedBtf,
  writerOf,
} from '../btf/index.js';
import { UsageError } from '../errors.js';
import { ERRNO } from '../kernel/errno.js';
import { isBytes } from '../mistake.js';
import { loadBinding } from '../native/load.js';
import type { NativeUserRing } from '../native/rings.js';
import { checkInstance, checkOptions, checkText } from './arguments.js';
import type { GivenValue } from './contents.js';
import { BpfError, ClosedError, check } from './errors.js';
import { type AnyMap, BpfMap } from './map.js';

const { E2BIG, ENOSPC } = ERRNO;

/** Options of UserRingBuffer.open(). */
export interface UserRingBufferOptions<Known extends KnownStructs = AnyStructs, Name extends string = string> {
  /** The object's BTF, and a struct of it: `write()` then takes objects, too. */
  btf: TypedBtf<Known>;
  struct: Name;
}

/** A struct of the object, as it is given: members that are left out are zero. */
type Given<Struct> = unknown extends Struct ? Input : GivenValue<Struct>;

/**
 * The writing side of a BPF_MAP_TYPE_USER_RINGBUF map, by which user space sends records to a program, which reads them
 * with `bpf_user_ringbuf_drain()`. A map has one writer, of all processes. Kernel 6.1.
 */
export class UserRingBuffer<Record = never> {
  readonly #native: NativeUserRing;
  readonly #map: AnyMap;
  /** Makes the bytes of an object. */
  readonly #convert: ((record: Input) => Uint8Array) | undefined;
  readonly #leave: () => void;
  #isClosed = false;

  private constructor(native: NativeUserRing, map: AnyMap, convert?: (record: Input) => Uint8Array) {
    this.#native = native;
    this.#map = map;
    this.#convert = convert;
    this.#leave = map.enter(this, () => this.close());
  }

  /** Opens a map for writing of bytes alone. */
  static open(map: AnyMap): UserRingBuffer;
  /**
   * Opens a map for writing. The closing of its object closes the writer. Throws ClosedError for a closed map, UsageError
   * for one of another type, one that has a writer, or wrong options, NotFoundError if there is no such struct, and BpfError.
   */
  static open<
    Known extends KnownStructs = AnyStructs,
    Name extends keyof StructsOf<Known, 'structs'> & string = keyof StructsOf<Known, 'structs'> & string,
  >(map: AnyMap, options: UserRingBufferOptions<Known, Name>): UserRingBuffer<Given<StructsOf<Known, 'structs'>[Name]>>;
  static open(map: AnyMap, options?: UserRingBufferOptions): UserRingBuffer<unknown> {
    checkInstance('map', map, BpfMap);
    const { fd, name } = map;
    if (map.type !== 'user_ringbuf') throw new UsageError(`map ${name} is not a user ring buffer`);
    if (options !== undefined) checkOptions(options, ['btf', 'struct']);
    const convert = options && converterOf(options, name);
    if (map.hasReader) throw new UsageError(`the map ${name} has a writer: close it first`);
    const native = loadBinding().openUserRing(fd);
    return new UserRingBuffer<unknown>(check(native, `cannot open the user ring buffer ${name}`), map, convert);
  }

  /**
   * Puts a record into the ring: bytes of any length, or an object of the struct. Returns `false`, and puts none, if the
   * ring is full: the program has to drain it first. A record takes 8 bytes more than its length, which is rounded up to a
   * multiple of 8. Throws BtfError for an object that does not fit the struct, UsageError for an object without one or a
   * record that is larger than the ring, BpfError, and ClosedError.
   */
  write(record: Record | Uint8Array): boolean {
    if (this.#isClosed) throw new ClosedError(`the writer of the map ${this.#map.name} is closed`);
    const bytes = isBytes(record) ? record : this.#bytesOf(record as Input);
    const result = this.#native.write(bytes);
    if (result === 0) return true;
    if (result === -ENOSPC) return false;
    const { name, maxEntries } = this.#map;
    if (result === -E2BIG)
      throw new UsageError(`a record of ${bytes.length} bytes is larger than the ring ${name}, of ${maxEntries}`);
    throw new BpfError(`cannot write to the map ${name}`, -result);
  }

  #bytesOf(record: Input): Uint8Array {
    if (this.#convert) return this.#convert(record);
    throw new UsageError(`the writer of the map ${this.#map.name} was opened without a struct: pass bytes`);
  }

  /** Unmaps the memory. Records that were written stay for the program. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#leave();
    this.#native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function converterOf({ btf, struct }: UserRingBufferOptions, name: string): (record: Input) => Uint8Array {
  if (!(btf instanceof Btf)) throw new UsageError('btf: expected the BTF of an object');
  checkText('struct', struct);
  const layout = layoutOf(btf, struct);
  const write = writerOf({ kind: layout.kind, layout }, name);
  return (record) => {
    const memory = memoryOf(new ArrayBuffer(Math.ceil(layout.size / 8) * 8));
    write(memory, 0, record);
    return memory.bytes.subarray(0, layout.size);
  };
}
