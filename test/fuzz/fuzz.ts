/** Gives damaged objects to child processes, and saves those that end one. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mutate } from './mutate.js';
import { outcomes, type Work } from './work.js';

/** Options of `fuzz`. */
export interface FuzzOptions extends Omit<Work, 'first' | 'count'> {
  /** The end, whichever comes first. */
  readonly seconds?: number;
  readonly count?: number;
  /** Where objects that end a process are saved. */
  readonly folder: string;
  /** Script of the children (default: child.ts). */
  readonly script?: string;
  /** Time in ms after which an object that is not done is a failure (default: a minute). */
  readonly patience?: number;
}

/** An object that ended a process, or did not end. */
export interface Failure {
  readonly number: number;
  /** A signal, an exit status, or that it took too long; and the last line of stderr. */
  readonly reason: string;
  /** The saved object. */
  readonly path: string;
}

/** Results of `fuzz`. */
export interface FuzzResult {
  readonly mutations: number;
  readonly refused: number;
  readonly opened: number;
  readonly loaded: number;
  readonly failures: readonly Failure[];
}

/** The number of the object that ended a child, and why; undefined if all were done. */
interface Ending {
  readonly number: number;
  readonly reason: string | undefined;
}

const PATIENCE = 60_000;

/** Children begin anew after so many objects, so that none of them keeps what an earlier one broke. */
const BATCH = 500;

/** Opens damaged objects until the time or the count is reached. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { corpus, seed, load, seconds = Number.POSITIVE_INFINITY, count = Number.POSITIVE_INFINITY, folder } = options;
  const end = performance.now() + seconds * 1000;
  const counts = outcomes.map(() => 0);
  const failures: Failure[] = [];
  let next = 0;
  while (next < count && performance.now() < end) {
    const work = { corpus, seed, load, first: next, count: Math.min(BATCH, count - next) };
    const { number, reason } = await runChild(work, options, end, (outcome) => {
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    });
    next = number + 1;
    if (reason === undefined) continue;
    const original = readFileSync(corpus[number % corpus.length] as string);
    const path = join(folder, `seed-${seed}-${number}.bpf.o`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, mutate(original, seed + number));
    failures.push({ number, reason, path });
  }
  const [refused = 0, opened = 0, loaded = 0] = counts;
  return { mutations: refused + opened + loaded + failures.length, refused, opened, loaded, failures };
}

function runChild(
  work: Work,
  { script = fileURLToPath(new URL('child.js', import.meta.url)), patience = PATIENCE }: FuzzOptions,
  end: number,
  count: (outcome: number) => void,
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
        if (line.endsWith('.')) count(Number.parseInt(line, 10));
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
        reject(new Error(`a child ended before its first object: ${errors}`));
        return;
      }
      const [line = ''] = errors.split('\n').filter((text) => /^\w*Error\b|Assertion|free\(|malloc/.test(text));
      const reason =
        stopped === 'slow' ? `not done after ${patience} ms` : `${signal ?? `exit status ${status}`} ${line}`;
      resolve({ number, reason: stopped === 'time' || status === 0 ? undefined : reason.trim() });
    });
  });
}
