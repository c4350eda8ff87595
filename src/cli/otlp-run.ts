/** What goes to a collector in a run: by which exporters, and what became of it. */
import { readFileSync } from 'node:fs';
import { bootTime, bootToRealtime } from '../bpf/system.js';
import type { Column, EventRecord } from '../events/column.js';
import { OutputBuffer } from '../events/output-buffer.js';
import type { Rows } from '../events/rows.js';
import { type Account, DROP_REASONS } from '../output/otlp/delivery/account.js';
import { Envelope } from '../output/otlp/delivery/envelope.js';
import { Exporter } from '../output/otlp/delivery/exporter.js';
import { OtlpFormat } from '../output/otlp/format.js';
import { LogEncoder, type LogOptions } from '../output/otlp/log-encoder.js';
import { SCHEMA_URL } from '../output/otlp/mapping.js';
import { messageType } from '../output/otlp/messages.js';
import { HealthMetrics } from '../output/otlp/metrics/health-metrics.js';
import type { MetricOptions } from '../output/otlp/metrics/metric-instrument.js';
import { encodeMetric, MetricReader } from '../output/otlp/metrics/metric-reader.js';
import { keyColumns, TallyMetrics, type TallyShape } from '../output/otlp/metrics/tally-metrics.js';
import { encodeResource, encodeScope, resourceAttributes } from '../output/otlp/resource.js';
import type { OtlpFlagValues } from '../output/otlp/settings/flag-values.js';
import { type OtlpSettings, otlpSettings } from '../output/otlp/settings/settings.js';
import { SpoolFolder } from '../output/otlp/spool/spool-folder.js';
import { transportOf } from '../output/otlp/transport/transport.js';
import { type BatchOptions, NOUNS, SIGNALS, type Signal } from '../output/otlp/types.js';
import type { KeyValue } from '../output/otlp/values.js';
import { OtlpSpans } from './otlp-spans.js';
import { say } from './talk.js';
import type { Tally, View } from './tally.js';
import type { ToolDefinition } from './tool.js';

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));

/** Metrics are few, and each has many points: a request goes out by its bytes, or when a report is complete. */
const METRIC_BATCH: BatchOptions = { delay: 0, maxBatch: 512, maxQueue: 65_536 };

/** What the last metrics have at least, whatever the others took. */
const LAST_METRICS_MS = 1000;

const now = () => bootTime() + bootToRealtime();

/** What is told, of which columns. */
export interface OtlpView {
  readonly tool: ToolDefinition;
  readonly view: View;
  readonly tally: Tally | undefined;
  /** Those that are told. */
  readonly columns: readonly Column[];
  /** All that there are. */
  readonly all: readonly Column[];
}

/** The attributes that columns are, as plain objects. */
function attributesBy(encoder: LogEncoder): (record: EventRecord) => KeyValue[] {
  const out = new OutputBuffer();
  const type = messageType('LogRecord');
  return (record) => {
    out.length = 0;
    encoder.attributes(record, out);
    // Not what decode() makes: there, each field of a oneof is in its prototype, and so all look like texts.
    const { attributes = [] } = type.toObject(type.decode(out.bytes.subarray(0, out.length)));
    return attributes as KeyValue[];
  };
}

/** In a line, what became of the records of a signal. */
function accountLine(signal: Signal, account: Account): string {
  const { seen, adopted, delivered, rejected, dropped, spooled } = account;
  const parts = [`${delivered} delivered`];
  if (rejected > 0) parts.push(`${rejected} rejected by the collector`);
  for (const [reason, count] of Object.entries(dropped))
    if (count > 0) parts.push(`${count} dropped: ${DROP_REASONS[reason as keyof typeof DROP_REASONS]}`);
  if (spooled > 0) parts.push(`${spooled} in the spool, for the next run`);
  const earlier = adopted > 0 ? `, and ${adopted} of an earlier run` : '';
  return `${seen} ${NOUNS[signal]}${earlier}: ${parts.join('; ')}`;
}

