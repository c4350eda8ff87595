import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { mountPoint } from '../src/kernel/mounts.js';
import { commandOf, measureTraced, measureUntraced, type Setting, type Traced } from './measure.js';
import type { BenchOptions, Condition } from './options.js';
import { findProgram } from './peers.js';
import { root } from './places.js';
import { LEFT_OUT, Spinners } from './programs.js';
import { type Comparison, figuresOf, type Measurement, type Row, stat } from './results.js';
import type { Subject } from './subjects.js';

/** An installed contender, and its measurements. */
interface Entry extends Traced {
  readonly version: string;
  readonly rounds: Measurement[];
  readonly failures: string[];
}

interface Plan {
  readonly subject: Subject;
  readonly condition: Condition;
  readonly setting: Setting;
  readonly untraced: number[];
  readonly entries: Entry[];
}

/** The order rotates each round, so that no contender always comes first. */
const rotated = <T>(list: readonly T[], by: number) => list.map((_, i) => list[(i + by) % list.length] as T);

/** Measures an entry, and retries once on failure: a single failure of a peer is not counted against it. */
async function measureEntry(setting: Setting, entry: Entry, untraced: Awaited<ReturnType<typeof measureUntraced>>) {
  for (let isLastTry = false; ; isLastTry = true) {
    try {
      entry.rounds.push(await measureTraced(setting, entry, untraced));
      return;
    } catch (error) {
      entry.failures.push((error as Error).message);
      if (isLastTry) return;
    }
  }
}

async function runRound(plan: Plan, round: number, tell: (step: string) => void): Promise<void> {
  const { condition, setting, untraced, entries, subject } = plan;
  const spinners = new Spinners(condition === 'busy' ? availableParallelism() : 0);
  try {
    tell(`${condition}: ${subject.name}, nobody traces`);
    const report = await measureUntraced(setting);
    untraced.push(report.cpu_ns_per_op / 1e3);
    for (const entry of rotated(entries, round)) {
      const { program, output } = entry.contender;
      tell(`${condition}: ${subject.name}, ${program} (${output})`);
      await measureEntry(setting, entry, report);
    }
  } finally {
    await spinners.end();
  }
}

/** Larger than any pid: a placeholder. */
const NO_PID = 4_194_305;

function rowOf(entry: Entry, { setting }: Plan): Row {
  const { contender, version, rounds, failures } = entry;
  const [file = '', ...args] = commandOf(entry, NO_PID, false, setting.ours);
  return {
    program: contender.program,
    version,
    output: contender.output,
    buffer: contender.buffer,
    // Paths of this machine are left out.
    command: [basename(file), ...args]
      .join(' ')
      .replaceAll(root, '')
      .replaceAll(`${NO_PID}`, 'PID')
      .replace(/\s+/g, ' '),
    ...(rounds.length > 0 && { figures: figuresOf(rounds) }),
    rounds,
    failures,
  };
}

const comparisonOf = (plan: Plan): Comparison => ({
  subject: plan.subject.name,
  operation: plan.subject.load,
  condition: plan.condition,
  operations: plan.setting.count,
  untracedUs: stat(plan.untraced),
  rows: plan.entries.map((entry) => rowOf(entry, plan)),
});

/** The files that loads open, in a folder whose path even bpftrace prints in full (64 bytes). */
function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'snoopkit-bench-'));
  for (const name of ['first', 'event', 'last']) writeFileSync(join(folder, name), '');
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  return use(folder).finally(() => {
    process.off('exit', remove);
    remove();
  });
}

/** Runs all rounds. `tell` reports progress. */
export function compare(
  subjects: readonly Subject[],
  options: BenchOptions,
  tell: (step: string) => void,
): Promise<{ comparisons: Comparison[]; remarks: string[] }> {
  return withFolder(async (folder) => {
    const remarks = new Set<string>();
    const tracefs = mountPoint('tracefs') === undefined;
    if (tracefs) remarks.add('tracefs is not mounted here: each tracer was given one in a mount namespace of its own.');
    if (process.env[LEFT_OUT]) {
      remarks.add(`${LEFT_OUT} is set here and was left out, as sudo does: with it every start of Node takes longer.`);
    }
    const plans = options.conditions.flatMap((condition) =>
      subjects.map((subject): Plan => {
        const entries = subject.contenders.flatMap((contender): Entry[] => {
          const found = findProgram(contender);
          if (typeof found !== 'string') return [{ contender, ...found, rounds: [], failures: [] }];
          remarks.add(found);
          return [];
        });
        for (const remark of subject.remarks) remarks.add(remark);
        const count = Math.max(1, Math.round(options.count * subject.share));
        return {
          subject,
          condition,
          setting: { kind: subject.load, count, events: subject.events ?? 1, folder, tracefs, ours: options.ours },
          untraced: [],
          entries,
        };
      }),
    );
    for (let round = 0; round < options.rounds; round++) {
      for (const plan of plans) {
        await runRound(plan, round, (step) => tell(`round ${round + 1} of ${options.rounds}, ${step}`));
      }
    }
    return { comparisons: plans.map(comparisonOf), remarks: [...remarks] };
  });
}
