/** Attaching to functions, tracepoints and events. Arguments are checked before anything is opened. */
import { existsSync } from 'node:fs';
import { NotFoundError, UsageError } from '../errors.js';
import { ERRNO } from '../kernel/errno.js';
import type { NativeProgram } from '../native/binding.js';
import { loadBinding } from '../native/load.js';
import { checkBoolean, checkInteger, checkNumber, checkOptions, checkText } from './arguments.js';
import type { Attachment } from './attachment.js';
import { BpfError, check, UnsupportedError } from './errors.js';
import { tracepointId } from './tracefs.js';

/** Options of programs on functions of the kernel. */
export interface KprobeOptions {
  /** Attach to the function's return (default: for a program of a section `kretprobe` or `uretprobe`). */
  atReturn?: boolean;
}

/** Which process a program on a file is for. */
export interface ProcessOptions {
  /** The process to trace (default: all). */
  pid?: number;
}

/** Options of a program on many functions of a file. */
export interface UprobesOptions extends KprobeOptions, ProcessOptions {}

/** Options of a program on a function of a file. */
export interface UprobeOptions extends UprobesOptions {
  /** Bytes from the symbol, or from the start of the file if there is none. */
  offset?: number;
}

/** An event of perf_event_open(2), on a process, a CPU, or a process on that CPU. */
export interface PerfEventOptions {
  /** `perf_event_attr.type`: 0 for hardware, 1 for software (PERF_TYPE_SOFTWARE). */
  type: number;
  /** `perf_event_attr.config`: with type 1, 0 for the CPU clock. */
  config: number;
  /** Run the program each time the event has occurred this often; of a clock, nanoseconds. */
  samplePeriod?: number;
  /** Run the program about this often a second, in place of `samplePeriod`. */
  frequency?: number;
  /** A process or thread (default: all). */
  pid?: number;
  /** A CPU (default: all; then `pid` is needed). */
  cpu?: number;
}

const MAX_PID = 2 ** 31 - 1;
const ALL = -1;
/** include/uapi/linux/perf_event.h */
const PERF_TYPE_TRACEPOINT = 2;
/** LIBBPF_ERRNO__FORMAT of bpf/libbpf.h */
const LIBBPF_FORMAT = 4001;

function checkPid(pid: number | undefined): number {
  if (pid !== undefined) checkInteger('pid', pid, 1, MAX_PID);
  return pid ?? ALL;
}

export function tracepoint(program: string, category: string, name: string): Attachment {
  checkText('category', category);
  checkText('name', name);
  const where = `tracepoint ${category}:${name}`;
  const id = tracepointId(category, name);
  if (id === undefined) throw new UnsupportedError(`cannot attach ${program}: this kernel does not have ${where}`);
  // One CPU is enough: a program on a tracepoint's event runs wherever it is hit.
  return { where, attach: (native) => native.attachPerfEvent(PERF_TYPE_TRACEPOINT, id, 1, false, ALL, 0) };
}

export function rawTracepoint(name: string): Attachment {
  checkText('name', name);
  return { where: `raw tracepoint ${name}`, attach: (native) => native.attachRawTracepoint(name) };
}

function missingFunction(operation: string, errno: number): Error | undefined {
  if (errno !== ERRNO.ENOENT && errno !== ERRNO.ESRCH) return undefined;
  const reason = existsSync('/sys/bus/event_source/devices/kprobe') ? 'function' : 'kprobes';
  return new UnsupportedError(`${operation}: this kernel has no ${reason === 'function' ? 'such function' : reason}`);
}

/** Whether a program is for the return of a function, by its section. */
const isForReturn = (section: string) => /^[ku]retprobe/.test(section);

export function kprobe(section: string, symbol: string, options: KprobeOptions): Attachment {
  checkText('symbol', symbol);
  checkOptions(options, ['atReturn']);
  const { atReturn = isForReturn(section) } = options;
  checkBoolean('atReturn', atReturn);
  return {
    where: `function ${symbol}`,
    attach: (native) => native.attachKprobe(symbol, atReturn),
    explain: missingFunction,
  };
}