export class OtlpRun {
  readonly #settings: OtlpSettings;
  readonly #command: readonly string[];
  readonly #exporters = new Map<Signal, Exporter>();
  #spool: SpoolFolder | undefined;
  #view: OtlpView | undefined;
  #format: OtlpFormat | undefined;
  #tally: TallyMetrics | undefined;
  #reader: MetricReader | undefined;
  #health: HealthMetrics | undefined;
  readonly #spans: OtlpSpans | undefined;
  #closing: Promise<void> | undefined;

  /** By flags and by the environment, of which it says at once what makes no sense. Throws SnoopkitError where nothing could be sent. */
  constructor(flags: OtlpFlagValues, command: readonly string[]) {
    this.#command = command;
    this.#settings = otlpSettings(process.env, flags);
    for (const warning of this.#settings.warnings) say(warning);
    if (this.#settings.isDisabled) say('OTEL_SDK_DISABLED is true: nothing is sent to a collector');
    const { hasSpans, args } = this.#settings;
    if (hasSpans)
      this.#spans = new OtlpSpans(this.#adder('traces'), args, {
        isThere: command.length > 0,
        hasRoot: flags.hasTraceRoot === true,
      });
  }

  /** That of the command; undefined where it is ours. */
  get environment(): NodeJS.ProcessEnv | undefined {
    return this.#spans?.environment;
  }

  /** Flags of a tool that this needs. */
  impliedFlags({ otlp }: ToolDefinition): Readonly<Record<string, true>> {
    return this.#spans && otlp?.spans === 'processes' ? { 'trace-context': true } : {};
  }

  /** Milliseconds from one report of what a tool adds up to the next, where nothing else is said. */
  get interval(): number {
    return this.#settings.metrics.interval;
  }

  /** Milliseconds that the end of a run may take. */
  get flushTime(): number {
    return Math.min(this.#settings.exportTimeouts.logs, this.#settings.exportTimeouts.traces);
  }

  /** The format that hands events on. */
  format(view: OtlpView): OtlpFormat {
    const { tally, tool } = view;
    this.#view = view;
    const encoder = this.#encoder(view, view.columns);
    const spans = this.#spans;
    const hasSpans = spans && !tally && tool.otlp?.spans !== undefined;
    if (hasSpans) spans.prepare(tool, view.all, attributesBy(encoder));
    this.#format = new OtlpFormat({
      logs:
        tally || !this.#settings.routes.logs
          ? undefined
          : { encoder, add: this.#adder('logs'), ...(spans && { contextOf: spans.contextReader(view.all) }) },
      spans: hasSpans ? spans : undefined,
      tally: (rows) => this.#report(rows),
      now,
    });
    return this.#format;
  }

