import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { launcherPath } from '../bpf/system.js';
import { SnoopkitError } from '../errors.js';
import { errnoText } from '../kernel/errno.js';
import { restorePriority } from './priority.js';
import { say } from './talk.js';

/** How long a command that outlives the tracing may take to end: after a signal of its own, and after ours. */
const SIGNAL_MS = 100;
const GRACE_MS = 2000;

/**
 * A command that waits before its first instruction until it is told to go: a small launcher, already the
 * process that the command will be, holds on until then.
 */
export class TracedCommand {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #gate: Duplex;
  #isReleased = false;
  readonly #failure: Promise<number | undefined>;
  /** The exit status as a shell has it, 128 + N for signal N. */
  readonly exited: Promise<number>;

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
    this.#gate = child.stdio[3] as Duplex;
    this.#failure = new Promise((resolve) => {
      const said: Buffer[] = [];
      this.#gate.on('data', (chunk: Buffer) => said.push(chunk));
      this.#gate.on('error', () => resolve(undefined));
      this.#gate.on('close', () => {
        const bytes = Buffer.concat(said);
        resolve(bytes.length >= 4 ? bytes.readInt32LE() : undefined);
      });
    });
    this.exited = new Promise((resolve) => {
      child.on('exit', (code, signal) => {
        resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
      });
    });
  }

  /** Starts it, held. Its standard output becomes our standard error unless it `keepsOutput`. */
  static async start(
    command: readonly string[],
    keepsOutput: boolean,
    env: NodeJS.ProcessEnv = process.env,
  ): Promise<TracedCommand> {
    const child = spawn(launcherPath(), command, {
      env,
      stdio: ['inherit', keepsOutput ? 'inherit' : 2, 'inherit', 'pipe'],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (cause) => {
        reject(new SnoopkitError('COMMAND', `cannot start a command: ${cause.message}`, { cause }));
      });
    });
    restorePriority(child.pid as number);
    return new TracedCommand(command[0] ?? '', child);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Lets it run. Throws SnoopkitError when the command can't be executed; its exit status is 127 or 126 then. */
  async release(): Promise<void> {
    this.#isReleased = true;
    this.#gate.write('\n');
    const errno = await this.#failure;
    if (errno !== undefined) throw new SnoopkitError('COMMAND', `cannot run ${this.#name}: ${errnoText(errno)}`);
  }

  /**
   * Ends it if it still runs, since tracing ended first. Returns its exit status; undefined when it did not end by
   * itself, for then the status says nothing about the command.
   */
  async end(): Promise<number | undefined> {
    this.#gate.destroy();
    if (!this.#isReleased) {
      // It never ran: what ends now is the launcher.
      await this.exited;
      return undefined;
    }
    // A Ctrl-C that reached us has reached it, too: it gets the time to end by itself.
    const own = await Promise.race([this.exited, setTimeout(SIGNAL_MS, undefined, { ref: false })]);
    if (own !== undefined) return own;
    this.#child.kill('SIGTERM');
    const ended = await Promise.race([this.exited, setTimeout(GRACE_MS, undefined, { ref: false })]);
    if (ended === undefined) say(`${this.#name} does not end on SIGTERM, and runs on as process ${this.pid}`);
    this.#child.unref();
    return undefined;
  }
}
