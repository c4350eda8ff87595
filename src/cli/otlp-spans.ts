/** The spans of a run: of processes, or of connections, and what log records say of the trace that they belong to. */
import type { Column, EventRecord } from '../events/column.js';
import { messageType } from '../output/otlp/messages.js';
import { redactWords } from '../output/otlp/redact/words.js';
import type { ArgsStyle } from '../output/otlp/settings/flag-values.js';
import type { AttributeLimits, OtlpSettings } from '../output/otlp/settings/settings.js';
import { ConnectionSpans } from '../output/otlp/spans/connection-spans.js';
import { EnvironmentContexts } from '../output/otlp/spans/environment-contexts.js';
import { ProcessSpans } from '../output/otlp/spans/process-spans.js';
import { Recent } from '../output/otlp/spans/recent.js';
import { sampler } from '../output/otlp/spans/sampler.js';
import { encodeSpan, type Span } from '../output/otlp/spans/span.js';
import { environmentContext, SAMPLED, type SpanContext } from '../output/otlp/spans/trace-context.js';
import type { KeyValue } from '../output/otlp/values.js';
import type { ToolDefinition } from './tool.js';
import { type CommandRun, rootSpan, type TraceRoot, traceRoot } from './trace-root.js';

/** Of so many traces it is remembered. */
const MOST_STATES = 1024;

type Add = (bytes: Uint8Array, start: number, end: number) => void;

/** The fields of a LogRecord that say to which span it belongs. */
const encodeContext = ({ traceId, spanId, flags }: SpanContext): Uint8Array =>
  messageType('LogRecord').encode({ traceId, spanId, flags }).finish();

export class OtlpSpans {
  readonly #add: Add;
  readonly #args: ArgsStyle;
  readonly #limits: AttributeLimits;
  readonly #flagsOf;
  readonly #own = environmentContext(process.env);
  readonly #root: TraceRoot | undefined;
  readonly #inherited: SpanContext | undefined;
  readonly #environments = new EnvironmentContexts();
  readonly #states = new Recent<string, { readonly state: string | undefined }>(MOST_STATES);
  #make: ((command: number | undefined) => ProcessSpans | ConnectionSpans) | undefined;
  #spans: ProcessSpans | ConnectionSpans | undefined;
  #command: Omit<CommandRun, 'words' | 'shown'> | undefined;

  /** Of a traced command, if there is one; with `hasRoot` that is the root of a trace. */
  constructor(add: Add, { args, limits, sampling }: OtlpSettings, command: { isThere: boolean; hasRoot: boolean }) {
    this.#add = add;
    this.#args = args;
    this.#limits = limits.traces;
    this.#flagsOf = sampler(sampling);
    this.#root = command.hasRoot ? traceRoot(process.env, this.#flagsOf) : undefined;
    // What it starts may have ended before its environment is read: it had this from us.
    this.#inherited = this.#root?.context ?? (command.isThere ? this.#own : undefined);
  }

  get environment(): NodeJS.ProcessEnv | undefined {
    return this.#root?.env;
  }

  /** Spans that are of no trace that is to be sent. */
  #unsampled = 0;

  readonly #emit = (span: Span) => {
    if ((span.context.flags & SAMPLED) === 0) {
      this.#unsampled++;
      return;
    }
    const bytes = encodeSpan(span, this.#limits);
    this.#add(bytes, 0, bytes.length);
  };

  readonly #redact = (words: readonly string[]) => {
    if (this.#args === 'none') return undefined;
    return this.#args === 'full' ? words : redactWords(words);
  };

  /** Of our own environment, or of one of these processes that still runs. */
  readonly #stateOf = ({ traceId }: SpanContext, pids: readonly number[]): string | undefined => {
    const isOf = (context: SpanContext | undefined) => context && Buffer.compare(context.traceId, traceId) === 0;
    if (isOf(this.#own)) return this.#own?.state;
    const id = Buffer.from(traceId).toString('latin1');
    const known = this.#states.get(id);
    if (known) return known.state;
    const contexts = pids.map((pid) => this.#environments.contextOf(pid));
    const context = contexts.find(isOf);
    // Where no process could tell, a later one may.
    if (context) this.#states.set(id, { state: context.state });
    return context?.state;
  };

  /** For a tool whose events are spans. */
  prepare(tool: ToolDefinition, columns: readonly Column[], attributesOf: (record: EventRecord) => KeyValue[]): void {
    const [emit, redact, root] = [this.#emit, this.#redact, this.#root];
    this.#make =
      tool.otlp?.spans === 'processes'
        ? (pid) =>
            new ProcessSpans(columns, {
              emit,
              redact,
              flagsOf: this.#flagsOf,
              stateOf: this.#stateOf,
              root: root && { context: root.context, parent: root.parent, ...(pid !== undefined && { pid }) },
            })
        : () =>
            new ConnectionSpans(columns, {
              emit,
              attributesOf,
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

  /** Begins at a time in nanoseconds since 1970, as are the others; `pid` is that of the traced command. */
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

  /** Makes the spans of what has not ended. Returns what a person should know, in lines. */
  end(now: bigint, words: readonly string[]): string[] {
    const spans = this.#spans;
    const lines: string[] = [];
    const tell = (count: number, text: string) => {
      if (count > 0) lines.push(`${count} ${text}`);
    };
    if (spans instanceof ProcessSpans) {
      spans.end(now);
      tell(spans.unseen, 'processes have no span, though others are below them: their ends were not seen');
      tell(spans.forgotten, 'processes may have no span: there were too many at a time');
    }
    if (spans instanceof ConnectionSpans)
      tell(spans.withoutStart, 'connections have no span: they began before tracing');
    const hasRoot = spans instanceof ProcessSpans && spans.hasRoot;
    if (this.#root && this.#command && !hasRoot) {
      const { status, end } = this.#command;
      const command = { ...this.#command, words, shown: this.#redact(words), end: status === undefined ? now : end };
      this.#emit(rootSpan(this.#root, command));
    }
    const [spanText, traceText] =
      this.#unsampled === 1 ? ['span is', 'its trace is'] : ['spans are', 'their traces are'];
    tell(this.#unsampled, `${spanText} not sent: ${traceText} not sampled`);
    return lines;
  }
}
