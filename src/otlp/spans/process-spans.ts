import {
  bootTimeOf,
  type Column,
  type EventRecord,
  type ListColumn,
  listTexts,
  TextList,
} from '../../events/column.js';
import { parentOf } from '../../kernel/processes.js';
import { ContainerIdentities, type FindContainer, findContainer } from '../containers.js';
import { type KeyValue, keyValue } from '../values.js';
import { ProcessIds } from './process-ids.js';
import { executableName, outcomeOf } from './process-outcome.js';
import { Recent } from './recent.js';
import { ALL, type FlagsOf, sampler } from './sampler.js';
import { type EmitSpan, type ParentSpan, SPAN_KIND } from './span.js';
import { parseTraceparent, type SpanContext } from './trace-context.js';

/** Root of all processes without a trace context of their own. */
export interface SpanRoot {
  /** Their parent span. */
  readonly context: SpanContext;
  /** The process of that span: the traced command. Omitted if the span is not one of this run. */
  readonly pid?: number;
  /** Parent of that span. */
  readonly parent?: SpanContext | undefined;
}

export interface ProcessSpanOptions {
  readonly emit: EmitSpan;
  /** Masks the words of a command; undefined if they are not shown. */
  readonly redact: (args: readonly string[]) => readonly string[] | undefined;
  readonly root?: SpanRoot | undefined;
  /** Containers of events and of running processes. */
  readonly containers?: ContainerIdentities;
  /** Trace flags. Default: all traces are sampled. */
  readonly flagsOf?: FlagsOf;
  /** Trace state of a context that one of these processes has in its environment; the kernel does not report it. */
  readonly stateOf?: (context: SpanContext, pids: readonly number[]) => string | undefined;
  /** The parent of a process; undefined if it has ended. */
  readonly parentOf?: (pid: number) => number | undefined;
}

/** A process known as the creator of others that has not ended. Times are nanoseconds since boot. */
interface Open {
  readonly pid: number;
  readonly comm: string;
  readonly context: SpanContext;
  /** The span in its environment, if any. */
  readonly carried: Uint8Array | undefined;
  /** Time of creation of the first process that it created. */
  readonly since: bigint;
}

/** Maximum numbers of remembered running processes, and of spans by pid. */
const MOST_OPEN = 16_384;
const MOST_CONTEXTS = 16_384;

/**
 * Spans of processes, from the events of procsnoop --trace-context. Each process has one when it ends, from its last
 * exec, or its first child if that was earlier, to its exit. The parent is the span of its creator.
 *
 * A process whose TRACEPARENT differs from its creator's belongs to the span named there; all others belong to the
 * trace of their creator. Without such an ancestor, each tree is one trace, as far up as creators are known.
 */
export class ProcessSpans {
  readonly #columns: ReadonlyMap<string, Column>;
  readonly #options: ProcessSpanOptions;
  readonly #parentOf: (pid: number) => number | undefined;
  readonly #containers: ContainerIdentities;
  readonly #containerOf: FindContainer | undefined;
  readonly #flagsOf: FlagsOf;
  readonly #ids = new ProcessIds();
  readonly #args = new TextList();
  readonly #open = new Recent<bigint, Open>(MOST_OPEN);
  readonly #contexts = new Recent<number, SpanContext>(MOST_CONTEXTS);
  /** Key of the root process. */
  #rootKey: bigint | undefined;
  /** Whether the span of the traced command was emitted. */
  hasRoot = false;
  /** Creators that ended without a span: filters excluded them, or their events were lost. */
  unseen = 0;

  constructor(columns: readonly Column[], options: ProcessSpanOptions) {
    this.#columns = new Map(columns.map((column) => [column.name, column]));
    this.#options = options;
    this.#parentOf = options.parentOf ?? parentOf;
    this.#containers = options.containers ?? new ContainerIdentities(false);
    this.#containerOf = findContainer(columns);
    this.#flagsOf = options.flagsOf ?? sampler(ALL);
  }

  /** Number of processes that may lack a span, because too many were running to remember them. */
  get forgotten(): number {
    return this.#open.forgotten;
  }

