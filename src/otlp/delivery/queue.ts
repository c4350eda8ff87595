import type { RecordResource } from '../types.js';

/** Memory is had in pieces of this size, or of a record's size where that is larger. */
const CHUNK_SIZE = 256 << 10;
/** Shorter records than 64 bytes leave some of a piece unused. */
const CHUNK_RECORDS = CHUNK_SIZE / 64;
/** Pieces that are kept for what comes next. */
const SPARE_CHUNKS = 8;

class Chunk {
  readonly bytes: Buffer;
  /** Where each record ends: an object for each would cost more than its bytes. */
  readonly ends = new Uint32Array(CHUNK_RECORDS);
  /** The resources of records that have one of their own, by their place: not there where none has. */
  resources: (RecordResource | undefined)[] | undefined;
  count = 0;
  taken = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  /** Where the bytes of a record start, or those that follow the last one. */
  startOf(index: number): number {
    return index === 0 ? 0 : (this.ends[index - 1] as number);
  }

  hasRoom(size: number): boolean {
    return this.count < CHUNK_RECORDS && this.startOf(this.count) + size <= this.bytes.length;
  }
}

/** Records one behind the other that have the same resource: that of all, unless it says which. */
export interface Slice {
  readonly bytes: Uint8Array;
  readonly resource?: RecordResource | undefined;
}

/** What was taken out of the queue: bytes that stay as they are until the next record comes. */
export interface Taken {
  readonly slices: readonly Slice[];
  readonly records: number;
  readonly bytes: number;
}

/** Encoded records that wait, in order. What comes when it is full is not let in: what waits already is the older. */
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

  /** From 0 to 1. */
  get fullness(): number {
    return Math.max((this.count + this.#asideCount) / this.#maxCount, (this.bytes + this.#asideBytes) / this.#maxBytes);
  }

  /** Records that were taken and yet count as waiting; negative numbers end that. */
  setAside(records: number, bytes: number): void {
    this.#asideCount += records;
    this.#asideBytes += bytes;
  }

  /** Copies a record. Returns false when there is no room. */
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
   * Takes the oldest records: so many and so large at the most, yet always one. A resource of their own counts once in each
   * request, as what `costOf` says.
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

  /** The first piece has been taken whole: its memory serves again. */
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
