import { Chalk, type ChalkInstance } from 'chalk';
import { counted } from '../counted.js';
import { bootTimeOf, type Column, type EventRecord, type ListColumn, type TextColumn } from '../events/column.js';
import { shownDuration } from '../events/kinds/time.js';
import { OutputBuffer } from '../events/output-buffer.js';
import { cutText } from './display.js';
import type { Format } from './format.js';
import { shownList, shownText } from './shown-text.js';

/** A process that has ended. Times are nanoseconds since boot. */
interface Process {
  readonly pid: number;
  readonly creator: number;
  readonly birth: bigint;
  readonly end: bigint;
  /** Time since creation in nanoseconds, as for `cpuTime`, which only threads can make larger. */
  readonly age: number;
  readonly cpuTime: number;
  /** `0`, `exit 2`, `SIGKILL`. */
  readonly outcome: string;
  readonly hasFailed: boolean;
  /** In shell syntax; the process name in parentheses if it executed nothing. */
  readonly command: string;
  readonly children: Process[];
}

/** Widths of the columns before the command, without the blank after each. */
const WIDTHS = { time: 9, cpu: 9, status: 10 };
const MARGIN = Object.values(WIDTHS).reduce((sum, width) => sum + width + 1, 0);
/** Minimum width of a command on a narrow terminal. */
const LEAST = 20;

function front(time: string, cpu: string, status: string, paint = (text: string) => text): string {
  return `${time.padStart(WIDTHS.time)} ${cpu.padStart(WIDTHS.cpu)} ${paint(status.padEnd(WIDTHS.status))} `;
}

/** Adds each process, in order of birth, to its creator's children. Returns those without a known creator. */
function grow(processes: readonly Process[]): Process[] {
  const byPid = new Map<number, Process[]>();
  for (const process of processes) byPid.set(process.pid, [...(byPid.get(process.pid) ?? []), process]);
  const roots: Process[] = [];
  for (const process of processes) {
    // A pid may have been reused: select the process that was alive at the time.
    const creator = byPid
      .get(process.creator)
      ?.find(({ birth, end }) => birth <= process.birth && process.birth <= end);
    (creator?.children ?? roots).push(process);
  }
  return roots;
}

/** Failed processes and their ancestors. */
function failuresOf(processes: readonly Process[]): Set<Process> {
  const failures = new Set<Process>();
  // Children precede their creators.
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
  /** Width of the terminal in columns; undefined without a terminal: nothing is truncated then. */
  readonly width: number | undefined;
  /** Whether to show only failed processes and their ancestors. */
  readonly failed: boolean;
}

/** A tree of processes by creator, written once all have ended: from the events of procsnoop. */
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

  /** Writes a process and its descendants, limited to `shown`. */
  #write(root: Process, shown: ReadonlySet<Process> | undefined, out: OutputBuffer): void {
    const isShown = (process: Process) => !shown || shown.has(process);
    // Not recursive, because the depth is unlimited.
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
