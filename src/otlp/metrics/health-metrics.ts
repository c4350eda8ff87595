/**
 * Health metrics of snoopkit, named as in the semantic conventions for SDKs, with the numbers of seen and lost events.
 */

import { type AnswerKind, NOUNS, type Protocol, type Route, type Signal } from '../types.js';
import { type KeyValue, keyValue } from '../values.js';
import { durationAmounts } from './metric-histogram.js';
import { Instrument, type MetricOptions } from './metric-instrument.js';
import type { Metric } from './metric-points.js';
import type { MetricSource } from './metric-reader.js';

/** Outcome of a signal's records since the start. Each record is counted once, or still in flight. */
export interface SignalAccount {
  readonly signal: 'logs' | 'traces';
  readonly protocol: Protocol;
  /** All records received. */
  readonly seen: number;
  readonly delivered: number;
  /** Rejected by the collector in a partial success. */
  readonly rejected: number;
  /** By reason, as in `error.type`. Records dropped for `queue_full` never entered the queue. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Records in the queue now; the size of the queue. */
  readonly waiting: number;
  readonly capacity: number;
}

export interface Health {
  readonly tool: string;
  /** Events, or rows of reports. */
  readonly events: number;
  /** Lost events since the start, by reason. */
  readonly losses: Readonly<Record<string, number>>;
  readonly accounts: readonly SignalAccount[];
}

/** A finished export, with all its attempts. */
export interface Operation {
  readonly route: Pick<Route, 'signal' | 'protocol' | 'url' | 'target'>;
  /** From the start of the first attempt to the end of the last one. */
  readonly milliseconds: number;
  /** Response to the last attempt; without `error` only if it succeeded in full. */
  readonly answer: AnswerKind;
}

const QUEUE_FULL = 'queue_full';
const REJECTED = 'rejected';
const RECORDS: Readonly<Record<Signal, string>> = { logs: 'log', traces: 'span', metrics: 'metric' };
const TRANSPORTS: Readonly<Record<Protocol, string>> = {
  grpc: 'grpc',
  'http/protobuf': 'http',
  'http/json': 'http_json',
};

/** There is one component of each type, so that the number in the name is always 0. */
const component = (type: string): KeyValue[] => [
  keyValue('otel.component.name', `${type}/0`),
  keyValue('otel.component.type', type),
];
const processorOf = (signal: Signal) => component(`batching_${RECORDS[signal]}_processor`);
const exporterOf = (signal: Signal, protocol: Protocol) =>
  component(`otlp_${TRANSPORTS[protocol]}_${RECORDS[signal]}_exporter`);
/** Attributes of the server. A missing port is the scheme's default. */
function serverOf({ url: { protocol, hostname, port }, target }: Operation['route']): KeyValue[] {
  if (target?.startsWith('unix:')) return [keyValue('server.address', target.slice('unix:'.length))];
  return [
    keyValue('server.address', hostname.replace(/^\[|\]$/g, '')),
    keyValue('server.port', Number(port || (protocol === 'https:' ? 443 : 80))),
  ];
}

/** Result of an export, by the conventions of its protocol. */
function answerAttributes({ status, error }: AnswerKind): KeyValue[] {
  return [
    ...(error === undefined ? [] : [keyValue('error.type', error)]),
    ...(typeof status === 'number' ? [keyValue('http.response.status_code', status)] : []),
    ...(typeof status === 'string' ? [keyValue('rpc.status_code', status)] : []),
  ];
}

const failed = (attributes: readonly KeyValue[], error: string) => [...attributes, keyValue('error.type', error)];

/** Metrics of logs or spans. */
class SignalInstruments {
  readonly #processed: Instrument;
  readonly #size: Instrument;
  readonly #capacity: Instrument;
  readonly #exported: Instrument;
  readonly all: readonly Instrument[];

