import type { RecordResource } from '../types.js';
import { bytesField, prefix, textField } from '../wire.js';
import type { Slice } from './queue.js';

/** The field of a request: ResourceLogs. */
const RESOURCES = 1;
/** Those of ResourceLogs. */
const RESOURCE = 1;
const SCOPES = 2;
/** That of ScopeLogs in front of the records. */
const SCOPE = 1;
/** Of both, behind the rest. */
const SCHEMA_URL = 3;

/** What a tag and a length take at the most. */
const LARGEST_PREFIX = 6;

type Piece = Uint8Array | Slice;
const bytesOf = (piece: Piece) => (piece instanceof Uint8Array ? piece : piece.bytes);
const resourceOf = (piece: Piece) => (piece instanceof Uint8Array ? undefined : piece.resource);

const sizeOf = (pieces: readonly Uint8Array[]) => pieces.reduce((sum, { length }) => sum + length, 0);

/**
 * What stands around the records of every request, encoded once: the resource, the scope, and the URL of the conventions
 * that both follow. The fields have the same numbers in the requests of logs, traces and metrics.
 */
export class Envelope {
  readonly #resource: Uint8Array;
  readonly #scope: Uint8Array;
  readonly #schemaUrl: Uint8Array;
  /** Bytes that a request has beside its records, at the most. */
  readonly overhead: number;

  /** From an encoded Resource and an encoded InstrumentationScope. */
  constructor(resource: Uint8Array, scope: Uint8Array, schemaUrl: string) {
    this.#resource = bytesField(RESOURCE, resource);
    this.#scope = bytesField(SCOPE, scope);
    this.#schemaUrl = schemaUrl === '' ? new Uint8Array() : textField(SCHEMA_URL, schemaUrl);
    this.overhead = this.#resource.length + this.#scope.length + 2 * this.#schemaUrl.length + 2 * LARGEST_PREFIX;
  }

  /** Bytes that a request has more for each resource beside that of all, at the most. */
  costOf({ bytes }: RecordResource): number {
    return bytes.length + this.#scope.length + 2 * this.#schemaUrl.length + 3 * LARGEST_PREFIX;
  }

  /** A request of records, each as it stands in its scope's message: tag, length, bytes. Those of one resource come together. */
  wrap(records: readonly Piece[]): Uint8Array {
    if (sizeOf(records.map(bytesOf)) === 0) throw new RangeError('a request without records');
    const groups = new Map<string | undefined, { resource: RecordResource | undefined; records: Uint8Array[] }>();
    for (const piece of records) {
      const resource = resourceOf(piece);
      const group = groups.get(resource?.key);
      if (group) group.records.push(bytesOf(piece));
      else groups.set(resource?.key, { resource, records: [bytesOf(piece)] });
    }
    return Buffer.concat([...groups.values()].flatMap((group) => this.#group(group.resource, group.records)));
  }

  #group(own: RecordResource | undefined, records: readonly Uint8Array[]): Uint8Array[] {
    const resource = own ? bytesField(RESOURCE, own.bytes) : this.#resource;
    const inScope = [this.#scope, ...records, this.#schemaUrl];
    const inResource = [resource, prefix(SCOPES, sizeOf(inScope)), ...inScope, this.#schemaUrl];
    return [prefix(RESOURCES, sizeOf(inResource)), ...inResource];
  }
}
