/** A sink that exports to an OpenTelemetry collector: exporters, and their results. */
import { readFileSync } from 'node:fs';
import { aborted } from '../aborted.js';
import type { EventRecord } from '../events/column.js';
import type { Rows } from '../events/rows.js';
import { BaseSink, type RunStart } from '../output/sink.js';
import { ContainerIdentities, findContainer } from './containers.js';
import { accountLine } from './delivery/account.js';
import { Envelope } from './delivery/envelope.js';
import { Exporter } from './delivery/exporter.js';
import { ReportedCauses } from './delivery/troubles.js';
import { OtlpFormat } from './format.js';
import type { LostRecord } from './log-encoder.js';
import { SCHEMA_URL } from './mapping.js';
import type { SignalAccount } from './metrics/health-metrics.js';
import { encodeResource, encodeScope, resourceAttributes } from './resource.js';
import { checkBy, OtlpMetrics } from './run-metrics.js';
import { OtlpSpans } from './run-spans.js';
import { type OtlpFlagValues, optionName } from './settings/flag-values.js';
import { type OtlpSettings, otlpSettings } from './settings/settings.js';
import { SpoolFolder } from './spool/spool-folder.js';
import { transportOf } from './transport/transport.js';
import { type BatchOptions, type RecordResource, SIGNALS, type Signal } from './types.js';
import { attributesBy, logEncoder, type OtlpTool, type OtlpView } from './view.js';

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));

/** Metrics are few, with many points each: a request is sent by size, or when a report is complete. */
const METRIC_BATCH: BatchOptions = { delay: 0, maxBatch: 512, maxQueue: 65_536 };

/** Time limit for the last requests after the user has asked to stop, and if no user waits. */
const FLUSH_MS = 5000;
const LONGEST_FLUSH_MS = 30_000;

/** Minimum time for the last metrics, whatever the other signals took. */
const LAST_METRICS_MS = 1000;

/** The surroundings of an export. */
export interface OtlpHost {
  /** The traced command; empty if there is none. */
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Receive lines for the user: the normal course, and what is missing or lost. */
  readonly notices: { info(line: string): void; warn(line: string): void };
  readonly clock: {
    /** Nanoseconds since boot. */
    boot(): bigint;
    /** Nanoseconds between boot time and the time of day. */
    offset(): bigint;
  };
}

export class OtlpSink extends BaseSink {
  readonly #settings: OtlpSettings;
  readonly #host: OtlpHost;
  readonly #now: () => bigint;
  readonly #containers: ContainerIdentities;
  readonly #exporters = new Map<Signal, Exporter>();
  #spool: SpoolFolder | undefined;
  #view: OtlpView | undefined;
  #format: OtlpFormat | undefined;
  #metrics: OtlpMetrics | undefined;
  /** Set if spans are requested and exported. */
  readonly #spans: OtlpSpans | undefined;
  #closing: Promise<void> | undefined;
  /** By performance.now(). */
  #closeBy = Number.POSITIVE_INFINITY;

