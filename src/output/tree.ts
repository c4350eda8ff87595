import { Chalk, type ChalkInstance } from 'chalk';
import { counted } from '../counted.js';
import { bootTimeOf, type Column, type EventRecord, type ListColumn, type TextColumn } from '../events/column.js';
import { shownDuration } from '../events/kinds/time.js';
import { OutputBuffer } from '../events/output-buffer.js';
import { cutText } from './display.js';
import type { Format } from './format.js';
import { shownList, shownText } from './shown-text.js';

/** A process that has ended. Times are nanoseconds since the boot. */
interface Process {
  readonly pid: number;
  readonly creator: number;
  readonly birth: bigint;
  readonly end: bigint;
  /** Since it was created, as is `cpuTime`: so without threads it is never less. */
  readonly age: number;
  readonly cpuTime: number;
  /** `0`, `exit 2`, `SIGKILL`. */
  readonly outcome: string;
  readonly hasFailed: boolean;
  /** As for a shell; the name alone, in parentheses, where it executed nothing. */
  readonly command: string;
  readonly children: Process[];
}

/** What stands in front of a command, each with a blank behind it. */
const WIDTHS = { time: 9, cpu: 9, status: 10 };
const MARGIN = Object.values(WIDTHS).reduce((sum, width) => sum + width + 1, 0);
/** What of a command is shown on the narrowest terminal. */
const LEAST = 20;

function front(time: string, cpu: string, status: string, paint = (text: string) => text): string {
  return `${time.padStart(WIDTHS.time)} ${cpu.padStart(WIDTHS.cpu)} ${paint(status.padEnd(WIDTHS.status))} `;
}

/** Puts each process, in the order of their births, below the one that created it. Returns those that are below none. */
function grow(processes: readonly Process[]): Process[] {
  const byPid = new Map<number, Process[]>();
  for (const process of processes) byPid.set(process.pid, [...(byPid.get(process.pid) ?? []), process]);
  const roots: Process[] = [];
  for (const process of processes) {
    // A pid may have been used again: it is the one that lived when this was born.
    const creator = byPid
      .get(process.creator)
      ?.find(({ birth, end }) => birth <= process.birth && process.birth <= end);
    (creator?.children ?? roots).push(process);
  }
  return roots;
}

/** Those that failed, and what led to them. */
function failuresOf(processes: readonly Process[]): Set<Process> {
  const failures = new Set<Process>();
  // Children come before who created them.
  for (const process of processes.toReversed())
    if (process.hasFailed || process.children.some((child) => failures.has(child))) failures.add(process);
  return failures;
}

/** Reads the command of an event. */
function commandOf(columns: readonly Column[]): (record: EventRecord) => string {
  const out = new OutputBuffer();
  const column = (name: string) => columns.find((candidate) => candidate.name === name);
  const writeArgs = shownList(column('args') as ListColumn, '');
  const writeName = shownText(column('comm') as TextColumn, '?');
  return (record) => {
    out.length = 0;
    if (writeArgs(record, out) === 0) {
      out.ascii('(');
      writeName(record, out);
      out.ascii(')');
    }
    return out.bytes.toString('utf8', 0, out.length);
  };
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
  readonly #command: (record: EventRecord) => string;
  readonly #options: TreeOptions;
  readonly #style: ChalkInstance;
  readonly #processes: Process[] = [];

  constructor(columns: readonly Column[], options: TreeOptions) {
    this.#columns = new Map(columns.map((column) => [column.name, column]));
    this.#command = commandOf(columns);
    this.#options = options;
    this.#style = new Chalk({ level: options.useColor ? 1 : 0 });
  }

  begin(): void {}

  lost(): void {}

  event(record: EventRecord): void {
    const value = (name: string) => this.#columns.get(name)?.value(record);
    const end = bootTimeOf(this.#columns.get('time'), record);
    const age = value('age') as bigint;
    const [signal, code] = [value('signal') as string | undefined, value('exit_code') as number];
    this.#processes.push({
      pid: value('pid') as number,
      creator: (value('creator') as number) || (value('ppid') as number),
      birth: end - age,
      end,
      age: Number(age),
      cpuTime: Number(value('cpu_time')),
      outcome: signal ?? (code === 0 ? '0' : `exit ${code}`),
      hasFailed: signal !== undefined || code !== 0,
      command: this.#command(record),
      children: [],
    });
  }

  end(out: OutputBuffer): void {
    const processes = [...this.#processes].sort((a, b) => Number(a.birth - b.birth));
    const roots = grow(processes);
    const shown = this.#options.failed ? failuresOf(processes) : undefined;
    out.utf8(`${this.#style.bold(`${front('TIME', 'CPU', 'STATUS')}COMMAND`)}\n`);
    for (const root of roots) this.#write(root, shown, out);
    const failed = processes.filter(({ hasFailed }) => hasFailed).length;
    out.ascii(`${counted(processes.length, 'process', 'processes')}, ${failed} failed\n`);
  }

  /** Writes a process and all below it, of those that are to be `shown`. */
  #write(root: Process, shown: ReadonlySet<Process> | undefined, out: OutputBuffer): void {
    const isShown = (process: Process) => !shown || shown.has(process);
    // No recursion, for there is no limit to how deep it may go.
    const waiting = isShown(root) ? [{ process: root, indent: '', branch: '' }] : [];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { process, indent, branch } = next;
      this.#writeLine(process, `${indent}${branch}${process.command}`, out);
      const below = branch === '' ? '' : indent + (branch.startsWith('└') ? '   ' : '│  ');
      const children = process.children.filter(isShown).reverse();
      waiting.push(...children.map((child, i) => ({ process: child, indent: below, branch: i === 0 ? '└─ ' : '├─ ' })));
    }
  }

  #writeLine({ age, cpuTime, outcome, hasFailed }: Process, line: string, out: OutputBuffer): void {
    const { width } = this.#options;
    const shown = width === undefined ? line : cutText(line, Math.max(width - MARGIN, LEAST));
    const paint = hasFailed ? this.#style.red : undefined;
    out.utf8(`${front(shownDuration(age), shownDuration(cpuTime), outcome, paint)}${shown}\n`);
  }
}
