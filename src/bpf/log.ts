import { loadBinding } from '../native/load.js';

export type LogLevel = 'warn' | 'info' | 'debug';
const LEVELS: readonly LogLevel[] = ['warn', 'info', 'debug'];

let listener: ((level: LogLevel, text: string) => void) | undefined;
let captured: string[] | undefined;
let installed: LogLevel | undefined;

/** Has libbpf tell as much as anybody listens to. */
function install(): void {
  const most = listener ? 'debug' : 'warn';
  if (installed === most) return;
  installed = most;
  loadBinding().setLog((number, text) => {
    const level = LEVELS[number] ?? 'debug';
    if (level === 'warn') captured?.push(text);
    listener?.(level, text);
  }, LEVELS.indexOf(most));
}

/**
 * Where libbpf's log of this thread goes; undefined for nowhere. The text ends with a newline. What
 * libbpf says of a failure is in the error thrown, too: the log is for those who want all of it.
 */
export function setLog(receive: ((level: LogLevel, text: string) => void) | undefined): void {
  listener = receive;
  install();
}

/** Runs a call into libbpf and returns, beside its result, what libbpf warned of meanwhile. */
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

/** Logs what the verifier says of a program as libbpf does, which leaves that to us for a buffer of ours. */
export function logVerifier(program: string, log: string): void {
  listener?.('warn', `libbpf: prog '${program}': -- BEGIN PROG LOAD LOG --\n${log}-- END PROG LOAD LOG --\n`);
}