  /** Reads flags and environment, and reports invalid settings at once. Throws SnoopkitError if nothing could be exported. */
  constructor(flags: OtlpFlagValues, host: OtlpHost) {
    super();
    const {
      clock,
      command,
      env,
      notices: { warn },
    } = host;
    this.#host = host;
    this.#now = () => clock.boot() + clock.offset();
    this.#settings = otlpSettings(env, flags);
    this.#containers = new ContainerIdentities(flags.isPerContainer ?? false);
    for (const warning of this.#settings.warnings) warn(warning);
    const { isDisabled, hasSpans, routes } = this.#settings;
    if (isDisabled) warn('OTEL_SDK_DISABLED is true: nothing is exported');
    else if (hasSpans && !routes.traces)
      warn(`OTEL_TRACES_EXPORTER: no spans are exported, ${optionName(flags, 'hasSpans')} is ignored`);
    if (hasSpans && routes.traces)
      this.#spans = new OtlpSpans(this.#adder('traces'), this.#settings, this.#containers, {
        isThere: command.length > 0,
        hasRoot: flags.hasTraceRoot === true,
        env,
      });
  }

  /** The environment of the command; undefined if it is ours. */
  get environment(): NodeJS.ProcessEnv | undefined {
    return this.#spans?.environment;
  }

  /** Flags of the tool that the export needs. */
  impliedFlags({ otlp }: OtlpTool): Readonly<Record<string, true>> {
    return this.#spans && otlp?.spans === 'processes' ? { 'trace-context': true } : {};
  }

  /** Default interval of reports, in milliseconds. */
  get interval(): number {
    return this.#settings.metrics.interval;
  }

  /** Sets the columns to export, before `open`. Throws UsageError if one can't be exported as asked. */
  setView(shown: Omit<OtlpView, 'hasContainer'>): void {
    const view = { ...shown, hasContainer: !this.#containers.isByResource };
    const { tally, tool } = view;
    checkBy(view);
    this.#view = view;
    const resourceOf = this.#resourceReader(view);
    const { routes, limits, args, hasBody } = this.#settings;
    const usual = view.view.columns.flatMap((name) => view.all.filter((column) => column.name === name));
    const spans = this.#spans;
    const hasSpans = spans && !tally && tool.otlp?.spans !== undefined;
    if (hasSpans) spans.prepare(tool, view.all, { attributesOf: attributesBy(view, view.columns, args), resourceOf });
    this.#format = new OtlpFormat({
      logs:
        tally || !routes.logs
          ? undefined
          : {
              encoder: logEncoder(view, view.columns, { ...limits.logs, args, body: hasBody ? usual : undefined }),
              add: this.#adder('logs'),
              ...(resourceOf && { resourceOf }),
              ...(spans && { contextOf: spans.contextReader(view.all) }),
            },
      spans: hasSpans ? spans : undefined,
      tally: (rows) => this.#metrics?.report(rows),
      now: this.#now,
    });
  }

  /** Reads the resource of an event, if containers have their own. */
  #resourceReader({ all }: OtlpView): ((record: EventRecord) => RecordResource | undefined) | undefined {
    const find = this.#containers.isByResource ? findContainer(all) : undefined;
    return find && ((record) => this.#containers.of(find(record)).resource);
  }

  #adder(signal: Signal) {
    return (bytes: Uint8Array, start: number, end: number, resource?: RecordResource) =>
      this.#exporters.get(signal)?.add(bytes, start, end, resource);
  }

  /** Sets up the exporters. Throws SnoopkitError if the spool is unusable. */
  override async open(): Promise<boolean> {
    const { routes, batches, exportTimeouts, spool, resource, serviceName } = this.#settings;
    const tool = this.#view?.tool.name ?? '';
    const attributes = resourceAttributes({ tool, version, serviceName, attributes: resource });
    this.#containers.base = attributes;
    const scope = encodeScope(tool, version);
    const envelope = new Envelope(encodeResource(attributes), scope, SCHEMA_URL);
    if (spool) this.#spool = await SpoolFolder.open(spool.directory, spool.maxBytes, this.#host.notices.warn);
    const causes = new ReportedCauses();
    for (const signal of SIGNALS) {
      const route = routes[signal];
      if (!route || (signal === 'traces' && !this.#spans)) continue;
      const exporter = new Exporter({
        signal,
        envelope,
        transport: await transportOf(route, `Snoopkit/${version}`),
        batch: signal === 'metrics' ? METRIC_BATCH : batches[signal],
        timeout: Math.min(route.timeout, exportTimeouts[signal]),
        spool: await this.#spool?.spool(signal),
        onTrouble: this.#host.notices.warn,
        causes,
        longestWait: this.#settings.longestWait,
        onExport: ({ milliseconds, outcome: { answer = {} } }) => this.#metrics?.note({ route, milliseconds, answer }),
      });
      this.#exporters.set(signal, exporter);
    }
    return true;
  }

  override commandEnded(status: number): void {
    this.#spans?.commandEnded(status, this.#host.clock.boot());
  }

  override start({ losses, command }: RunStart): void {
    const { metrics, routes, args } = this.#settings;
    const view = this.#view;
    this.#spans?.start(command, this.#host.clock.boot());
    if (!routes.metrics || !view) return;
    const add = this.#adder('metrics');
    this.#metrics = new OtlpMetrics({
      view,
      settings: metrics,
      attributesOf: (columns) => attributesBy(view, columns, args),
      resourceOf: this.#resourceReader(view),
      health: () => ({
        tool: view.tool.name,
        events: this.#format?.events ?? 0,
        losses: losses(),
        accounts: this.#accounts(),
      }),
      now: this.#now,
      receive: (metric, resource) => add(metric, 0, metric.length, resource),
    });
  }

  /** Accounts of logs and spans so far. */
  #accounts(): SignalAccount[] {
    const { routes, batches } = this.#settings;
    return (['logs', 'traces'] as const).flatMap((signal) => {
      const [exporter, route] = [this.#exporters.get(signal), routes[signal]];
      if (!exporter || !route) return [];
      return [{ ...exporter.account, signal, protocol: route.protocol, capacity: batches[signal].maxQueue }];
    });
  }

  /**
   * Reports undelivered records in the stream since the last call, unless that record would itself be lost and
   * so cause an endless loop.
   */
  override tick(): void {
    const { maxQueue } = this.#settings.batches.logs;
    if (this.#closing || (this.#exporters.get('logs')?.account.waiting ?? 0) >= maxQueue) return;
    for (const exporter of this.#exporters.values())
      for (const { reason, ...loss } of exporter.takeLosses())
        this.#format?.lost({ reason: `otlp_${reason}`, ...loss });
  }

  /** Records that were neither delivered nor spooled. */
  override get undelivered(): number {
    const accounts = [...this.#exporters.values()].map(({ account }) => account);
    const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
    return sum(accounts.map(({ rejected, dropped }) => rejected + sum(Object.values(dropped))));
  }

  override event(record: EventRecord): void {
    this.#format?.event(record);
  }

  override tally(rows: Rows): void {
    this.#format?.tally(rows);
  }

  /** Metrics are exported by `tally`. */
  override report(): void {}

  override lost(loss: LostRecord): void {
    this.#format?.lost(loss);
  }

  /** Sends queued records, without making a user wait long, and reports the result. */
  override async close(interrupt: AbortSignal): Promise<void> {
    const closed = this.#end(LONGEST_FLUSH_MS);
    // The signal may have arrived already, or may arrive meanwhile.
    void aborted(interrupt).then(() => this.#hurry(FLUSH_MS));
    await closed;
  }

  override async abandon(): Promise<void> {
    await this.#end(0);
  }

  /** Sends queued records for at most `deadline` milliseconds and reports the result. Works once. */
  #end(deadline: number): Promise<void> {
    this.#closing ??= this.#close(deadline);
    return this.#closing;
  }

  /** Limits the end to `ms` milliseconds. */
  #hurry(ms: number): void {
    this.#closeBy = Math.min(this.#closeBy, performance.now() + ms);
    for (const exporter of this.#exporters.values()) exporter.hurry(ms);
  }

  async #close(deadline: number): Promise<void> {
    const { clock, command, notices } = this.#host;
    for (const line of this.#spans?.end(clock.boot(), clock.offset(), command) ?? []) notices.warn(line);
    this.#closeBy = performance.now() + deadline;
    const { metrics, ...others } = Object.fromEntries(this.#exporters) as Partial<Record<Signal, Exporter>>;
    await Promise.all(Object.values(others).map((exporter) => exporter.close(deadline)));
    // Now the results of the other signals are final, and the metrics include them.
    this.#metrics?.close();
    await metrics?.close(Math.max(this.#closeBy - performance.now(), Math.min(deadline, LAST_METRICS_MS)));
    await this.#spool?.close();
    for (const [signal, { account }] of this.#exporters) {
      // Metrics are reported only if some are missing.
      const { seen, adopted, delivered } = account;
      if (delivered < seen + adopted) notices.warn(accountLine(signal, account));
      else if (seen + adopted > 0 && signal !== 'metrics') notices.info(accountLine(signal, account));
    }
  }
}
