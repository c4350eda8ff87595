import { setTimeout } from 'node:timers/promises';
import { Load, type LoadReport, Sink } from './programs.js';
import type { Measurement } from './results.js';
import type { Contender, LoadKind } from './subjects.js';

/** Parameters of a round. */
export interface Setting {
  readonly kind: LoadKind;
  readonly count: number;
  /** Number of events per operation. */
  readonly events: number;
  /** A folder of the benchmark's own, with the files that the load opens. */
  readonly folder: string;
  /** Whether tracefs must be mounted for the tracers: peers don't find it otherwise. */
  readonly tracefs: boolean;
  readonly ours: readonly string[];
}

/** Marks of the operations of the three phases in a tracer's output: see bench/snoopkit-load.c. */
function marksOf({ kind, folder }: Setting): [string, string, string] {
  if (kind === 'connect') return ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
  return [`${folder}/first`, `${folder}/event`, `${folder}/last`];
}

/** Runs the load without a tracer. */
export async function measureUntraced({ kind, count, folder }: Setting): Promise<LoadReport> {
  const load = new Load(kind, count, folder);
  try {
    // Matches the time in the first phase before a tracer starts.
    await setTimeout(100);
    return await load.run();
  } finally {
    await load.end();
  }
}

export type Traced = { file: string; contender: Contender };

/** The command that traces one process. */
export function commandOf(
  { file, contender }: Traced,
  pid: number,
  terminal: boolean,
  ours: readonly string[],
): string[] {
  return [file, ...contender.arguments({ pid, terminal, ours })];
}

/** Starts a load and a tracer of it, and calls back when the first event has come out. */
async function traced<T>(
  setting: Setting,
  who: Traced,
  { count, terminal = false }: { count: number; terminal?: boolean },
  use: (load: Load, sink: Sink, firstNs: number) => Promise<T>,
): Promise<T> {
  const load = new Load(setting.kind, count, setting.folder);
  // The load is in its first phase when the tracer starts.
  await setTimeout(50);
  const sink = new Sink({
    terminal,
    tracefs: setting.tracefs,
    otlp: who.contender.output === 'otlp',
    note: who.contender.note,
    marks: marksOf(setting),
    command: commandOf(who, load.pid, terminal, setting.ours),
    losses: who.contender.losses,
  });
  try {
    return await use(load, sink, await sink.firstEvent());
  } finally {
    await load.end();
    await sink.kill();
  }
}

/** From the tracer's start to its first line on a terminal. */
function measureFirstEvent(setting: Setting, who: Traced): Promise<number> {
  return traced(setting, who, { count: 0, terminal: true }, async (_load, sink, firstNs) => {
    await sink.end();
    return firstNs;
  });
}

/** A run in which the traced process is idle, and another process, which is not traced, runs the operations. */
function measureQuiet(setting: Setting, who: Traced): Promise<{ tracerUs: number; bystander: LoadReport | undefined }> {
  return traced(setting, who, { count: 0 }, async (load, sink) => {
    const bystander = who.contender.tracesAll ? undefined : await measureUntraced(setting);
    await load.run();
    await sink.settled();
    const { user_us, system_us } = await sink.end();
    return { tracerUs: user_us + system_us, bystander };
  });
}

/** Measures a contender in one round. Throws if it does not work. */
export async function measureTraced(setting: Setting, who: Traced, untraced: LoadReport): Promise<Measurement> {
  const firstNs = await measureFirstEvent(setting, who);
  const quiet = await measureQuiet(setting, who);
  return traced(setting, who, { count: setting.count }, async (load, sink) => {
    const report = await load.run();
    await sink.settled();
    const { events, reportedLost, user_us, system_us, peak_kb, waits, status } = await sink.end();
    const expected = setting.count * setting.events;
    if (events > expected) throw new Error(`${events} events of ${setting.count} operations: it counts something else`);
    if (status !== 0 && status !== 130) throw new Error(`it ended with status ${status}`);
    return {
      operations: setting.count,
      expected,
      events,
      reportedLost,
      cpuNs: report.cpu_ns_per_op,
      wallNs: report.ns_per_op,
      untracedCpuNs: untraced.cpu_ns_per_op,
      untracedWallNs: untraced.ns_per_op,
      ...(quiet.bystander && { bystanderCpuNs: quiet.bystander.cpu_ns_per_op }),
      tracerUs: user_us + system_us,
      tracerStartUs: quiet.tracerUs,
      firstEventMs: firstNs / 1e6,
      peakKb: peak_kb,
      waits,
    };
  });
}
