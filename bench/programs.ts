import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { loadProgram, sinkProgram } from './places.js';
import type { LoadKind } from './subjects.js';

/** Size limit of the kept end of a program's standard error. */
const MOST_SAID = 256 * 1024;

/** sudo drops it, too. Node reads all these certificates at every start, which takes longer than all else. */
export const LEFT_OUT = 'NODE_EXTRA_CA_CERTS';

const { [LEFT_OUT]: _leftOut, ...environment } = process.env;

/** A program that reports its results as JSON lines, each member once. */
class Teller {
  readonly child: ChildProcess;
  readonly closed: Promise<void>;
  #told: Record<string, unknown> = {};
  #said = '';
  #isClosed = false;
  #onNews = () => {};

  constructor(file: string, args: readonly string[], onSaid?: (line: string) => void) {
    this.child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], env: environment });
    const { stdin, stdout, stderr } = this.child;
    // The program may end before it is told to continue.
    stdin?.on('error', () => {});
    if (stdout) createInterface(stdout).on('line', (line) => this.#take(JSON.parse(line)));
    if (stderr) {
      createInterface(stderr).on('line', (line) => {
        this.#said = `${this.#said}${line}\n`.slice(-MOST_SAID);
        onSaid?.(line);
      });
    }
    this.child.once('error', (error) => {
      this.#said += `${error.message}\n`;
    });
    this.closed = once(this.child, 'close').then(
      () => this.#close(),
      () => this.#close(),
    );
  }

  #take(news: Record<string, unknown>): void {
    Object.assign(this.#told, news);
    this.#onNews();
  }

  #close(): void {
    this.#isClosed = true;
    this.#onNews();
  }

  /** The last lines of standard error, for an error message. */
  get lastWords(): string {
    return this.#said.trim().split('\n').slice(-3).join(' | ');
  }

  /** Waits for the member `name`. Throws if the program ends without it, or takes longer than `seconds`. */
  async tells<T>(name: string, seconds: number): Promise<T> {
    const end = Date.now() + seconds * 1000;
    while (!(name in this.#told)) {
      if (this.#isClosed) throw new Error(`it ended before ${name}: ${this.lastWords}`);
      const left = end - Date.now();
      if (left <= 0) throw new Error(`no ${name} within ${seconds} s: ${this.lastWords}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#onNews = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#told[name] as T;
  }

  /** All members reported so far. */
  get told(): Readonly<Record<string, unknown>> {
    return this.#told;
  }
}

/** Time limit of a load, in seconds, when it is traced and shares its core. */
const LOAD_SECONDS = 300;

export interface LoadReport {
  readonly failed: number;
  readonly ns_per_op: number;
  readonly cpu_ns_per_op: number;
}

/** bench/snoopkit-load.c. */
export class Load {
  readonly #teller: Teller;

  constructor(kind: LoadKind, count: number, name: string) {
    this.#teller = new Teller(loadProgram, [kind, `${count}`, name]);
  }

  get pid(): number {
    return this.#teller.child.pid as number;
  }

  /** Runs the operations, and waits for their end. Throws if one failed. */
  async run(): Promise<LoadReport> {
    this.#teller.child.stdin?.write('\n');
    await this.#teller.tells('ns_per_op', LOAD_SECONDS);
    const report = this.#teller.told as unknown as LoadReport;
    if (report.failed > 0) throw new Error(`${report.failed} operations of the load failed`);
    return report;
  }

  async end(): Promise<void> {
    this.#teller.child.stdin?.end();
    // In its first phase the end of input would start the operations.
    this.#teller.child.kill('SIGKILL');
    await this.#teller.closed;
  }
}

export interface SinkOptions {
  readonly terminal: boolean;
  readonly tracefs: boolean;
  /** Whether the tracer sends to the sink by OTLP and writes nothing to standard output. */
  readonly otlp?: boolean;
  readonly note: string | undefined;
  /** Marks of lines: first phase, counted operations, last phase. */
  readonly marks: readonly [string, string, string];
  readonly command: readonly string[];
  readonly losses: RegExp;
}

export interface SinkReport {
  readonly events: number;
  readonly status: number;
  readonly user_us: number;
  readonly system_us: number;
  readonly peak_kb: number;
  readonly waits: number;
  /** Lost events reported by the tracer. */
  readonly reportedLost: number;
}

const START_SECONDS = 30;
const SETTLE_SECONDS = 120;
const END_SECONDS = 30;

/** bench/sink.c, with a tracer that writes to it. */
export class Sink {
  readonly #teller: Teller;
  #reportedLost = 0;

  constructor({ terminal, tracefs, otlp, note, marks, command, losses }: SinkOptions) {
    const flags = [
      ...(terminal ? ['--terminal'] : []),
      ...(tracefs ? ['--tracefs'] : []),
      ...(otlp ? ['--otlp'] : []),
      ...(note === undefined ? [] : ['--note', note]),
    ];
    this.#teller = new Teller(sinkProgram, [...flags, ...marks, '--', ...command], (line) => {
      for (const [, count] of line.matchAll(losses)) this.#reportedLost += Number(count);
    });
  }

  /** The parent of the tracer. */
  get pid(): number {
    return this.#teller.child.pid as number;
  }

  /** Nanoseconds from the tracer's start to its first line of output. */
  firstEvent(): Promise<number> {
    return this.#teller.tells('first_ns', START_SECONDS);
  }

  /** Waits until the tracer has written all events of the load. */
  async settled(): Promise<void> {
    await this.#teller.tells('settled', SETTLE_SECONDS);
  }

  /** Ends the tracer. */
  async end(): Promise<SinkReport> {
    this.#teller.child.kill('SIGTERM');
    await this.#teller.tells('events', END_SECONDS);
    await this.#teller.closed;
    return { ...(this.#teller.told as unknown as SinkReport), reportedLost: this.#reportedLost };
  }

  /** Kills everything that is left of it. */
  async kill(): Promise<void> {
    const { child, closed } = this.#teller;
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await closed;
  }
}

export interface CollectorReport {
  /** Records that arrived. */
  readonly events: number;
}

/**
 * bench/sink.c without a tracer: a collector that discards its input, and counts records by a text that occurs in each.
 */
export class Collector {
  readonly #teller: Teller;

  constructor(mark: string) {
    this.#teller = new Teller(sinkProgram, ['--otlp', mark, mark, mark]);
  }

  async endpoint(): Promise<string> {
    return `http://127.0.0.1:${await this.#teller.tells<number>('port', START_SECONDS)}`;
  }

  async end(): Promise<CollectorReport> {
    this.#teller.child.stdin?.end();
    await this.#teller.tells('events', END_SECONDS);
    await this.#teller.closed;
    return this.#teller.told as unknown as CollectorReport;
  }
}

/** One busy loop per core. */
export class Spinners {
  readonly #children: ChildProcess[];

  constructor(count: number) {
    // Each round starts new ones, so that they end on their own if this process is gone.
    this.#children = Array.from({ length: count }, () => spawn(loadProgram, ['spin', '600'], { stdio: 'ignore' }));
  }

  async end(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
}