/** A pattern or a list of names, as the addon takes both. */
function functionsOf(functions: string | readonly string[]): {
  pattern: string;
  names: readonly string[];
  all: string;
} {
  if (typeof functions === 'string') {
    checkText('functions', functions);
    return { pattern: functions, names: [], all: functions };
  }
  if (!Array.isArray(functions) || functions.length === 0)
    throw new UsageError('functions: expected a pattern or an array of names');
  // Own properties may hide those of arrays.
  const names = Array.from({ length: functions.length }, (_, i) => functions[i] as string);
  for (const name of names) checkText('function', name);
  return { pattern: '', names, all: names.join(', ') };
}

export function kprobes(section: string, functions: string | readonly string[], options: KprobeOptions): Attachment {
  const { pattern, names, all } = functionsOf(functions);
  checkOptions(options, ['atReturn']);
  const { atReturn = isForReturn(section) } = options;
  checkBoolean('atReturn', atReturn);
  return {
    where: `functions ${all}`,
    attach: (native) => native.attachKprobes(pattern, names, atReturn),
    explain: (operation, errno) =>
      errno === ERRNO.EOPNOTSUPP
        ? new UnsupportedError(`${operation}: this kernel can't attach to several functions at once`)
        : missingFunction(operation, errno),
  };
}

/** The error for a function that is missing in a file, or a file that is missing. */
function missingSymbol(path: string, symbol: string): Attachment['explain'] {
  return (operation, errno) => {
    if (errno === LIBBPF_FORMAT) return new BpfError(`${operation}: it is not an ELF file`, errno, { isWhole: true });
    if (errno !== ERRNO.ENOENT) return undefined;
    // libbpf looks for a path without folders as for a library or a program.
    const missing = path.includes('/') ? 'symbol' : 'file or symbol';
    return (
      missingFile(operation, path) ?? new NotFoundError('symbol', symbol, `${operation}: there is no such ${missing}`)
    );
  };
}

function missingFile(operation: string, path: string): Error | undefined {
  if (path.includes('/') && !existsSync(path))
    return new NotFoundError('file', path, `${operation}: there is no such file`);
  if (!existsSync('/sys/bus/event_source/devices/uprobe'))
    return new UnsupportedError(`${operation}: this kernel has no uprobes`);
  return undefined;
}

function missingUsdt(path: string, provider: string, name: string): Attachment['explain'] {
  return (operation, errno) => {
    // For want of its maps, which libbpf fills.
    if (errno === ERRNO.ESRCH) return new UsageError(`${operation}: the object does not include bpf/usdt.bpf.h`);
    if (errno !== ERRNO.ENOENT) return undefined;
    const probe = `${provider}:${name}`;
    return (
      missingFile(operation, path) ?? new NotFoundError('USDT probe', probe, `${operation}: there is no such probe`)
    );
  };
}

export function uprobe(section: string, path: string, symbol: string, options: UprobeOptions): Attachment {
  checkText('path', path);
  checkText('symbol', symbol);
  checkOptions(options, ['atReturn', 'offset', 'pid']);
  const { atReturn = isForReturn(section), offset = 0, pid } = options;
  checkBoolean('atReturn', atReturn);
  checkInteger('offset', offset, 0, Number.MAX_SAFE_INTEGER);
  const process = checkPid(pid);
  return {
    where: `${symbol || offset} of ${path}`,
    attach: (native) => native.attachUprobe(path, symbol, offset, process, atReturn),
    explain: missingSymbol(path, symbol),
  };
}

export function uprobes(
  section: string,
  path: string,
  functions: string | readonly string[],
  options: UprobesOptions,
): Attachment {
  checkText('path', path);
  const { pattern, names, all } = functionsOf(functions);
  checkOptions(options, ['atReturn', 'pid']);
  const { atReturn = isForReturn(section), pid } = options;
  checkBoolean('atReturn', atReturn);
  const process = checkPid(pid);
  const missing = missingSymbol(path, all);
  return {
    where: `${all} of ${path}`,
    attach: (native) => native.attachUprobes(path, pattern, names, process, atReturn),
    explain: (operation, errno) =>
      errno === ERRNO.ENOSYS
        ? new UnsupportedError(`${operation}: built with a libbpf before 1.3, which cannot attach to several functions`)
        : missing?.(operation, errno),
  };
}

