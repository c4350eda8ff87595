import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { subjects } from './subjects.js';

export const CONDITIONS = ['idle', 'busy'] as const;
/** `idle`: nothing else runs; `busy`: one endless loop per core. */
export type Condition = (typeof CONDITIONS)[number];

export interface BenchOptions {
  rounds: number;
  /** Operations in a round; subjects with slow operations run a part of them. */
  count: number;
  subjects: string[];
  conditions: Condition[];
  /** More arguments for snoopkit, for experiments: shown in the report. */
  ours: string[];
  /** Another checkout, to compare with in place of the peers. */
  before: string | undefined;
  micro: boolean;
  /** Whether to save the figures for the documentation. */
  save: boolean;
  out: string | undefined;
  help: boolean;
}

export const HELP = `node dist/bench/main.js [OPTION...]   (or: make bench ROUNDS=5 COUNT=500000 ONLY=opensnoop)

  --rounds N          so many rounds, of which the median is shown (5)
  --count N           operations in a round (500000)
  --only NAME,...     only these: ${subjects.map(({ name }) => name).join(', ')}
  --conditions LIST   idle,busy: nothing else runs, or all cores are kept busy by another program (both)
  --ours='ARGS'       more arguments for snoopkit, such as '--buffer 512K'
  --before DIR        in place of the peers the snoopkit of another checkout, which is built: what a change costs
  --no-micro          without the micro-benchmarks and the comparison with the official SDK
  --out FILE          the results as JSON (build/bench/<date>.json)
  --save              keep them as bench/results.json, and put them into docs/performance.md and its chart
`;

/** An invalid command line, described in one line. */
export class OptionError extends Error {}

function positive(name: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new OptionError(`--${name} wants a number from 1 up, not ${text}`);
  return Number(text);
}

function choose<T extends string>(name: string, text: string, known: readonly T[]): T[] {
  const wanted = text.split(',').map((word) => word.trim());
  for (const word of wanted) {
    if (!known.includes(word as T)) throw new OptionError(`--${name}: no ${word}; there are: ${known.join(', ')}`);
  }
  return known.filter((word) => wanted.includes(word));
}

/** Reads the command line. Throws OptionError. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const names = subjects.map(({ name }) => name);
  try {
    const { values } = parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        rounds: { type: 'string', default: '5' },
        count: { type: 'string', default: '500000' },
        only: { type: 'string', default: names.join(',') },
        conditions: { type: 'string', default: CONDITIONS.join(',') },
        ours: { type: 'string', default: '' },
        before: { type: 'string' },
        micro: { type: 'boolean', default: true },
        save: { type: 'boolean', default: false },
        out: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.before !== undefined && values.save) throw new OptionError('--save keeps no figures of --before');
    return {
      rounds: positive('rounds', values.rounds),
      count: positive('count', values.count),
      subjects: choose('only', values.only, names),
      conditions: choose('conditions', values.conditions, CONDITIONS),
      ours: values.ours.split(' ').filter((word) => word !== ''),
      before: values.before === undefined ? undefined : resolve(values.before),
      micro: values.micro && values.before === undefined,
      save: values.save,
      out: values.out,
      help: values.help,
    };
  } catch (error) {
    if (error instanceof TypeError) throw new OptionError(error.message);
    throw error;
  }
}
