import assert from 'node:assert/strict';
import { Envelope } from '../../../src/otlp/delivery/envelope.js';
import type { Exporter } from '../../../src/otlp/delivery/exporter.js';
import { messageType } from '../../../src/otlp/messages.js';
import type { Outcome, Transport } from '../../../src/otlp/types.js';

const encode = (type: string, message: object) =>
  messageType(type).encode(messageType(type).fromObject(message)).finish();

export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.45.0';

export const envelope = (): Envelope =>
  new Envelope(
    encode('Resource', { attributes: [{ key: 'host.name', value: { stringValue: 'lab' } }] }),
    encode('InstrumentationScope', { name: 'opensnoop', version: '1.2.3' }),
    SCHEMA_URL,
  );

/** A log record whose body is a number, as it stands in its scope's message, and at least so many bytes. */
export function record(id: number, size = 0): Uint8Array {
  const bytes = encode('LogRecord', { body: { intValue: id }, eventName: 'x'.repeat(size) });
  return messageType('ScopeLogs')
    .encode({ logRecords: [messageType('LogRecord').decode(bytes)] })
    .finish();
}

interface Request {
  resourceLogs: {
    resource: { attributes: { key: string }[] };
    schemaUrl: string;
    scopeLogs: { scope: { name: string }; schemaUrl: string; logRecords: { body: { intValue: unknown } }[] }[];
  }[];
}

export const decode = (request: Uint8Array): Request =>
  messageType('ExportLogsServiceRequest').decode(request) as unknown as Request;

/** The numbers in a request. */
export const idsOf = (request: Uint8Array): number[] =>
  decode(request).resourceLogs.flatMap(({ scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ body }) => Number(body.intValue))),
  );

export const TAKEN: Outcome = { kind: 'taken', rejected: 0, message: '' };
export const later = (after?: number): Outcome => ({ kind: 'later', after, message: 'away' });
export const REFUSED: Outcome = { kind: 'refused', message: 'not like this' };

/** A collector that does as it is told, and remembers what it took, in order. */
export class FakeCollector implements Transport {
  readonly taken: number[] = [];
  /** The time of each request, and what was in it. */
  readonly requests: { readonly at: number; readonly ids: number[] }[] = [];
  underWay = 0;
  mostUnderWay = 0;
  isClosed = false;
  answer: (ids: number[], signal: AbortSignal) => Outcome | Promise<Outcome>;

  constructor(answer: FakeCollector['answer'] = () => TAKEN) {
    this.answer = answer;
  }

  async send(request: Uint8Array, signal: AbortSignal): Promise<Outcome> {
    const ids = idsOf(request);
    this.requests.push({ at: performance.now(), ids });
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    const outcome = await this.answer(ids, signal);
    this.underWay--;
    if (outcome.kind === 'taken') this.taken.push(...ids);
    return outcome;
  }

  close(): void {
    this.isClosed = true;
  }
}

/** Never answers. */
export const silence = (): Promise<Outcome> => new Promise(() => undefined);

/** Numbers from `from` to below `to`. */
export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** The parts of an account are its whole. */
export function assertAddsUp({ account }: Exporter): void {
  const { seen, adopted, delivered, rejected, dropped, spooled, waiting } = account;
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  assert.equal(seen + adopted, delivered + rejected + lost + spooled + waiting, JSON.stringify(account));
}

/** A collector that takes nothing for now. */
export const away = (): FakeCollector => new FakeCollector(() => later());

/** Adds records of numbers from `from` to below `to`. */
export function addNumbers(target: Exporter, from: number, to: number, size = 0): void {
  for (let id = from; id < to; id++) {
    const bytes = record(id, size);
    target.add(bytes, 0, bytes.length);
  }
  assertAddsUp(target);
}
