/** A field of bytes, or of a message: its tag is the number, shifted, and wire type 2. */
const RESOURCE = 0x0a;
const SCOPES = 0x12;
const SCOPE = 0x0a;
const SCHEMA_URL = 0x1a;

/** What a tag and a length take at the most. */
const LARGEST_PREFIX = 6;

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

/** Writes a tag and a length. Returns where it ends. */
function writePrefix(tag: number, length: number, target: Uint8Array, start: number): number {
  let at = start;
  target[at++] = tag;
  let rest = length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) target[at++] = (rest % 0x80) | 0x80;
  target[at++] = rest;
  return at;
}

const prefixSize = (length: number) => 1 + varintSize(length);

function field(tag: number, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(prefixSize(content.length) + content.length);
  bytes.set(content, writePrefix(tag, content.length, bytes, 0));
  return bytes;
}

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
    this.#resource = field(RESOURCE, resource);
    this.#scope = field(SCOPE, scope);
    this.#schemaUrl = schemaUrl === '' ? new Uint8Array() : field(SCHEMA_URL, Buffer.from(schemaUrl));
    this.overhead = this.#resource.length + this.#scope.length + 2 * this.#schemaUrl.length + 2 * LARGEST_PREFIX;
  }

  /** A request of records, each as it stands in its scope's message: tag, length, bytes. */
  wrap(records: readonly Uint8Array[]): Uint8Array {
    const size = records.reduce((sum, { length }) => sum + length, 0);
    if (size === 0) throw new RangeError('a request without records');
    const inScope = this.#scope.length + size + this.#schemaUrl.length;
    const inResource = this.#resource.length + prefixSize(inScope) + inScope + this.#schemaUrl.length;
    const request = Buffer.allocUnsafeSlow(prefixSize(inResource) + inResource);
    let at = writePrefix(RESOURCE, inResource, request, 0);
    const put = (bytes: Uint8Array) => {
      request.set(bytes, at);
      at += bytes.length;
    };
    put(this.#resource);
    at = writePrefix(SCOPES, inScope, request, at);
    put(this.#scope);
    for (const bytes of records) put(bytes);
    put(this.#schemaUrl);
    put(this.#schemaUrl);
    return request;
  }
}
