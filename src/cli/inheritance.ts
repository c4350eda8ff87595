/**
 * State that this process inherited and Node changed at startup: a traced command must get the original. bin/start.sh
 * records it exactly; if Node was started without that, it is guessed from the parent.
 */
import { fstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { parentOf } from '../kernel/processes.js';

export interface Inheritance {
  /** The soft limit of open files; undefined to leave it unchanged. */
  readonly openFiles: string | undefined;
  /** Signals, bit N - 1 for signal N. */
  readonly ignored: bigint;
  readonly blocked: bigint;
  /** From 3 on. */
  readonly descriptors: readonly number[];
  /** Standard descriptors that were closed, for which Node has opened /dev/null. */
  readonly closed: readonly number[];
  /** Variables changed by a shell in between: NAME=VALUE, or NAME if it was unset. One character per byte. */
  readonly variables: readonly string[];
}

const bitOf = (signal: 'SIGHUP' | 'SIGINT' | 'SIGQUIT' | 'SIGTTOU') => 1n << BigInt(constants.signals[signal] - 1);

const list = (text: string) => (text === '-' ? [] : text.split(','));

/** The state recorded by bin/start.sh with src/native/inherited.c; undefined if it was recorded for another process. */
function parseInheritance(text: string): Inheritance | undefined {
  const [pid, openFiles, ignored, blocked, descriptors = '-', variables = '-'] = text.split(' ');
  if (pid !== String(process.pid)) return undefined;
  const open = list(descriptors).map(Number);
  return {
    openFiles,
    ignored: BigInt(`0x${ignored}`),
    blocked: BigInt(`0x${blocked}`),
    descriptors: open.filter((fd) => fd > 2),
    closed: [0, 1, 2].filter((fd) => !open.includes(fd)),
    variables: list(variables).map((hex) => Buffer.from(hex, 'hex').toString('latin1')),
  };
}

function field(pid: number, file: 'status' | 'limits', pattern: RegExp): string | undefined {
  try {
    return pattern.exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

const nameOf = (pid: number) => field(pid, 'status', /^Name:\t(.*)$/m) ?? '';

/** The process that started us, skipping sudo and the like, whose own limits differ from those they set. */
function starter(): number {
  let pid = process.ppid;
  while (/^(sudo|doas|su)$/.test(nameOf(pid))) pid = parentOf(pid) ?? 0;
  return pid;
}

function guessOpenFiles(pid: number): string | undefined {
  const limit = (whose: number, which: RegExp) => field(whose, 'limits', which);
  const hard = /^Max open files +\S+ +(\S+)/m;
  const isAlike = limit(pid, hard) === limit(process.pid, hard);
  return isAlike ? limit(pid, /^Max open files +(\d+)/m) : undefined;
}

/**
 * A script's shell ignores the same signals as its commands. An interactive shell or another program may ignore more.
 */
function guessIgnored(pid: number): bigint {
  let all = BigInt(`0x${field(pid, 'status', /^SigIgn:\t(\w+)$/m) ?? 0}`);
  // Bash itself always ignores SIGQUIT; its caller rarely does so without ignoring SIGINT.
  if ((all & bitOf('SIGINT')) === 0n) all &= ~bitOf('SIGQUIT');
  const isScript = /^(ba|da|k|mk|z)?sh$/.test(nameOf(pid)) && (all & bitOf('SIGTTOU')) === 0n;
  // Shells set this variable to the program that they execute.
  const byNohup = /(^|\/)nohup$/.test(process.env._ ?? '') ? bitOf('SIGHUP') : 0n;
  return (isScript ? all : all & bitOf('SIGHUP')) | byNohup;
}

/** Open descriptors, without Node's own: those without a file, and pipes with both ends here. */
function guessDescriptors(): number[] {
  try {
    const open = readdirSync('/proc/self/fd').flatMap((entry) => {
      try {
        return [{ fd: Number(entry), file: readlinkSync(`/proc/self/fd/${entry}`) }];
      } catch {
        return [];
      }
    });
    const isPair = (file: string) => file.startsWith('pipe:') && open.filter((one) => one.file === file).length > 1;
    const others = open.filter(({ fd, file }) => fd > 2 && !file.startsWith('anon_inode:') && !isPair(file));
    return others.map(({ fd }) => fd);
  } catch {
    return [];
  }
}

function guess(): Inheritance {
  const pid = starter();
  const [openFiles, ignored, descriptors] = [guessOpenFiles(pid), guessIgnored(pid), guessDescriptors()];
  return { openFiles, ignored, blocked: 0n, descriptors, closed: [], variables: [] };
}

let known: Inheritance | undefined;

/** Called at startup, before there are descriptors of our own, with the recorded state, if any. */
export function setInheritance(told: string | undefined): void {
  known = told === undefined ? undefined : parseInheritance(told);
  if (process.argv.includes('--')) inheritance();
}

export function inheritance(): Inheritance {
  known ??= guess();
  return known;
}

/** Whether SIGHUP is ignored, as set by nohup(1). */
export function ignoresHangups(): boolean {
  return (inheritance().ignored & bitOf('SIGHUP')) !== 0n;
}

/** Descriptors that are still open. */
export function inheritedDescriptors(): number[] {
  return inheritance().descriptors.filter((fd) => {
    try {
      fstatSync(fd);
      return true;
    } catch {
      return false;
    }
  });
}

const nameIn = (variable: string) => variable.split('=', 1)[0] as string;

/** The original environment: process.env has other bytes where a value is not UTF-8. One character per byte. */
function ownEnvironment(): string[] {
  try {
    return readFileSync('/proc/self/environ', 'latin1').split('\0').slice(0, -1);
  } catch {
    const all = Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
    return all.map((variable) => Buffer.from(variable).toString('latin1'));
  }
}

/**
 * The environment of a traced command: ours, plus the differences between `env` and process.env. One character per
 * byte.
 */
export function inheritedEnvironment(env: NodeJS.ProcessEnv = process.env): string[] {
  const changes = Object.entries(env).filter(([name, value]) => value !== process.env[name]);
  const edits = [
    'SNOOPKIT_START',
    ...inheritance().variables,
    ...changes.map(([name, value]) => Buffer.from(`${name}=${value}`).toString('latin1')),
  ];
  const byName = new Map(edits.map((edit) => [nameIn(edit), edit]));
  const kept = ownEnvironment().filter((variable) => !byName.has(nameIn(variable)));
  return [...kept, ...[...byName.values()].filter((edit) => edit.includes('='))];
}
