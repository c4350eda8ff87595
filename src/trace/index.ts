/**
 * Tools for programs: any of them as an async iterable of events.
 *
 *     import { trace } from 'snoopkit/trace';
 *     await using opens = await trace('opensnoop', { comm: 'nginx', failed: true });
 *     for await (const { pid, path, error } of opens) console.log(pid, path, error);
 */
import { requireTracingRights } from '../bpf/errors.js';
import { bootTime, bootToRealtime } from '../bpf/system.js';
import { type Check, checkEach, expect } from '../check-options.js';
import { UsageError } from '../errors.js';
import type { EventObject } from '../events/reader.js';
import { isSignal } from '../mistake.js';
import type { Shown, Sink } from '../output/sink.js';
import { chooseColumns, requestedFields } from './columns.js';
import type { ReportOptions } from './features/tally/report.js';
import { reportOptions } from './features/tally/report-options.js';
import { LiveSource } from './live-source.js';
import { toolOf } from './load-tool.js';
import { optionLabel, toolFlags } from './named-options.js';
import type { Notices } from './notices.js';
import { ObjectSink } from './object-sink.js';
import { parseTraceOptions } from './options.js';
import { type Prepared, prepare } from './prepare.js';
import { TraceRun } from './run.js';
import type { ToolDefinition } from './tool.js';
import { chosenColumns, usualColumns } from './tool.js';
import type { EventOf, OptionsOf } from './typed-run.js';

export type { EventObject } from '../events/reader.js';
export { BaseSink, type Shown, type Sink } from '../output/sink.js';
export type { ToolOptions } from './named-options.js';
export type { Notices } from './notices.js';
export type { ToolDefinition } from './tool.js';
export type * from './tool-types.js';
export type { EventOf, OptionsOf, ToolName } from './typed-run.js';

/** Contents of a run, for the sinks that are made for it. */
export interface SinkSource extends Shown {
  readonly tool: ToolDefinition;
  readonly tally: Prepared['tally'];
  /** Columns requested by name. */
  readonly chosen: readonly string[];
  readonly by: undefined;
  /** Nanoseconds since boot, and from boot to 1970. */
  readonly clock: { boot(): bigint; offset(): bigint };
  readonly notices: Notices;
}

/** The surroundings of a run; its options are those of the tool. */
export interface TraceExtras {
  /** Ends the run, as `close()` does. */
  readonly signal?: AbortSignal;
  /** Sinks of the events, instead of the iteration: see snoopkit/output and snoopkit/otlp. */
  readonly sinks?: readonly ((source: SinkSource) => Sink)[];
  /** Receives messages of the run. By default, warnings and errors become warnings of the process (`process.on('warning')`). */
  readonly notices?: Notices;
}

const WARNINGS: Notices = {
  info: () => {},
  warn: (line) => process.emitWarning(line, { code: 'SNOOPKIT' }),
  error: (error) => process.emitWarning(error instanceof Error ? error : String(error)),
};

const isFunction = (value: unknown) => typeof value === 'function';

const hasMethods = (value: unknown, names: readonly string[]) => names.every((name) => isFunction(Object(value)[name]));

const EXTRAS: { readonly [Extra in keyof Required<TraceExtras>]: Check } = {
  signal: expect(isSignal, 'an AbortSignal'),
  sinks: expect(
    (value) => Array.isArray(value) && value.every(isFunction),
    'a list of functions that make sinks, such as jsonLines()',
  ),
  notices: expect((value) => hasMethods(value, Object.keys(WARNINGS)), 'an object with functions info, warn and error'),
};

/** Makes the sinks of a run. Throws UsageError for a function that makes anything else. */
function makeSinks(makers: NonNullable<TraceExtras['sinks']>, source: SinkSource): Sink[] {
  return makers.map((make, i) => {
    const sink = make(source);
    if (hasMethods(sink, ['open', 'event', 'close', 'abandon'])) return sink;
    throw new UsageError(
      `sinks[${i}]: expected a function that returns a sink, such as an object of a class that extends BaseSink`,
    );
  });
}

/** A run of a tool. Its programs are attached; `using` or `close()` ends it. */
export class Trace<Event = EventObject> implements AsyncIterable<Event>, AsyncDisposable {
  readonly #run: TraceRun;
  readonly #objects: ObjectSink | undefined;
  readonly #ended: Promise<unknown>;
  /** Whether a caller has received the error of the run. */
  #isErrorKnown = false;

  /** Made by `trace()`. `ended` resolves or rejects when the run has ended. */
  constructor(run: TraceRun, objects: ObjectSink | undefined, ended: Promise<unknown>) {
    this.#run = run;
    this.#objects = objects;
    this.#ended = ended;
    // An error is thrown to whoever iterates, or waits for the end.
    ended.then(
      () => objects?.finish(),
      (error) => objects?.finish({ error }),
    );
  }

  /** Number of lost events and of other things that are missing, by reason: 'ring_full', 'not_followed', ... */
  get losses(): Readonly<Record<string, number>> {
    return this.#run.losses;
  }

  /** Number of events so far, or of reports. */
  get events(): number {
    return this.#run.events;
  }

