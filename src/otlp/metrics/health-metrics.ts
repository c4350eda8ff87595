/** How snoopkit itself fares, as the semantic conventions for SDKs name it, and what it has seen and lost. */

import { type AnswerKind, NOUNS, type Protocol, type Route, type Signal } from '../types.js';
import { type KeyValue, keyValue } from '../values.js';
import { durationAmounts } from './metric-histogram.js';
import { Instrument, type MetricOptions } from './metric-instrument.js';
import type { Metric } from './metric-points.js';
import type { MetricSource } from './metric-reader.js';

/** What became of the records of a signal since the start: each is in exactly one of the numbers, or on its way. */
export interface SignalAccount {
  readonly signal: 'logs' | 'traces';
  readonly protocol: Protocol;
  /** All that came. */
  readonly seen: number;
  readonly delivered: number;
  /** By the collector, in a request that it took otherwise. */
  readonly rejected: number;
  /** By reason, as `error.type` has it: `queue_full` are those that never got into the queue. */
  readonly dropped: Readonly<Record<string, number>>;
  /** In the queue now, and how many fit in. */
  readonly waiting: number;
  readonly capacity: number;
}

export interface Health {
  readonly tool: string;
  /** Events, or rows of reports. */
  readonly events: number;
  /** How many were lost since the start, by reason. */
  readonly losses: Readonly<Record<string, number>>;
  readonly accounts: readonly SignalAccount[];
}

/** An export that is over, with all its tries. */
export interface Operation {
  readonly route: Pick<Route, 'signal' | 'protocol' | 'url' | 'target'>;
  /** From the beginning of the first try to the end of the last one. */
  readonly milliseconds: number;
  /** That of the last try: without an error for full success only. */
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

/** There is one of each kind: the number in the name is always 0. */
const component = (type: string): KeyValue[] => [
  keyValue('otel.component.name', `${type}/0`),
  keyValue('otel.component.type', type),
];
const processorOf = (signal: Signal) => component(`batching_${RECORDS[signal]}_processor`);
const exporterOf = (signal: Signal, protocol: Protocol) =>
  component(`otlp_${TRANSPORTS[protocol]}_${RECORDS[signal]}_exporter`);
/** Of whom it is asked: the scheme says which port goes without saying. */
function serverOf({ url: { protocol, hostname, port }, target }: Operation['route']): KeyValue[] {
  if (target?.startsWith('unix:')) return [keyValue('server.address', target.slice('unix:'.length))];
  return [
    keyValue('server.address', hostname.replace(/^\[|\]$/g, '')),
    keyValue('server.port', Number(port || (protocol === 'https:' ? 443 : 80))),
  ];
}

/** What came of an export, by the conventions for its protocol. */
function answerAttributes({ status, error }: AnswerKind): KeyValue[] {
  return [
    ...(error === undefined ? [] : [keyValue('error.type', error)]),
    ...(typeof status === 'number' ? [keyValue('http.response.status_code', status)] : []),
    ...(typeof status === 'string' ? [keyValue('rpc.status_code', status)] : []),
  ];
}

const failed = (attributes: readonly KeyValue[], error: string) => [...attributes, keyValue('error.type', error)];

/** The metrics of logs, or those of spans. */
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
      metric(
        `processor.${record}.processed`,
        `The number of ${plural} that were handed to the exporter, or dropped before`,
      ),
      'totals',
      options,
    );
    this.#size = Instrument.level(
      metric(`processor.${record}.queue.size`, `The number of ${plural} in the queue`),
      options,
    );
    this.#capacity = Instrument.level(
      metric(`processor.${record}.queue.capacity`, `The number of ${plural} that the queue holds at the most`),
      options,
    );
    this.#exported = Instrument.counter(
      metric(`exporter.${record}.exported`, `The number of ${plural} whose export has ended, well or not`),
      'totals',
      options,
    );
    this.all = [this.#processed, this.#size, this.#capacity, this.#exported];
  }

  note({ signal, protocol, seen, delivered, rejected, dropped, waiting, capacity }: SignalAccount): void {
    const [processor, exporter] = [processorOf(signal), exporterOf(signal, protocol)];
    const { [QUEUE_FULL]: overflown = 0, ...others } = dropped;
    // By the conventions a record is processed when the exporter has got it, whatever comes of it.
    this.#processed.add(processor, BigInt(Math.max(0, seen - waiting - overflown)));
    this.#processed.add(failed(processor, QUEUE_FULL), BigInt(overflown));
    this.#size.add(processor, BigInt(waiting));
    this.#capacity.add(processor, BigInt(capacity));
    this.#exported.add(exporter, BigInt(delivered));
    for (const [reason, count] of Object.entries({ ...others, [REJECTED]: rejected + (others[REJECTED] ?? 0) }))
      this.#exported.add(failed(exporter, reason), BigInt(count));
  }
}

/** A source of metrics that asks for numbers when it is asked itself. */
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
        description: 'The duration of exporting a batch, with all tries and the pauses between them',
      },
      'changes',
      // The conventions want seconds.
      { ...options, histograms: 'explicit' },
    );
    const events = (name: string, description: string) =>
      Instrument.counter({ name: `snoopkit.${name}`, unit: '{event}', description }, 'totals', options);
    this.#events = events('events', 'The number of events that a tool has seen, or of reports where it adds up');
    this.#lost = events('ringbuf.lost', 'The number of events that happened and are not in the stream, by reason');
  }

  /** Notes an export that is over. */
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