  /** Emits the span of an ended process and returns its context. */
  event(record: EventRecord): SpanContext {
    const value = (name: string) => this.#columns.get(name)?.value(record);
    const [pid, key] = [value('pid') as number, value('key') as bigint];
    const [end, age] = [bootTimeOf(this.#columns.get('time'), record), value('age') as bigint];
    // Converts to time since 1970, by the current setting of the clock.
    const offset = (value('time') as bigint) - end;
    const [creator, creatorKey] = [value('creator') as number, value('creator_key') as bigint];
    const { context, parent, carried, isBelowCreator } = this.#place(record, pid, key, creator, creatorKey);
    const firstBelow = this.#open.get(key)?.since;
    this.#open.delete(key);
    this.#contexts.set(pid, context);
    const since = end - age;
    const began = end - ((value('run_time') as bigint | undefined) ?? age);
    // A process with a new parent was created by one that has ended.
    if (isBelowCreator && parent && value('ppid') === creator)
      this.#refer(creatorKey, {
        pid: creator,
        comm: (value('creator_comm') as string | null) ?? '',
        context: { ...context, spanId: parent.spanId },
        carried: carried?.spanId,
        since,
      });
    const comm = (value('comm') as string | null) ?? '';
    const words = this.#words(record);
    const name = executableName({ comm, args: words });
    const exe = value('exe');
    const outcome = outcomeOf(value('exit_code') as number, value('signal') as string | undefined);
    const owner = this.#containers.of(this.#containerOf?.(record));
    this.#options.emit({
      context,
      parent,
      name,
      kind: SPAN_KIND.INTERNAL,
      // A shell that executes its last command without fork has run others before.
      start: offset + (firstBelow !== undefined && firstBelow < began ? firstBelow : began),
      end: offset + end,
      attributes: [
        keyValue('process.executable.name', name),
        keyValue('process.pid', pid),
        // The current parent may be another process.
        keyValue('process.parent_pid', creator || (value('ppid') as number)),
        ...(typeof exe === 'string' ? [keyValue('process.executable.path', exe)] : []),
        ...outcome.attributes,
        ...this.#commandAttributes(words),
        ...owner.attributes,
      ],
      hasFailed: outcome.hasFailed,
      resource: owner.resource,
    });
    return context;
  }

  /** The span of a process that has ended or whose child has, for other records about it. */
  contextOf(pid: number): SpanContext | undefined {
    const { root } = this.#options;
    return this.#contexts.get(pid) ?? (root?.pid === pid ? root.context : undefined);
  }

  /**
   * Ends tracing. Running processes with child spans have spans until now, marked as unfinished, which start with the
   * first child seen. `now` is in nanoseconds since boot; `offset` converts to time since 1970.
   */
  end(now: bigint, offset = 0n): void {
    const all = [...this.#open.values()];
    const open = new Map(all.map((process) => [process.pid, process]));
    // At most one of several processes with one pid still exists.
    this.unseen += all.length - open.size;
    for (const { pid, comm, context, carried, since } of open.values()) {
      const parentPid = this.#parentOf(pid);
      if (parentPid === undefined) {
        this.unseen++;
        continue;
      }
      const above = open.get(parentPid)?.context;
      const isSameTrace = above && Buffer.compare(above.traceId, context.traceId) === 0;
      const isRoot = this.#isRoot(pid);
      this.hasRoot ||= isRoot;
      const parent = isRoot ? this.#rootParent() : isSameTrace ? ours(above.spanId) : this.#topParent(context, carried);
      const owner = this.#containers.ofProcess(pid);
      const attributes = [
        keyValue('process.executable.name', comm),
        keyValue('process.pid', pid),
        keyValue('process.parent_pid', parentPid),
        keyValue('snoopkit.span.unfinished', true),
        ...owner.attributes,
      ];
      const span = { context, parent, name: comm, kind: SPAN_KIND.INTERNAL, attributes };
      const times = { start: offset + since, end: offset + now };
      this.#options.emit({ ...span, ...times, hasFailed: false, resource: owner.resource });
    }
    this.#open.clear();
  }

  /** Span and parent of a process. */
  #place(record: EventRecord, pid: number, key: bigint, creator: number, creatorKey: bigint) {
    const value = (name: string) => this.#columns.get(name)?.value(record);
    const { root } = this.#options;
    const carried = parseTraceparent(value('traceparent') as string | null);
    const isBelowCreator = creatorKey !== 0n && !(carried && value('traceparent_inherited') === false);
    if (this.#isRoot(pid, key) && root) {
      this.hasRoot = true;
      return { context: root.context, parent: this.#rootParent(), carried, isBelowCreator: false };
    }
    const above = carried ? { ...carried, state: this.#options.stateOf?.(carried, [pid, creator]) } : root?.context;
    const traceId = above?.traceId ?? this.#ids.traceId(value('tree_key') as bigint);
    const flags = carried || !root ? this.#flagsOf(traceId, carried) : root.context.flags;
    const context = { traceId, spanId: this.#ids.spanId(key), flags, state: above?.state };
    if (!isBelowCreator) return { context, parent: this.#topParent(context, carried?.spanId), carried, isBelowCreator };
    const spanId = this.#isRoot(creator, creatorKey) && root ? root.context.spanId : this.#ids.spanId(creatorKey);
    return { context, parent: ours(spanId), carried, isBelowCreator };
  }

  /** Whether it is the traced command; a later process may have the same pid. */
  #isRoot(pid: number, key = this.#rootKey): boolean {
    if (this.#options.root?.pid !== pid) return false;
    this.#rootKey ??= key;
    return this.#rootKey === key;
  }

  #rootParent(): ParentSpan | undefined {
    const parent = this.#options.root?.parent;
    return parent && theirs(parent.spanId);
  }

  /** Parent of processes without a known creator: the span in their environment, or the root. */
  #topParent({ traceId }: SpanContext, carried: Uint8Array | undefined): ParentSpan | undefined {
    const { root } = this.#options;
    if (carried) return theirs(carried);
    if (!root || Buffer.compare(root.context.traceId, traceId) !== 0) return undefined;
    return { spanId: root.context.spanId, isRemote: root.pid === undefined };
  }

  /** Remembers a running process that created another one. */
  #refer(key: bigint, process: Open): void {
    const known = this.#open.get(key);
    if (known && known.since <= process.since) return;
    this.#open.set(key, process);
    this.#contexts.set(process.pid, process.context);
  }

  /** Words of the command, whose list stays in `#args`; undefined if unknown. */
  #words(record: EventRecord): readonly string[] | undefined {
    const column = this.#columns.get('args') as ListColumn | undefined;
    column?.locate(record, this.#args);
    return (column && listTexts(this.#args)) ?? undefined;
  }

  #commandAttributes(words: readonly string[] | undefined): KeyValue[] {
    if (!words) return [];
    const shown = this.#options.redact(words);
    const attributes = [keyValue('process.args_count', this.#args.count || words.length)];
    if (shown) attributes.push(keyValue('process.command_args', shown));
    if (shown && this.#args.span.isTruncated) attributes.push(keyValue('snoopkit.process.args.truncated', true));
    return attributes;
  }
}

const ours = (spanId: Uint8Array): ParentSpan => ({ spanId, isRemote: false });
const theirs = (spanId: Uint8Array): ParentSpan => ({ spanId, isRemote: true });
