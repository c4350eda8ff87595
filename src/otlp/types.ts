/** What the parts of the OTLP output agree on. Numbers of the specification: opentelemetry.io/docs/specs/otel. */

export const SIGNALS = ['logs', 'traces', 'metrics'] as const;
export type Signal = (typeof SIGNALS)[number];

/** What a person calls the records. */
export const NOUNS: Readonly<Record<Signal, string>> = { logs: 'log records', traces: 'spans', metrics: 'metrics' };

export const PROTOCOLS = ['http/protobuf', 'grpc', 'http/json'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** What TLS is done with: the contents of PEM files; the system's authorities where there is no `ca`. */
export interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** How one signal gets to its collector. */
export interface Route {
  readonly signal: Signal;
  readonly protocol: Protocol;
  /** For HTTP all of it, with the path; for gRPC the scheme says whether there is TLS, and the path means nothing. */
  readonly url: URL;
  /** Of HTTP: path and query where they are other than in the URL, which changes what it is given. */
  readonly path?: string;
  /** Of gRPC: what to connect to, where that does not follow from the URL; `unix:PATH` among others. */
  readonly target?: string;
  /** By names in lower case: those that any protocol can send. They may be secret: they are shown nowhere. */
  readonly headers: ReadonlyMap<string, string>;
  readonly isCompressed: boolean;
  /** Milliseconds that a batch may take with all its tries; Infinity for no limit. */
  readonly timeout: number;
  readonly tls: TlsFiles;
  /** The proxy that the environment names for this URL, of http://. */
  readonly proxy?: URL;
}

/** When a batch goes out, and what waits. */
export interface BatchOptions {
  /** Milliseconds after which what waits goes out even if it is little. */
  readonly delay: number;
  /** Records that a request has at the most. */
  readonly maxBatch: number;
  /** Records that wait at the most; what comes then is dropped, and counted. */
  readonly maxQueue: number;
}

/** What an answer was, or why there was none, in the words that the semantic conventions have for it. */
export interface AnswerKind {
  /** That of HTTP, or the name of gRPC's; undefined without an answer. */
  readonly status?: number | string;
  /** `error.type`: for all but full success. */
  readonly error?: string;
}

/** What became of a request. A message is a short line that drives no terminal, and has nothing secret. */
export type Outcome = { readonly answer?: AnswerKind } & (
  | /** The collector has it; it rejected so many records of it, for good. `message` may be empty. */
  { readonly kind: 'taken'; readonly rejected: number; readonly message: string }
  /** To be tried again; not before `after` milliseconds where the collector said so. */
  | { readonly kind: 'later'; readonly after: number | undefined; readonly message: string }
  /** To be given up: it would not be taken another time, either. */
  | { readonly kind: 'refused'; readonly message: string }
);

/** Sends requests to a collector, each once: to try again is for those who use it. */
export interface Transport {
  /** `request` is an encoded Export...ServiceRequest. Resolves for whatever happens; the signal ends it early, as `later` if no answer has begun. */
  send(request: Uint8Array, signal: AbortSignal): Promise<Outcome>;
  close(): void;
}

/** A resource that some records have in place of that of all: encoded, as the other, and known by its key. */
export interface RecordResource {
  readonly key: string;
  readonly bytes: Uint8Array;
}
