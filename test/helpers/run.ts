import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { kernelIsSince } from './kernel.js';
import { patient } from './patience.js';
import { allowRetries } from './retries.js';

/** bin/snoopkit.cjs, as a user runs it. */
export const SNOOPKIT = fileURLToPath(new URL('../../../bin/snoopkit.cjs', import.meta.url));

/** A program of test/fixtures, compiled by scripts/test-programs.mk. */
export const OPENS = fileURLToPath(new URL('../fixtures/opens', import.meta.url));

/** A command whose BPF programs write lines: test/fixtures/printk.ts. Their names follow. */
export const PRINTK = [process.execPath, fileURLToPath(new URL('../fixtures/printk.js', import.meta.url))] as const;
export const PROBED = fileURLToPath(new URL('../fixtures/probed', import.meta.url));

export interface RunOptions {
  input?: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Milliseconds after which it is killed, and the test fails; extended on slow machines. */
  timeout?: number;
}

/** Exit and output of a program. */
export interface Finished {
  /** null for a signal: 128 + N is a convention of shells. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  /** Standard error. */
  readonly said: string;
  readonly lines: string[];
  /** Number of program runs skipped by the kernel, as reported by snoopkit. */
  readonly skipped: number;
}

/**
 * Since 7.0 a task can be preempted while a program runs for it, and the kernel then skips programs of other tasks on
 * that CPU. A report of that is no complaint on such kernels: `skipped` has the number of events that may be missing,
 * and a test that fails because of it is retried.
 */
const PREEMPTS = kernelIsSince(7, 0);
const SKIPPED = /^snoopkit: (\d+) program runs? skipped by the kernel.*\n/m;

/** A running program. It and its children end with the test, whatever its result. */
export class Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  #stdout: Buffer[] = [];
  #said = '';
  #timedOut = false;

  constructor(file: string, args: readonly string[], { input, env, cwd, timeout = 15_000 }: RunOptions = {}) {
    this.child = spawn(file, args, { stdio: 'pipe', detached: true, ...(env && { env }), ...(cwd && { cwd }) });
    this.child.stdout?.on('data', (chunk: Buffer) => this.#stdout.push(chunk));
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.#said += chunk.toString();
    });
    // The program may end before it has read all input.
    this.child.stdin?.on('error', () => {});
    if (input !== undefined) this.child.stdin?.end(input);
    const timer = setTimeout(() => {
      this.#timedOut = true;
      this.kill();
    }, patient(timeout));
    this.finished = once(this.child, 'close').then(([status, signal]) => {
      clearTimeout(timer);
      if (this.#timedOut) assert.fail(`${file} ${args.join(' ')} ran for too long. It said: ${this.#said}`);
      const stdout = Buffer.concat(this.#stdout);
      const skipped = Number(SKIPPED.exec(this.#said)?.[1] ?? 0);
      if (PREEMPTS && skipped > 0) allowRetries();
      const said = PREEMPTS ? this.#said.replace(SKIPPED, '') : this.#said;
      const lines = said === '' ? [] : said.trimEnd().split('\n');
      return { status, signal, stdout, said, lines, skipped };
    });
    // Awaited later, or never.
    this.finished.catch(() => {});
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Standard output so far. */
  get written(): string {
    return Buffer.concat(this.#stdout).toString();
  }

  /** Standard error so far. */
  get heard(): string {
    return this.#said;
  }

  /** Waits for a match on standard error or standard output. */
  async says(pattern: RegExp, where: 'stderr' | 'stdout' = 'stderr'): Promise<void> {
    const stream = (where === 'stderr' ? this.child.stderr : this.child.stdout) as Readable;
    const text = () => (where === 'stderr' ? this.#said : this.written);
    while (!pattern.test(text())) {
      if (stream.readableEnded) {
        const { status, signal } = await this.finished;
        const last = (this.#said + this.written).split('\n').slice(-5).join('\n');
        assert.fail(`it never said ${pattern}, but ended (${signal ?? status}) with: ${last}`);
      }
      const seen = new AbortController();
      await Promise.race(['data', 'end'].map((event) => once(stream, event, { signal: seen.signal })));
      seen.abort();
    }
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Kills it and its children. */
  kill(): void {
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // The process has ended.
    }
  }
}

export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new Running(file, args, { input: '', ...options }).finished;
}

/** Runs snoopkit to its end. */
export function snoopkit(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return run(process.execPath, [SNOOPKIT, ...args], options);
}

/** Output of `opensnoop -v` once all is attached. */
export const LAST_ATTACHED = process.arch === 'x64' ? /attached handle_creat / : /attached handle_openat2 /;

/** Starts opensnoop, with flags that select processes, and waits until it traces. */
export async function startOpensnoop(args: readonly string[], options: RunOptions = {}): Promise<Running> {
  const running = new Running(process.execPath, [SNOOPKIT, 'opensnoop', '-v', ...args], options);
  await running.says(LAST_ATTACHED);
  while (!catches(running.pid, 'SIGINT')) await sleep(2);
  return running;
}

/** Whether a process handles a signal itself, by proc(5). */
function catches(pid: number, signal: NodeJS.Signals): boolean {
  const [, mask = '0'] = /^SigCgt:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
}

const NO_COMPLAINTS = [
  /^snoopkit: (libbpf |attached |[\w ]+: (hook not used: |using ))/,
  /^snoopkit: (process|thread)(es|s)? [\d, ]+ (has|have) ended/,
];

/**
 * Messages of snoopkit itself, without the libbpf log and the hooks of -v, and without the one that the traced process
 * has ended.
 */
export function complaints({ lines }: Finished): string[] {
  return lines.filter((line) => !NO_COMPLAINTS.some((pattern) => pattern.test(line)));
}
