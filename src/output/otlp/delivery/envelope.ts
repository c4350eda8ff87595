import { bytesField, prefix, textField } from '../wire.js';

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

  /** A request of records, each as it stands in its scope's message: tag, length, bytes. */
  wrap(records: readonly Uint8Array[]): Uint8Array {
    if (sizeOf(records) === 0) throw new RangeError('a request without records');
    const inScope = [this.#scope, ...records, this.#schemaUrl];
    const inResource = [this.#resource, prefix(SCOPES, sizeOf(inScope)), ...inScope, this.#schemaUrl];
    return Buffer.concat([prefix(RESOURCES, sizeOf(inResource)), ...inResource]);
  }
}
