import type { RecordResource } from '../types.js';
import { bytesField, prefix, textField } from '../wire.js';
import type { Slice } from './queue.js';

/** Field of the request: resource_logs. */
const RESOURCES = 1;
/** Fields of ResourceLogs: resource, scope_logs. */
const RESOURCE = 1;
const SCOPES = 2;
/** Field of ScopeLogs that precedes the records: scope. */
const SCOPE = 1;
/** Field of ResourceLogs and ScopeLogs that follows the rest: schema_url. */
const SCHEMA_URL = 3;

/** Maximum size of a tag and a length, in bytes. */
const LARGEST_PREFIX = 6;

type Piece = Uint8Array | Slice;
const bytesOf = (piece: Piece) => (piece instanceof Uint8Array ? piece : piece.bytes);
const resourceOf = (piece: Piece) => (piece instanceof Uint8Array ? undefined : piece.resource);

const sizeOf = (pieces: readonly Uint8Array[]) => pieces.reduce((sum, { length }) => sum + length, 0);

/**
 * Encloses the records of each request in resource, scope and schema URL, encoded once. The field numbers are the same
 * for logs, traces and metrics.
 */
export class Envelope {
  readonly #resource: Uint8Array;
  readonly #scope: Uint8Array;
  readonly #schemaUrl: Uint8Array;
  /** Maximum size of a request without its records, in bytes. */
  readonly overhead: number;

  /** Takes an encoded Resource and an encoded InstrumentationScope. */
  constructor(resource: Uint8Array, scope: Uint8Array, schemaUrl: string) {
    this.#resource = bytesField(RESOURCE, resource);
    this.#scope = bytesField(SCOPE, scope);
    this.#schemaUrl = schemaUrl === '' ? new Uint8Array() : textField(SCHEMA_URL, schemaUrl);
    this.overhead = this.#resource.length + this.#scope.length + 2 * this.#schemaUrl.length + 2 * LARGEST_PREFIX;
  }

  /** Maximum number of additional bytes in a request for a resource other than the common one. */
  costOf({ bytes }: RecordResource): number {
    return bytes.length + this.#scope.length + 2 * this.#schemaUrl.length + 3 * LARGEST_PREFIX;
  }

  /**
   * Encodes a request. Each record has tag and length, as a field of its scope's message. Records are grouped by
   * resource. Throws RangeError for an empty request.
   */
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
