/** Types shared by the parts of the OTLP output. The numbers are those of opentelemetry.io/docs/specs/otel. */

export const SIGNALS = ['logs', 'traces', 'metrics'] as const;
export type Signal = (typeof SIGNALS)[number];

/** Names of the records in messages to the user. */
export const NOUNS: Readonly<Record<Signal, string>> = { logs: 'log records', traces: 'spans', metrics: 'metrics' };

export const PROTOCOLS = ['http/protobuf', 'grpc', 'http/json'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Contents of PEM files. Without `ca`, the system's authorities are used. */
export interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** Route of a signal to its collector. */
export interface Route {
  readonly signal: Signal;
  readonly protocol: Protocol;
  /** For HTTP, the full URL with its path; for gRPC, the scheme selects TLS and the path is ignored. */
  readonly url: URL;
  /** HTTP only: path and query as configured, if URL normalizes them. */
  readonly path?: string;
  /** gRPC only: the target, such as `unix:PATH`, if it does not follow from the URL. */
  readonly target?: string;
  /** Headers by lower-case name, valid for any protocol. They may be secret and are never shown. */
  readonly headers: ReadonlyMap<string, string>;
  readonly isCompressed: boolean;
  /** Time limit of a batch with all its attempts, in milliseconds; Infinity for none. */
  readonly timeout: number;
  readonly tls: TlsFiles;
  /** HTTP proxy that the environment names for this URL. */
  readonly proxy?: URL;
}

/** Limits of batches and of the queue. */
export interface BatchOptions {
  /** Milliseconds after which queued records are sent even if they are few. */
  readonly delay: number;
  /** Maximum number of records per request. */
  readonly maxBatch: number;
  /** Maximum number of queued records. Further ones are dropped and counted. */
  readonly maxQueue: number;
}

/** Response, or reason for its absence, in terms of the semantic conventions. */
export interface AnswerKind {
  /** HTTP status code or name of the gRPC status; undefined without a response. */
  readonly status?: number | string;
  /** `error.type`: set unless the request succeeded in full. */
  readonly error?: string;
}

/** Result of a request. A message is one short line without control characters or secrets. */
export type Outcome = { readonly answer?: AnswerKind } & (
  | /** Accepted, except for `rejected` records, which the collector refused for good. `message` may be empty. */
  { readonly kind: 'taken'; readonly rejected: number; readonly message: string }
  /** To be retried, after `after` milliseconds at the earliest if the collector demands it. */
  | { readonly kind: 'later'; readonly after: number | undefined; readonly message: string }
  /** To be dropped: a retry would fail, too. */
  | { readonly kind: 'refused'; readonly message: string }
);

/** Sends requests to a collector, once each. Retries are up to the caller. */
export interface Transport {
  /**
   * Sends an encoded Export...ServiceRequest. Never rejects. `signal` ends it early, with `later` if no response has
   * begun.
   */
  send(request: Uint8Array, signal: AbortSignal): Promise<Outcome>;
  close(): void;
}

/** A resource that replaces the common one for some records: encoded, and identified by its key. */
export interface RecordResource {
  readonly key: string;
  readonly bytes: Uint8Array;
}
