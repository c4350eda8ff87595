/** The spans of a run: of processes or connections, and the trace context of log records. */
import { counted } from '../counted.js';
import type { Column, EventRecord } from '../events/column.js';
import type { ContainerIdentities } from './containers.js';
import { messageType } from './messages.js';
import type { RowOwner } from './metrics/tally-metrics.js';
import { redactWords } from './redact/words.js';
import type { ArgsStyle } from './settings/flag-values.js';
import type { AttributeLimits, OtlpSettings } from './settings/settings.js';
import { ConnectionSpans } from './spans/connection-spans.js';
import { EnvironmentContexts } from './spans/environment-contexts.js';
import { ProcessSpans } from './spans/process-spans.js';
import { Recent } from './spans/recent.js';
import { sampler } from './spans/sampler.js';
import { encodeSpan, type Span } from './spans/span.js';
import { environmentContext, SAMPLED, type SpanContext } from './spans/trace-context.js';
import { type CommandRun, rootSpan, type TraceRoot, traceRoot } from './spans/trace-root.js';
import type { RecordResource } from './types.js';
import type { OtlpTool } from './view.js';

/** Number of traces that are remembered. */
const MOST_STATES = 1024;

type Add = (bytes: Uint8Array, start: number, end: number, resource?: RecordResource) => void;

/** The fields of a LogRecord for its span. */
const encodeContext = ({ traceId, spanId, flags }: SpanContext): Uint8Array =>
  messageType('LogRecord').encode({ traceId, spanId, flags }).finish();

export class OtlpSpans {
  readonly #add: Add;
  readonly #args: ArgsStyle;
  readonly #limits: AttributeLimits;
  readonly #containers: ContainerIdentities;
  readonly #flagsOf;
  readonly #own: SpanContext | undefined;
  readonly #root: TraceRoot | undefined;
  readonly #inherited: SpanContext | undefined;
  readonly #environments = new EnvironmentContexts();
  readonly #states = new Recent<string, { readonly state: string | undefined }>(MOST_STATES);
  #make: ((command: number | undefined) => ProcessSpans | ConnectionSpans) | undefined;
  #spans: ProcessSpans | ConnectionSpans | undefined;
  #command: Omit<CommandRun, 'words' | 'shown' | 'owner'> | undefined;

  /** The traced command, if any, and our environment; with `hasRoot` the command is the root of a trace. */
  constructor(
    add: Add,
    { args, limits, sampling }: OtlpSettings,
    containers: ContainerIdentities,
    command: { isThere: boolean; hasRoot: boolean; env: NodeJS.ProcessEnv },
  ) {
    this.#own = environmentContext(command.env);
    this.#add = add;
    this.#containers = containers;
    this.#args = args;
    this.#limits = limits.traces;
    this.#flagsOf = sampler(sampling);
    this.#root = command.hasRoot ? traceRoot(command.env, this.#flagsOf) : undefined;
    // A child may have ended before its environment was read: it inherited this from us.
    this.#inherited = this.#root?.context ?? (command.isThere ? this.#own : undefined);
  }

  get environment(): NodeJS.ProcessEnv | undefined {
    return this.#root?.env;
  }

  /** Number of spans of traces that are not sampled. */
  #unsampled = 0;

  readonly #emit = (span: Span) => {
    if ((span.context.flags & SAMPLED) === 0) {
      this.#unsampled++;
      return;
    }
    const bytes = encodeSpan(span, this.#limits);
    this.#add(bytes, 0, bytes.length, span.resource);
  };

  readonly #redact = (words: readonly string[]) => {
    if (this.#args === 'none') return undefined;
    return this.#args === 'full' ? words : redactWords(words);
  };

  /** The context of our own environment, or of one of these processes that still runs. */
  readonly #stateOf = ({ traceId }: SpanContext, pids: readonly number[]): string | undefined => {
    const isOf = (context: SpanContext | undefined) => context && Buffer.compare(context.traceId, traceId) === 0;
    if (isOf(this.#own)) return this.#own?.state;
    const id = Buffer.from(traceId).toString('latin1');
    const known = this.#states.get(id);
    if (known) return known.state;
    const contexts = pids.map((pid) => this.#environments.contextOf(pid));
    const context = contexts.find(isOf);
    // Not cached if unknown: a later process may have one.
    if (context) this.#states.set(id, { state: context.state });
    return context?.state;
  };

  /** For a tool whose events are spans. */
  prepare(tool: OtlpTool, columns: readonly Column[], owner: RowOwner): void {
    const [emit, redact, root, containers] = [this.#emit, this.#redact, this.#root, this.#containers];
    this.#make =
      tool.otlp?.spans === 'processes'
        ? (pid) =>
            new ProcessSpans(columns, {
              emit,
              redact,
              containers,
              flagsOf: this.#flagsOf,
              stateOf: this.#stateOf,
              root: root && { context: root.context, parent: root.parent, ...(pid !== undefined && { pid }) },
            })
        : () =>
            new ConnectionSpans(columns, {
              emit,
              ...owner,
              flagsOf: this.#flagsOf,
              contextOf: (pid) => this.#environments.contextOf(pid),
              root: this.#inherited,
            });
  }

  /** For other tools: reads the context of the process of an event, as fields of its log record. */
  contextReader(columns: readonly Column[]): (record: EventRecord) => Uint8Array | undefined {
    const pid = columns.find(({ name }) => name === 'pid');
    const encoded = new WeakMap<SpanContext, Uint8Array>();
    return (record) => {
      const context = (pid && this.#environments.contextOf(Number(pid.value(record)))) ?? this.#inherited;
      if (!context) return undefined;
      let bytes = encoded.get(context);
      if (!bytes) {
        bytes = encodeContext(context);
        encoded.set(context, bytes);
      }
      return bytes;
    };
  }

  /** Starts at a time in nanoseconds since boot; `pid` is that of the traced command. */
  start(pid: number | undefined, start: bigint): void {
    this.#spans = this.#make?.(pid);
    if (pid !== undefined) this.#command = { pid, start, end: start, status: undefined };
  }

  event(record: EventRecord): void {
    this.#spans?.event(record);
  }

  commandEnded(status: number, end: bigint): void {
    if (this.#command) this.#command = { ...this.#command, status, end };
  }

  /** Creates the spans of unfinished processes; `offset` converts boot time to Unix time. Returns notices for the user. */
  end(now: bigint, offset: bigint, words: readonly string[]): string[] {
    const spans = this.#spans;
    const lines: string[] = [];
    const tell = (count: number, one: string, many: string, text: string) => {
      if (count > 0) lines.push(`${counted(count, one, many)}${text}`);
    };
    if (spans instanceof ProcessSpans) {
      spans.end(now, offset);
      tell(spans.unseen, 'process', 'processes', ' without a span but with child spans: exit not seen');
      tell(spans.forgotten, 'process', 'processes', ' possibly without a span: too many running at once');
    }
    if (spans instanceof ConnectionSpans)
      tell(spans.withoutStart, 'connection', 'connections', ' without a span: opened before tracing');
    const hasRoot = spans instanceof ProcessSpans && spans.hasRoot;
    if (this.#root && this.#command && !hasRoot) {
      const { status, start } = this.#command;
      const end = status === undefined ? now : this.#command.end;
      const times = { start: offset + start, end: offset + end };
      // The command started in snoopkit's own container.
      const owner = this.#containers.ofProcess('self');
      const command = { ...this.#command, ...times, words, shown: this.#redact(words), owner };
      this.#emit(rootSpan(this.#root, command));
    }
    tell(this.#unsampled, 'span', 'spans', ' not sent: trace not sampled');
    return lines;
  }
}