  #encoder({ tool, view }: OtlpView, columns: readonly Column[]): LogEncoder {
    const { args, limits } = this.#settings;
    const options: LogOptions = { ...limits.logs, args, tool: tool.name };
    return new LogEncoder(view.event.name, columns, tool.otlp ?? {}, options);
  }

  #adder(signal: Signal) {
    return (bytes: Uint8Array, start: number, end: number) => this.#exporters.get(signal)?.add(bytes, start, end);
  }

  /** Makes ready to send. Throws SnoopkitError where the spool can't be used. */
  async connect(): Promise<void> {
    const { routes, batches, spool, resource, serviceName, hasSpans } = this.#settings;
    const attributes = resourceAttributes({ version, serviceName, attributes: resource });
    const scope = encodeScope(this.#view?.tool.name ?? '', version);
    const envelope = new Envelope(encodeResource(attributes), scope, SCHEMA_URL);
    if (spool) this.#spool = await SpoolFolder.open(spool.directory, spool.maxBytes, say);
    for (const signal of SIGNALS) {
      const route = routes[signal];
      if (!route || (signal === 'traces' && !hasSpans)) continue;
      const exporter = new Exporter({
        signal,
        envelope,
        transport: await transportOf(route, `Snoopkit/${version}`),
        batch: signal === 'metrics' ? METRIC_BATCH : batches[signal],
        timeout: route.timeout,
        spool: await this.#spool?.spool(signal),
        onTrouble: say,
        onRequest: ({ milliseconds, outcome }) =>
          this.#health?.note({
            signal,
            protocol: route.protocol,
            milliseconds,
            error: outcome.kind === 'taken' ? undefined : '_OTHER',
          }),
      });
      this.#exporters.set(signal, exporter);
    }
  }

  /** The traced command has ended, with this status as a shell has it. */
  commandEnded(status: number): void {
    this.#spans?.commandEnded(status, now());
  }

  /** Begins, once events come; `losses` are those of the kernel's side, by reason, and `command` the pid of the traced one. */
  start(losses: () => Readonly<Record<string, number>>, command: number | undefined): void {
    const { metrics, routes, batches } = this.#settings;
    this.#spans?.start(command, now());
    if (!routes.metrics || !this.#view) return;
    const options: MetricOptions = {
      temporality: metrics.temporality,
      histograms: metrics.histograms,
      start: now(),
    };
    const add = this.#adder('metrics');
    const reader = new MetricReader({
      interval: metrics.interval,
      now,
      receive: (metric) => add(metric, 0, metric.length),
    });
    const { tool, view, tally, columns } = this.#view;
    const accounts = (['logs', 'traces'] as const).flatMap((signal) => {
      const [exporter, route] = [this.#exporters.get(signal), routes[signal]];
      if (!exporter || !route) return [];
      return [{ signal, exporter, protocol: route.protocol, capacity: batches[signal].maxQueue }];
    });
    this.#health = new HealthMetrics(
      () => ({
        tool: tool.name,
        events: this.#format?.events ?? 0,
        losses: losses(),
        accounts: accounts.map(({ exporter, ...rest }) => ({ ...exporter.account, ...rest })),
      }),
      options,
    );
    if (tally) {
      const shape: TallyShape = {
        event: view.event.name,
        columns,
        fields: view.fields,
        sums: tally.sums ?? [],
        mappings: tally.metrics ?? {},
        isTotal: tally.isTotal ?? false,
      };
      this.#tally = new TallyMetrics(shape, attributesBy(this.#encoder(this.#view, keyColumns(shape))), options);
    }
    reader.add(this.#health);
    reader.start();
    this.#reader = reader;
  }

  #report(rows: Rows): void {
    const add = this.#adder('metrics');
    for (const metric of this.#tally?.report(rows, now()) ?? []) {
      const bytes = encodeMetric(metric);
      add(bytes, 0, bytes.length);
    }
  }

  /**
   * Says in the stream what did not get to the collector since the last time: not where that would itself be lost, and
   * so never end.
   */
  tellLosses(): void {
    const { maxQueue } = this.#settings.batches.logs;
    if (this.#closing || (this.#exporters.get('logs')?.account.waiting ?? 0) >= maxQueue) return;
    for (const exporter of this.#exporters.values())
      for (const { reason, ...loss } of exporter.takeLosses())
        this.#format?.lost({ reason: `otlp_${reason}`, ...loss });
  }

  /** Records that did not get there, nor into the spool. */
  get lost(): number {
    const accounts = [...this.#exporters.values()].map(({ account }) => account);
    const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
    return sum(accounts.map(({ rejected, dropped }) => rejected + sum(Object.values(dropped))));
  }

  /** Sends what waits, for so many milliseconds at the most, and says what became of all of it: once. */
  close(deadline: number): Promise<void> {
    this.#closing ??= this.#close(deadline);
    return this.#closing;
  }

  async #close(deadline: number): Promise<void> {
    for (const line of this.#spans?.end(now(), this.#command) ?? []) say(line);
    const end = performance.now() + deadline;
    const { metrics, ...others } = Object.fromEntries(this.#exporters) as Partial<Record<Signal, Exporter>>;
    await Promise.all(Object.values(others).map((exporter) => exporter.close(deadline)));
    // Now it is known what became of the others, and that is among the metrics.
    this.#reader?.close();
    await metrics?.close(Math.max(end - performance.now(), Math.min(deadline, LAST_METRICS_MS)));
    await this.#spool?.close();
    for (const [signal, { account }] of this.#exporters) {
      // Of metrics nobody wants to hear, unless some are missing.
      const { seen, adopted, delivered } = account;
      if (seen + adopted > 0 && (signal !== 'metrics' || delivered < seen + adopted)) say(accountLine(signal, account));
    }
  }
}
