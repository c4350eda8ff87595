/** --trace-root: what is traced, a command above all, is one span, and all else is below it. */
import { basename } from 'node:path';
import type { Identity } from '../output/otlp/containers.js';
import { outcomeOf } from '../output/otlp/spans/process-outcome.js';
import { ALL, type FlagsOf, sampler } from '../output/otlp/spans/sampler.js';
import { SPAN_KIND, type Span } from '../output/otlp/spans/span.js';
import {
  environmentContext,
  formatTraceparent,
  newSpanId,
  newTraceId,
  type SpanContext,
} from '../output/otlp/spans/trace-context.js';
import { type KeyValue, keyValue } from '../output/otlp/values.js';

export interface TraceRoot {
  /** The span of the command. */
  readonly context: SpanContext;
  /** What that is below: what our own TRACEPARENT says. */
  readonly parent: SpanContext | undefined;
  /** The environment that the command gets, with its own TRACEPARENT. */
  readonly env: NodeJS.ProcessEnv;
}

/** Begins a trace, or goes on with that of our own environment. */
export function traceRoot(env: NodeJS.ProcessEnv, flagsOf: FlagsOf = sampler(ALL)): TraceRoot {
  const parent = environmentContext(env);
  const traceId = parent?.traceId ?? newTraceId();
  const context = { traceId, spanId: newSpanId(), flags: flagsOf(traceId, parent), state: parent?.state };
  const { TRACESTATE, ...rest } = env;
  // It belongs to a TRACEPARENT, and means nothing without.
  const state = parent?.state === undefined ? {} : { TRACESTATE };
  return { context, parent, env: { ...rest, ...state, TRACEPARENT: formatTraceparent(context) } };
}

/** How a command went. Times are nanoseconds since 1970. */
export interface CommandRun {
  readonly words: readonly string[];
  /** What of the words may be shown. */
  readonly shown: readonly string[] | undefined;
  readonly pid: number;
  readonly start: bigint;
  readonly end: bigint;
  /** As a shell has it; undefined where it has not ended. */
  readonly status: number | undefined;
  /** The container that it is in. */
  readonly owner?: Identity;
}

/** The span of the command, for tools that don't make one of each process. */
export function rootSpan({ context, parent }: TraceRoot, run: CommandRun): Span {
  const { words, shown, pid, start, end, status, owner } = run;
  const name = basename(words[0] ?? '');
  const outcome = status === undefined ? undefined : outcomeOf(status);
  const attributes: KeyValue[] = [
    keyValue('process.executable.name', name),
    keyValue('process.pid', pid),
    ...(outcome?.attributes ?? [keyValue('snoopkit.span.unfinished', true)]),
    keyValue('process.args_count', words.length),
    ...(shown ? [keyValue('process.command_args', shown)] : []),
    ...(owner?.attributes ?? []),
  ];
  return {
    context,
    parent: parent && { spanId: parent.spanId, isRemote: true },
    name,
    kind: SPAN_KIND.INTERNAL,
    start,
    end,
    attributes,
    hasFailed: outcome?.hasFailed ?? false,
    resource: owner?.resource,
  };
}