export function usdt(path: string, provider: string, name: string, options: ProcessOptions): Attachment {
  checkText('path', path);
  checkText('provider', provider);
  checkText('name', name);
  checkOptions(options, ['pid']);
  const process = checkPid(options.pid);
  return {
    where: `USDT probe ${provider}:${name} of ${path}`,
    attach: (native) => native.attachUsdt(path, provider, name, process),
    explain: missingUsdt(path, provider, name),
  };
}

/** Explains failures to attach, by the names in the section of a program for functions of a file. */
export function explainSection(section: string): Attachment['explain'] {
  const [, path, symbol] = /^u(?:ret)?probe(?:\.s)?\/([^:]+):([^+]+)/.exec(section) ?? [];
  if (path && symbol) return missingSymbol(path, symbol);
  const [, file, provider, name] = /^usdt(?:\.s)?\/([^:]+):([^:]+):([^:]+)$/.exec(section) ?? [];
  if (file && provider && name) return missingUsdt(file, provider, name);
  return /^k(?:ret)?probe/.test(section) ? missingFunction : undefined;
}

type PerfEvent = Parameters<NativeProgram['attachPerfEvent']>;

/** Checked arguments of perf_event_open(2). */
function eventOf(options: PerfEventOptions): PerfEvent {
  checkOptions(options, ['type', 'config', 'samplePeriod', 'frequency', 'pid', 'cpu']);
  const { type, config, samplePeriod, frequency, pid, cpu } = options;
  checkInteger('type', type);
  checkInteger('config', config, 0, Number.MAX_SAFE_INTEGER);
  if (samplePeriod !== undefined && frequency !== undefined)
    throw new UsageError('perf event: expected either samplePeriod or frequency');
  if (samplePeriod !== undefined) checkInteger('samplePeriod', samplePeriod, 1, Number.MAX_SAFE_INTEGER);
  if (frequency !== undefined) checkNumber('frequency', frequency, 1, 1_000_000);
  const process = checkPid(pid);
  if (cpu !== undefined) checkInteger('cpu', cpu, 0, MAX_PID);
  if (pid === undefined && cpu === undefined) throw new UsageError('perf event: expected pid, cpu or both');
  const period = samplePeriod ?? Math.round(frequency ?? 0);
  return [type, config, period, frequency !== undefined, process, cpu ?? ALL];
}

const nameOf = ([type, config]: PerfEvent) => `perf event ${type}:${config}`;

/**
 * Opens a perf event and returns its descriptor, which the caller closes: for a perf event array, whose programs read it by
 * `bpf_perf_event_read_value()`. With neither `samplePeriod` nor `frequency`, it only counts. Throws BpfError, UsageError.
 */
export function openPerfEvent(options: PerfEventOptions): number {
  const event = eventOf(options);
  return check(loadBinding().openPerfEvent(...event), `cannot open ${nameOf(event)}`);
}

export function perfEvent(options: PerfEventOptions): Attachment {
  const event = eventOf(options);
  const { samplePeriod, frequency, pid } = options;
  if (samplePeriod === undefined && frequency === undefined)
    throw new UsageError('perf event: expected either samplePeriod or frequency');
  const where = nameOf(event);
  return {
    where,
    attach: (native) => native.attachPerfEvent(...event),
    explain: (operation, errno) => {
      if (errno === ERRNO.ESRCH && pid !== undefined)
        return new NotFoundError('process', String(pid), `${operation}: there is no process ${pid}`);
      if (errno === ERRNO.ENODEV || errno === ERRNO.ENOENT)
        return new UnsupportedError(`${operation}: this machine has no such event, or no such CPU`);
      return undefined;
    },
  };
}