  /**
   * Resolves when the run has ended by itself, by the signal or by `close`, with everything released: programs are
   * detached at once, whether or not anybody reads; then sinks complete their output. Output to a pipe takes as long as
   * its reader, but at most 5 seconds after the signal or `close`. Throws SnoopkitError if the run failed.
   */
  async ended(): Promise<void> {
    try {
      await this.#ended;
    } catch (error) {
      this.#isErrorKnown = true;
      throw error;
    }
  }

  /** Ends the run: pending events can still be read. Resolves when programs are detached and everything is released. */
  async close(): Promise<void> {
    this.#run.interrupt();
    await this.ended();
  }

  /**
   * Events, or rows of reports. Leaving the loop ends the run; another loop reads the events that are pending then. Throws
   * SnoopkitError (`ERR_SNOOPKIT_ITERATED`) in a loop beside another one.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void, undefined> {
    // Outside of the block, because the error of a loop beside another one must not end the run.
    const events: AsyncIterable<unknown> | undefined = this.#objects?.events();
    try {
      // The columns of the tool make objects of this type.
      if (events) yield* events as AsyncIterable<Event>;
      else await this.#ended;
    } finally {
      await this.close();
    }
  }

  /** Ends the run. Throws its error unless a caller knows it already, from the iteration, `ended` or `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    const isErrorKnown = this.#isErrorKnown;
    try {
      await this.close();
    } catch (error) {
      if (!isErrorKnown) throw error;
    }
  }
}

/** Options of the reports of aggregates to a program. */
const reportsOf = ({ tally, columns, options }: Prepared): ReportOptions | undefined =>
  tally &&
  reportOptions(tally, columns, options.flags, { screen: undefined, interval: undefined, columns, label: optionLabel });

/** The columns to show, for sinks. */
function sourceOf(prepared: Prepared, notices: Notices): SinkSource {
  const { tool, view, tally, columns: all, flags, options } = prepared;
  return {
    tool,
    view,
    tally,
    columns: chooseColumns(all, usualColumns(tool, view, flags, all), options.fields, false),
    all,
    hasReports: tally !== undefined,
    chosen: chosenColumns(tool, flags, requestedFields(options.fields)),
    by: undefined,
    clock: { boot: bootTime, offset: () => bootToRealtime().offset },
    notices,
  };
}

/**
 * Loads and attaches a tool, by its name or definition. Options are those of its flags, in camel case: `maxEvents`, `fullPath`;
 * a list or a single value, a number or a text as on the command line. They, and the events, are typed for a tool that is
 * named literally. Needs Linux 5.8, and root or CAP_BPF and CAP_PERFMON. Tracepoints also need CAP_DAC_READ_SEARCH and,
 * if tracefs is not mounted, CAP_SYS_ADMIN; without these, fallbacks are used. Throws UsageError for an invalid option,
 * NotFoundError for a column in `fields` that the tool does not have, PrivilegeError, UnsupportedError if the kernel lacks
 * a hook, SnoopkitError otherwise. If `signal` aborts before the programs are attached, `trace()` rejects with its reason;
 * afterwards the run ends normally and `ended()` resolves.
 */
export async function trace<const Name extends string, const Options extends OptionsOf<Name>>(
  name: Name | ToolDefinition,
  // Inferring its type would suspend the check for unknown options.
  options: Options & { readonly [Other in Exclude<keyof Options, keyof OptionsOf<Name>>]: never } = {} as never,
  extras: TraceExtras = {},
): Promise<Trace<EventOf<Name, Options>>> {
  checkEach('trace', extras, EXTRAS);
  const { signal, sinks: makers, notices = WARNINGS } = extras;
  signal?.throwIfAborted();
  const tool = await toolOf(name);
  const given = toolFlags(tool, options);
  const parsed = parseTraceOptions(given, optionLabel);
  requireTracingRights();
  const prepared = await prepare(tool, parsed, given, { hasCommand: false, notices });
  try {
    signal?.throwIfAborted();
    const all = prepared.columns.map((column) => column.name);
    const columns = chooseColumns(prepared.columns, all, parsed.fields, false);
    const objects = makers ? undefined : new ObjectSink(columns);
    const source = sourceOf(prepared, notices);
    const sinks = objects ? [objects] : makeSinks(makers ?? [], source);
    let onAttached = () => {};
    const reports = reportsOf(prepared);
    const { maxEvents, duration, label } = prepared.options;
    const hasCgroups = makers !== undefined || columns.some((column) => column.name === 'cgroup');
    const run = new TraceRun({
      source: new LiveSource(prepared, { reports, hasCgroups, verbose: false, notices }),
      sinks: [sinks],
      most: reports?.isOnce ? 1 : maxEvents,
      duration,
      notices,
      label,
      onAttached: () => onAttached(),
    });
    const attached = new Promise<boolean>((resolve) => {
      onAttached = () => resolve(true);
    });
    const interrupt = () => run.interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    // A sink may have aborted it as it was made.
    if (signal?.aborted) interrupt();
    const ended = run.run().finally(() => signal?.removeEventListener('abort', interrupt));
    const result = new Trace<EventOf<Name, Options>>(run, objects, ended);
    const isAttached = await Promise.race([attached, ended.then(() => false)]);
    if (!isAttached) signal?.throwIfAborted();
    return result;
  } catch (error) {
    prepared.object.close();
    throw error;
  }
}
