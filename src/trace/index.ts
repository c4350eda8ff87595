/**
 * Tools for programs: any of them as an async iterable of events.
 *
 *     import { trace } from 'snoopkit/trace';
 *     await using opens = await trace('opensnoop', { comm: 'nginx', failed: true });
 *     for await (const { pid, path, error } of opens) console.log(pid, path, error);
 */
import { requireTracingRights } from '../bpf/errors.js';
import { bootTime, bootToRealtime } from '../bpf/system.js';
import type { EventObject } from '../events/reader.js';
import type { Shown, Sink } from '../output/sink.js';
import { chooseColumns, requestedFields } from './columns.js';
import type { ReportOptions } from './features/tally/report.js';
import { reportOptions } from './features/tally/report-options.js';
import { loadTool } from './load-tool.js';
import { toolFlags } from './named-options.js';
import type { Notices } from './notices.js';
import { ObjectSink } from './object-sink.js';
import { parseTraceOptions } from './options.js';
import { type GivenFlags, type Prepared, prepare } from './prepare.js';
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

/** What a sink for a run of a tool is made from. */
export interface SinkSource extends Shown {
  readonly tool: ToolDefinition;
  readonly tally: Prepared['tally'];
  /** Columns requested by name. */
  readonly chosen: readonly string[];
  readonly by: undefined;
  /** Nanoseconds since boot, and from boot to 1970. */
  readonly clock: { boot(): bigint; offset(): bigint };
  readonly tell: Notices['tell'];
}

/** The surroundings of a run; its options are those of the tool. */
export interface TraceExtras {
  /** Ends the run. */
  readonly signal?: AbortSignal;
  /** Where events go instead of to the iteration: see snoopkit/output and snoopkit/otlp. */
  readonly sinks?: readonly ((source: SinkSource) => Sink)[];
  /** Receives what a run has to tell; by default warnings of the process. */
  readonly notices?: Notices;
}

const WARNINGS: Notices = {
  tell: (line) => process.emitWarning(line, { code: 'SNOOPKIT' }),
  trouble: (error) => process.emitWarning(error as Error),
};

const nameItself = (name: string) => name.replace(/-([a-z])/g, (_all, letter: string) => letter.toUpperCase());

/** A run of a tool. Its programs are attached; `using` or `close()` ends it. */
export class Trace<Event = EventObject> implements AsyncIterable<Event>, AsyncDisposable {
  readonly #run: TraceRun;
  readonly #objects: ObjectSink | undefined;
  readonly #ended: Promise<unknown>;

  /** Made by `trace()`. `ended` resolves or rejects when the run has ended. */
  constructor(run: TraceRun, objects: ObjectSink | undefined, ended: Promise<unknown>) {
    this.#run = run;
    this.#objects = objects;
    this.#ended = ended;
    // An error is thrown to whoever iterates, or waits for the end.
    ended.then(
      () => objects?.finish(),
      (error) => objects?.finish(error),
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

  /** Resolves when the run has ended by itself or by `close`, with everything released. Throws SnoopkitError if it failed. */
  async ended(): Promise<void> {
    await this.#ended;
  }

  /** Ends the run: pending events can still be read. Resolves when programs are detached and everything is released. */
  async close(): Promise<void> {
    this.#run.interrupt();
    this.#objects?.release();
    await this.#ended;
  }

  /** Events, or rows of reports. Leaving the loop ends the run. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void, undefined> {
    try {
      // The columns of the tool make objects of this type.
      if (this.#objects) yield* this.#objects.events() as AsyncIterable<unknown> as AsyncIterable<Event>;
      else await this.#ended;
    } finally {
      await this.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** How aggregates are reported to a program. */
function reportsOf({ tally, columns }: Prepared, given: GivenFlags): ReportOptions | undefined {
  return (
    tally &&
    reportOptions(
      tally,
      columns,
      { ...(tally.interval !== undefined && { interval: tally.interval }), ...given },
      {
        screen: undefined,
        interval: undefined,
        columns,
        label: nameItself,
      },
    )
  );
}

/** The columns to show, for sinks. */
function sourceOf(prepared: Prepared, { tell }: Notices): SinkSource {
  const { tool, view, tally, columns: all, flags, options } = prepared;
  const fields = requestedFields(options.fields);
  const usual = usualColumns(tool, view, flags, all);
  const names = fields.length > 0 ? fields : usual;
  return {
    tool,
    view,
    tally,
    columns: names.flatMap((name) => all.filter((column) => column.name === name)),
    all,
    hasReports: tally !== undefined,
    chosen: chosenColumns(tool, flags, fields),
    by: undefined,
    clock: { boot: bootTime, offset: () => bootToRealtime().offset },
    tell,
  };
}

/**
 * Loads and attaches a tool, by its name or definition. Options are those of its flags, in camel case: `maxEvents`, `fullPath`;
 * a list or a single value, a number or a text as on the command line. They, and the events, are typed for a tool that is
 * named literally. Needs root, or CAP_BPF, CAP_PERFMON and CAP_DAC_READ_SEARCH, and Linux 5.8. Throws UsageError for an
 * invalid option, PrivilegeError, UnsupportedError if the kernel lacks a hook, SnoopkitError otherwise.
 */
export async function trace<const Name extends string, const Options extends OptionsOf<Name>>(
  name: Name | ToolDefinition,
  // Inferring its type would suspend the check for unknown options.
  options: Options & { readonly [Other in Exclude<keyof Options, keyof OptionsOf<Name>>]: never } = {} as never,
  { signal, sinks: makers, notices = WARNINGS }: TraceExtras = {},
): Promise<Trace<EventOf<Name, Options>>> {
  signal?.throwIfAborted();
  requireTracingRights();
  const tool = typeof name === 'string' ? await loadTool(name) : name;
  const given = toolFlags(tool, options);
  const prepared = await prepare(tool, parseTraceOptions(given, nameItself), given, { hasCommand: false, notices });
  try {
    signal?.throwIfAborted();
    const fields = requestedFields(prepared.options.fields);
    const columns = fields.length === 0 ? prepared.columns : chooseColumns(prepared.columns, [], fields.join(), false);
    const objects = makers ? undefined : new ObjectSink(columns);
    const source = sourceOf(prepared, notices);
    const sinks = objects ? [objects] : (makers ?? []).map((make) => make(source));
    let onAttached = () => {};
    const run = new TraceRun(prepared, {
      sinks,
      reports: reportsOf(prepared, given),
      hasCgroups: makers !== undefined || columns.some((column) => column.name === 'cgroup'),
      verbose: false,
      notices,
      onAttached: () => onAttached(),
    });
    const attached = new Promise<void>((resolve) => {
      onAttached = resolve;
    });
    const stop = () => run.stop();
    signal?.addEventListener('abort', stop, { once: true });
    const ended = run.run().finally(() => signal?.removeEventListener('abort', stop));
    const result = new Trace<EventOf<Name, Options>>(run, objects, ended);
    await Promise.race([attached, ended]);
    return result;
  } catch (error) {
    prepared.object.close();
    throw error;
  }
}
