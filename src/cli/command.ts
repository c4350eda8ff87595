import { type ChildProcess, type IOType, type StdioOptions, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { launcherPath } from '../bpf/system.js';
import { SnoopkitError } from '../errors.js';
import { errnoText } from '../kernel/errno.js';
import { inheritance, inheritedDescriptors, inheritedEnvironment } from './inheritance.js';
import { restorePriority } from './priority.js';
import { say } from './talk.js';

/** Grace periods for a command that outlives the tracing: after a signal that it got itself, and after ours. */
const SIGNAL_MS = 100;
const GRACE_MS = 2000;

const FIRST_FREE_FD = 3;

/** The input of the launcher: src/native/launch.c. */
function settings(keepsOutput: boolean, env: NodeJS.ProcessEnv | undefined): Buffer {
  const { openFiles = '', ignored, blocked, closed } = inheritance();
  // The command's standard output is our standard error or our standard output.
  const output = closed.includes(keepsOutput ? 1 : 2) ? [1] : [];
  const unwanted = [...closed.filter((fd) => fd !== 1), ...output].reduce((mask, fd) => mask | (1 << fd), 0);
  const masks = [ignored, blocked, unwanted].map((mask) => mask.toString(16));
  const texts = [openFiles, ...masks, ...inheritedEnvironment(env)];
  const bytes = Buffer.from(texts.map((text) => `${text}\0`).join(''), 'latin1');
  const size = Buffer.alloc(4);
  // Native order: both architectures are little-endian.
  size.writeUInt32LE(bytes.length);
  return Buffer.concat([size, bytes]);
}

/** Its descriptors, including inherited ones from 3 on, and a free one for the socket to the launcher. */
function descriptors(keepsOutput: boolean): { stdio: StdioOptions; gate: number } {
  const stdio: (IOType | number | null)[] = ['inherit', keepsOutput ? 'inherit' : 2, 'inherit'];
  for (const fd of inheritedDescriptors()) {
    while (stdio.length < fd) stdio.push(null);
    stdio[fd] = fd;
  }
  let gate = FIRST_FREE_FD;
  while (typeof stdio[gate] === 'number') gate++;
  stdio[gate] = 'pipe';
  return { stdio, gate };
}

/**
 * A command held before its first instruction: a small launcher, already the
 * process that will execute the command, waits to be released.
 */
export class TracedCommand {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #gate: Duplex;
  #isReleased = false;
  readonly #failure: Promise<number | undefined>;
  /** The exit status as a shell reports it, 128 + N for signal N. */
  readonly exited: Promise<number>;

  private constructor(name: string, child: ChildProcess, gate: Duplex) {
    this.#name = name;
    this.#child = child;
    this.#gate = gate;
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

  /**
   * Starts it, held, in the environment that it would have without us. Its stdout is redirected to our stderr unless it
   * `keepsOutput`. Differences between `env` and process.env apply to the command only.
   */
  static async start(
    command: readonly string[],
    keepsOutput: boolean,
    env?: NodeJS.ProcessEnv,
  ): Promise<TracedCommand> {
    const { stdio, gate } = descriptors(keepsOutput);
    const child = spawn(launcherPath(), [String(gate), ...command], { env: {}, stdio });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (cause) => {
        reject(new SnoopkitError('COMMAND', `cannot start a command: ${cause.message}`, { cause }));
      });
    });
    restorePriority(child.pid as number);
    const socket = (child.stdio as readonly unknown[])[gate] as Duplex;
    socket.write(settings(keepsOutput, env));
    return new TracedCommand(command[0] ?? '', child, socket);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Releases it. Throws SnoopkitError if the command can't be executed; its exit status is then 127 or 126. */
  async release(): Promise<void> {
    this.#isReleased = true;
    this.#gate.write('\n');
    const errno = await this.#failure;
    if (errno !== undefined) throw new SnoopkitError('COMMAND', `cannot run ${this.#name}: ${errnoText(errno)}`);
  }

  /**
   * Terminates it if it is still running when tracing ends. Returns its exit status; undefined if it did not end on
   * its own, since the status then says nothing about the command.
   */
  async end(): Promise<number | undefined> {
    this.#gate.destroy();
    if (!this.#isReleased) {
      // It never ran: this ends the launcher.
      await this.exited;
      return undefined;
    }
    // A Ctrl-C that reached us has reached it, too: give it time to end on its own.
    const own = await Promise.race([this.exited, setTimeout(SIGNAL_MS, undefined, { ref: false })]);
    if (own !== undefined) return own;
    this.#child.kill('SIGTERM');
    const ended = await Promise.race([this.exited, setTimeout(GRACE_MS, undefined, { ref: false })]);
    if (ended === undefined) say(`${this.#name} did not exit on SIGTERM and is still running as process ${this.pid}`);
    this.#child.unref();
    return undefined;
  }
}
