import type { RecordResource } from '../types.js';

/** Size of a chunk of memory in bytes; a larger record has a chunk of its own size. */
const CHUNK_SIZE = 256 << 10;
/** Maximum number of records in a chunk. Records shorter than 64 bytes leave a part of it unused. */
const CHUNK_RECORDS = CHUNK_SIZE / 64;
/** Maximum number of empty chunks kept for reuse. */
const SPARE_CHUNKS = 8;

class Chunk {
  readonly bytes: Buffer;
  /** End of each record. An object per record would take more memory than its bytes. */
  readonly ends = new Uint32Array(CHUNK_RECORDS);
  /** Resources by index of the record; undefined if all records have the common one. */
  resources: (RecordResource | undefined)[] | undefined;
  count = 0;
  taken = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  /** Start of a record, or the end of the last one. */
  startOf(index: number): number {
    return index === 0 ? 0 : (this.ends[index - 1] as number);
  }

  hasRoom(size: number): boolean {
    return this.count < CHUNK_RECORDS && this.startOf(this.count) + size <= this.bytes.length;
  }
}

/** Consecutive records of one resource; the common one if `resource` is undefined. */
export interface Slice {
  readonly bytes: Uint8Array;
  readonly resource?: RecordResource | undefined;
}

/** Records taken from the queue. The bytes are valid until the next add(). */
export interface Taken {
  readonly slices: readonly Slice[];
  readonly records: number;
  readonly bytes: number;
}

/** Queue of encoded records. A full queue refuses new records and keeps the older ones. */
export class RecordQueue {
  readonly #maxCount: number;
  readonly #maxBytes: number;
  readonly #chunks: Chunk[] = [];
  readonly #spare: Chunk[] = [];
  #last: Chunk | undefined;
  #asideCount = 0;
  #asideBytes = 0;
  count = 0;
  bytes = 0;

  constructor(maxCount: number, maxBytes: number) {
    this.#maxCount = maxCount;
    this.#maxBytes = maxBytes;
  }

  /** Fill level from 0 to 1. */
  get fullness(): number {
    return Math.max((this.count + this.#asideCount) / this.#maxCount, (this.bytes + this.#asideBytes) / this.#maxBytes);
  }

  /** Counts records that were taken as still waiting; negative numbers undo that. */
  setAside(records: number, bytes: number): void {
    this.#asideCount += records;
    this.#asideBytes += bytes;
  }

  /** Copies a record. Returns false if there is no room. */
  add(source: Uint8Array, start: number, end: number, resource?: RecordResource): boolean {
    const size = end - start;
    if (this.count + this.#asideCount >= this.#maxCount || this.bytes + this.#asideBytes + size > this.#maxBytes) {
      return false;
    }
    let chunk = this.#last;
    if (chunk === undefined || !chunk.hasRoom(size)) chunk = this.#grow(size);
    const at = chunk.startOf(chunk.count);
    chunk.bytes.set(source.subarray(start, end), at);
    if (resource) {
      chunk.resources ??= [];
      chunk.resources[chunk.count] = resource;
    }
    chunk.ends[chunk.count++] = at + size;
    this.count++;
    this.bytes += size;
    return true;
  }

  /**
   * Takes the oldest records, up to both limits but at least one. `costOf` is the size of a resource other than the
   * common one, counted once per request.
   */
  take(maxCount: number, maxBytes: number, costOf: (resource: RecordResource) => number = () => 0): Taken | undefined {
    const slices: Slice[] = [];
    const seen = new Set<string>();
    let records = 0;
    let bytes = 0;
    let cost = 0;
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      const first = chunk.taken;
      const start = chunk.startOf(first);
      let next = first;
      let run = first;
      const cut = () => {
        if (next > run)
          slices.push({
            bytes: chunk.bytes.subarray(chunk.startOf(run), chunk.startOf(next)),
            resource: chunk.resources?.[run],
          });
        run = next;
      };
      while (next < chunk.count && records < maxCount) {
        const resource = chunk.resources?.[next];
        const more = resource && !seen.has(resource.key) ? costOf(resource) : 0;
        const size = (chunk.ends[next] as number) - start;
        if (records > 0 && bytes + size + cost + more > maxBytes) break;
        if (resource && more > 0) seen.add(resource.key);
        cost += more;
        if (chunk.resources?.[run]?.key !== resource?.key) cut();
        records++;
        next++;
      }
      cut();
      bytes += chunk.startOf(next) - start;
      chunk.taken = next;
      if (next < chunk.count) break;
      this.#retire();
    }
    if (records === 0) return undefined;
    this.count -= records;
    this.bytes -= bytes;
    return { slices, records, bytes };
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#spare.length = 0;
    this.#last = undefined;
    this.count = 0;
    this.bytes = 0;
  }

  #grow(size: number): Chunk {
    const chunk = (size <= CHUNK_SIZE ? this.#spare.pop() : undefined) ?? new Chunk(Math.max(CHUNK_SIZE, size));
    this.#chunks.push(chunk);
    this.#last = chunk;
    return chunk;
  }

  /** Recycles the first chunk after all of its records were taken. */
  #retire(): void {
    const chunk = this.#chunks.shift();
    if (chunk === this.#last) this.#last = undefined;
    if (chunk?.bytes.length !== CHUNK_SIZE || this.#spare.length >= SPARE_CHUNKS) return;
    chunk.count = 0;
    chunk.taken = 0;
    chunk.resources = undefined;
    this.#spare.push(chunk);
  }
}
