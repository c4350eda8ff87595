import { loadBinding } from '../native/load.js';
import { checkFunction } from './arguments.js';

/** Levels of libbpf's messages. */
export type LogLevel = 'warn' | 'info' | 'debug';
const LEVELS: readonly LogLevel[] = ['warn', 'info', 'debug'];

let listener: ((level: LogLevel, text: string) => void) | undefined;
let captured: string[] | undefined;
/** Texts of all levels. */
let everything: string[] | undefined;
let installed: LogLevel | undefined;

/** Sets libbpf's log level to what the listener needs. */
function install(): void {
  const most = listener || everything ? 'debug' : 'warn';
  if (installed === most) return;
  installed = most;
  loadBinding().setLog((number, text) => {
    const level = LEVELS[number] ?? 'debug';
    if (level === 'warn') captured?.push(text);
    everything?.push(text);
    listener?.(level, text);
  }, LEVELS.indexOf(most));
}

/**
 * Sets the listener to libbpf's log on this thread; undefined for none. Texts end with a newline. Warnings about a failure
 * are also the `cause` of the error that is thrown. Throws UsageError for a listener that is not a function.
 */
export function setLog(receive: ((level: LogLevel, text: string) => void) | undefined): void {
  if (receive !== undefined) checkFunction('listener', receive);
  listener = receive;
  install();
}

/** Runs a call into libbpf. Returns its result and the warnings that libbpf logged meanwhile. */
export function withWarnings<T>(call: () => T): [result: T, warnings: string] {
  install();
  const outer = captured;
  const warnings: string[] = [];
  captured = warnings;
  try {
    return [call(), warnings.join('')];
  } finally {
    captured = outer;
  }
}

/** Runs a call into libbpf. Returns its result and all that libbpf logged meanwhile, details included. */
export function withLog<T>(call: () => T): [result: T, log: string] {
  const texts: string[] = [];
  everything = texts;
  install();
  try {
    return [call(), texts.join('')];
  } finally {
    everything = undefined;
    install();
  }
}

/** Logs the verifier's log of a program in libbpf's format: libbpf does not log buffers of its caller. */
export function logVerifier(program: string, log: string): void {
  listener?.('warn', `libbpf: prog '${program}': -- BEGIN PROG LOAD LOG --\n${log}-- END PROG LOAD LOG --\n`);
}