  constructor(signal: 'logs' | 'traces', options: MetricOptions) {
    const [record, unit] = signal === 'logs' ? ['log', '{log_record}'] : ['span', '{span}'];
    const plural = NOUNS[signal];
    const metric = (name: string, description: string) => ({ name: `otel.sdk.${name}`, unit, description });
    this.#processed = Instrument.counter(
      metric(`processor.${record}.processed`, `The number of ${plural} passed to the exporter or dropped before it`),
      'totals',
      options,
    );
    this.#size = Instrument.level(
      metric(`processor.${record}.queue.size`, `The number of ${plural} in the queue`),
      options,
    );
    this.#capacity = Instrument.level(
      metric(`processor.${record}.queue.capacity`, `The maximum number of ${plural} in the queue`),
      options,
    );
    this.#exported = Instrument.counter(
      metric(`exporter.${record}.exported`, `The number of ${plural} whose export has finished, successfully or not`),
      'totals',
      options,
    );
    this.all = [this.#processed, this.#size, this.#capacity, this.#exported];
  }

  note({ signal, protocol, seen, delivered, rejected, dropped, waiting, capacity }: SignalAccount): void {
    const [processor, exporter] = [processorOf(signal), exporterOf(signal, protocol)];
    const { [QUEUE_FULL]: overflown = 0, ...others } = dropped;
    // In the conventions, a record is processed once the exporter has it, whatever the outcome.
    this.#processed.add(processor, BigInt(Math.max(0, seen - waiting - overflown)));
    this.#processed.add(failed(processor, QUEUE_FULL), BigInt(overflown));
    this.#size.add(processor, BigInt(waiting));
    this.#capacity.add(processor, BigInt(capacity));
    this.#exported.add(exporter, BigInt(delivered));
    for (const [reason, count] of Object.entries({ ...others, [REJECTED]: rejected + (others[REJECTED] ?? 0) }))
      this.#exported.add(failed(exporter, reason), BigInt(count));
  }
}

/** Source of the health metrics, which reads the state of the run at each collection. */
export class HealthMetrics implements MetricSource {
  readonly #read: () => Health;
  readonly #signals: Readonly<Record<SignalAccount['signal'], SignalInstruments>>;
  readonly #duration: Instrument;
  readonly #events: Instrument;
  readonly #lost: Instrument;

  constructor(read: () => Health, options: MetricOptions) {
    this.#read = read;
    this.#signals = {
      logs: new SignalInstruments('logs', options),
      traces: new SignalInstruments('traces', options),
    };
    this.#duration = Instrument.histogram(
      {
        name: 'otel.sdk.exporter.operation.duration',
        description: 'The duration of exporting a batch, including retries and the delays between them',
      },
      'changes',
      // The conventions use seconds.
      { ...options, histograms: 'explicit' },
    );
    const events = (name: string, description: string) =>
      Instrument.counter({ name: `snoopkit.${name}`, unit: '{event}', description }, 'totals', options);
    this.#events = events('events', 'The number of events of a tool, or of reports if it aggregates');
    this.#lost = events('ringbuf.lost', 'The number of events lost before they reached the output, by reason');
  }

  /** Records a finished export. */
  note({ route, milliseconds, answer }: Operation): void {
    const nanoseconds = BigInt(Math.max(0, Math.round(milliseconds * 1e6)));
    const exporter = exporterOf(route.signal, route.protocol);
    this.#duration.add([...exporter, ...answerAttributes(answer), ...serverOf(route)], durationAmounts(nanoseconds));
  }

  collect(time: bigint): Metric[] {
    const { tool, events, losses, accounts } = this.#read();
    const attributes = [keyValue('snoopkit.tool', tool)];
    this.#events.add(attributes, BigInt(events));
    for (const [reason, count] of Object.entries(losses))
      this.#lost.add([...attributes, keyValue('snoopkit.lost.reason', reason)], BigInt(count));
    for (const account of accounts) this.#signals[account.signal].note(account);
    const { logs, traces } = this.#signals;
    return [this.#events, this.#lost, ...logs.all, ...traces.all, this.#duration].flatMap((one) => one.collect(time));
  }
}
