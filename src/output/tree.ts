import { Chalk, type ChalkInstance } from 'chalk';
import type { Column, EventRecord } from '../events/column.js';
import { shownDuration } from '../events/kinds/time.js';
import { OutputBuffer } from '../events/output-buffer.js';
import type { Format } from './format.js';
import { writeShellWord } from './shell-word.js';

/** A process that has ended. Times are nanoseconds since 1970. */
interface Process {
  readonly pid: number;
  readonly creator: number;
  readonly birth: bigint;
  readonly end: bigint;
  /** Since its program was executed, or else since it was created. */
  readonly duration: number;
  readonly cpuTime: number;
  /** `0`, `exit 2`, `SIGKILL`. */
  readonly outcome: string;
  readonly hasFailed: boolean;
  /** As for a shell; the name alone, in parentheses, where it executed nothing. */
  readonly command: string;
  readonly children: Process[];
}

const MARGIN = 30;

/** Words as a shell would take them. */
function commandLine(words: readonly string[]): string {
  const out = new OutputBuffer();
  words.forEach((word, i) => {
    if (i > 0) out.ascii(' ');
    const bytes = Buffer.from(word);
    writeShellWord(bytes, 0, bytes.length, out);
  });
  return out.take().toString();
}

/** What fits in so many columns. */
function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join('')}…`;
}

export interface TreeOptions {
  readonly useColor: boolean;
  /** Columns of the terminal; undefined where there is none: then nothing is cut. */
  readonly width: number | undefined;
  /** Only what failed, and what led to it. */
  readonly failed: boolean;
}

/** Processes below the one that created them, once all have ended: from the events of procsnoop. */
export class TreeFormat implements Format {
  readonly #columns: ReadonlyMap<string, Column>;
  readonly #options: TreeOptions;
  readonly #style: ChalkInstance;
  readonly #processes: Process[] = [];

  constructor(columns: readonly Column[], options: TreeOptions) {
    this.#columns = new Map(columns.map((column) => [column.name, column]));
    this.#options = options;
    this.#style = new Chalk({ level: options.useColor ? 1 : 0 });
  }

  begin(): void {}

  lost(): void {}

  event(record: EventRecord): void {
    const value = (name: string) => this.#columns.get(name)?.value(record);
    const end = value('time') as bigint;
    const age = value('age') as bigint;
    const [signal, code] = [value('signal') as string | undefined, value('exit_code') as number];
    const args = value('args') as string[] | null;
    this.#processes.push({
      pid: value('pid') as number,
      creator: (value('creator') as number) || (value('ppid') as number),
      birth: end - age,
      end,
      duration: Number((value('run_time') as bigint | undefined) ?? age),
      cpuTime: Number(value('cpu_time')),
      outcome: signal ?? (code === 0 ? '0' : `exit ${code}`),
      hasFailed: signal !== undefined || code !== 0,
      command: args === null ? `(${value('comm')})` : commandLine(args),
      children: [],
    });
  }

  end(out: OutputBuffer): void {
    const roots = this.#grow();
    out.utf8(`${this.#style.bold('     TIME       CPU STATUS     COMMAND')}\n`);
    for (const root of roots) this.#write(root, '', '', out);
    const failed = this.#processes.filter(({ hasFailed }) => hasFailed).length;
    out.ascii(`${this.#processes.length} processes, ${failed} failed\n`);
  }

  /** Puts each process below the one that created it, in the order of their births. */
  #grow(): Process[] {
    const byPid = new Map<number, Process[]>();
    for (const process of this.#processes) byPid.set(process.pid, [...(byPid.get(process.pid) ?? []), process]);
    const roots: Process[] = [];
    for (const process of [...this.#processes].sort((a, b) => Number(a.birth - b.birth))) {
      // A pid may have been used again: it is the one that lived when this was born.
      const creator = byPid
        .get(process.creator)
        ?.find(({ birth, end }) => birth <= process.birth && process.birth <= end);
      (creator?.children ?? roots).push(process);
    }
    return roots;
  }

  #isShown(process: Process): boolean {
    return !this.#options.failed || process.hasFailed || process.children.some((child) => this.#isShown(child));
  }

  #write(process: Process, indent: string, branch: string, out: OutputBuffer): void {
    if (!this.#isShown(process)) return;
    const { duration, cpuTime, outcome, hasFailed, command } = process;
    const { width } = this.#options;
    const [time, cpu] = [shownDuration(duration).padStart(9), shownDuration(cpuTime).padStart(9)];
    const status = outcome.padEnd(10);
    const line = `${indent}${branch}${command}`;
    const shown = width === undefined ? line : cut(line, Math.max(width - MARGIN - 1, 20));
    out.utf8(`${time} ${cpu} ${hasFailed ? this.#style.red(status) : status} ${shown}\n`);
    const children = process.children.filter((child) => this.#isShown(child));
    const below = branch === '' ? '' : indent + (branch.startsWith('└') ? '   ' : '│  ');
    children.forEach((child, i) => {
      this.#write(child, below, i === children.length - 1 ? '└─ ' : '├─ ', out);
    });
  }
}
