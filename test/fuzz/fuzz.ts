/** Gives damaged or strange input to child processes, and saves what ends one. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { btfInput } from './btf.js';
import { mutate } from './mutate.js';
import { recordInput } from './records.js';
import { type Outcome, outcomes, type Work } from './work.js';

/** Options of `fuzz`. */
export interface FuzzOptions extends Omit<Work, 'first' | 'count'> {
  /** The end, whichever comes first. */
  readonly seconds?: number;
  readonly count?: number;
  /** Number of the first input (default: 0). */
  readonly first?: number;
  /** Where input that ends a process is saved. */
  readonly folder: string;
  /** Script of the children (default: child.ts). */
  readonly script?: string;
  /** Time in ms after which an input that is not done is a failure (default: a minute). */
  readonly patience?: number;
}

/** An input that ended a process, or did not end. */
export interface Failure {
  readonly number: number;
  /** A signal, an exit status, or that it took too long; and the last line of stderr. */
  readonly reason: string;
  /** The saved bytes; for other input, how to repeat it. */
  readonly path: string;
}

/** Results of `fuzz`. */
export interface FuzzResult {
  readonly inputs: number;
  /** How many of them had which outcome. */
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly failures: readonly Failure[];
}

/** The number of the input that ended a child, and why; undefined if all were done. */
interface Ending {
  readonly number: number;
  readonly reason: string | undefined;
}

const PATIENCE = 60_000;

/** Children begin anew after so many objects, so that none of them keeps what an earlier one broke. */
const BATCH = 500;

/** What is saved of an input: its bytes, or the command that repeats it. */
function inputOf({ kind, corpus, seed }: Work, number: number): Uint8Array | string {
  switch (kind) {
    case 'objects':
      return mutate(readFileSync(corpus[number % corpus.length] as string), seed + number);
    case 'btf':
      return btfInput({ corpus, seed })(number);
    case 'records':
      return recordInput({ corpus, seed })(number).bytes;
    default:
      return `make fuzz KIND=${kind} SEED=${seed} FIRST=${number} COUNT=1\n`;
  }
}

const SUFFIX = { objects: 'bpf.o', btf: 'btf', records: 'record', values: 'txt', arguments: 'txt' } as const;

/** Tries inputs until the time or the count is reached. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { kind, corpus, seed, load, folder, first = 0 } = options;
  const { seconds = Number.POSITIVE_INFINITY, count = Number.POSITIVE_INFINITY } = options;
  const end = performance.now() + seconds * 1000;
  const counts: Record<Outcome, number> = { refused: 0, accepted: 0, opened: 0, loaded: 0 };
  const failures: Failure[] = [];
  let next = first;
  while (next < first + count && performance.now() < end) {
    const work = { kind, corpus, seed, load, first: next, count: Math.min(BATCH, first + count - next) };
    const { number, reason } = await runChild(work, options, end, (outcome) => {
      counts[outcome]++;
    });
    next = number + 1;
    if (reason === undefined) continue;
    const name = kind === 'objects' ? '' : `${kind}-`;
    const path = join(folder, `${name}seed-${seed}-${number}.${SUFFIX[kind]}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, inputOf(work, number));
    failures.push({ number, reason, path });
  }
  const done = Object.values(counts).reduce((sum, one) => sum + one, 0);
  return { inputs: done + failures.length, counts, failures };
}

function runChild(
  work: Work,
  { script = fileURLToPath(new URL('child.js', import.meta.url)), patience = PATIENCE }: FuzzOptions,
  end: number,
  count: (outcome: Outcome) => void,
): Promise<Ending> {
  return new Promise((resolve, reject) => {
    // The allocator fills what it gives and takes back: what is used beyond its bounds or its end is noticed.
    const env = { ...process.env, MALLOC_PERTURB_: '165' };
    const child = spawn(process.execPath, [script, JSON.stringify(work)], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let number = work.first - 1;
    let [errors, rest] = ['', ''];
    let stopped: 'time' | 'slow' | undefined;
    const stop = (why: typeof stopped) => {
      stopped ??= why;
      child.kill('SIGKILL');
    };
    let watch = setTimeout(() => stop('slow'), PATIENCE);
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      clearTimeout(watch);
      watch = setTimeout(() => stop('slow'), patience);
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.endsWith('.')) count(outcomes[Number.parseInt(line, 10)] as Outcome);
        else number = Number(line);
      }
      if (performance.now() > end) stop('time');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4096);
    });
    child.on('error', reject).on('close', (status, signal) => {
      clearTimeout(watch);
      if (number < work.first) {
        reject(new Error(`a child ended before its first input: ${errors}`));
        return;
      }
      const [line = ''] = errors.split('\n').filter((text) => /^\w*Error\b|Assertion|free\(|malloc/.test(text));
      const reason =
        stopped === 'slow' ? `not done after ${patience} ms` : `${signal ?? `exit status ${status}`} ${line}`;
      resolve({ number, reason: stopped === 'time' || status === 0 ? undefined : reason.trim() });
    });
  });
}
