import { basename } from 'node:path';
import { SnoopkitError } from '../errors.js';
import { type Capability, missingCapabilities } from '../kernel/capabilities.js';
import { ERRNO, errnoName, errnoText } from '../kernel/errno.js';
import { FIRST_USER_NAMESPACE, namespaceOf } from '../kernel/processes.js';
import { hintFor } from './verifier/hints.js';
import { type LoggedInstruction, readVerifierLog, type SourceLine, verifierSummary } from './verifier/log.js';
import { storyOf } from './verifier/story.js';

/** Error codes of libbpf: enum libbpf_errno of bpf/libbpf.h, in that order. */
const LIBBPF_FIRST = 4000;
const LIBBPF_ERRORS = [
  ...['LIBELF', 'FORMAT', 'KVERSION', 'ENDIAN', 'INTERNAL', 'RELOC', 'LOAD', 'VERIFY', 'PROG2BIG', 'KVER', 'PROGTYPE'],
  ...['WRNGPID', 'INVSEQ', 'NLPARSE'],
].map((name) => `LIBBPF_ERRNO__${name}`);

const nameOf = (errno: number) => LIBBPF_ERRORS[errno - LIBBPF_FIRST] ?? errnoName(errno);
const textOf = (errno: number) => LIBBPF_ERRORS[errno - LIBBPF_FIRST] ?? errnoText(errno);

/** The message of netlink beside an errno, as libbpf logs it. */
export const netlinkMessage = (warnings: string): string | undefined =>
  /^libbpf: Kernel error message: (.+)$/m.exec(warnings)?.[1];

/** Never the cause: from Linux 5.11 on this limit does not apply, and before, libbpf also logs what lacks the memory. */
const MEMLOCK = /^libbpf: Failed to bump RLIMIT_MEMLOCK.*\n/;

/** The first warning of libbpf, which states the cause; later ones are consequences. libbpf's EINVAL alone says little. */
function reasonIn(warnings: string): string | undefined {
  const [line = ''] = warnings.replace(MEMLOCK, '').split('\n');
  const reason = netlinkMessage(warnings) ?? line.replace(/^libbpf: (elf: |prog '[^']*': )?/, '');
  return reason.replace(/(: -\d+|\.)$/, '') || undefined;
}

/** Details of an error beside its number. */
interface Details {
  /** Suffix of the error's code (default: BPF). */
  readonly kind?: string;
  /** A remedy for the user. */
  readonly hint?: string;
  /** libbpf's warnings: the error's `cause`. */
  readonly warnings?: string;
  /** Whether the message quotes the first of them (default), rather than only the error's number. */
  readonly isQuoted?: boolean;
  /** Whether the operation is the whole message. */
  readonly isWhole?: boolean;
}

/** The kernel or libbpf refused an operation: thrown by all methods of the library that talk to either. */
export class BpfError extends SnoopkitError {
  /** The error's name, such as `EPERM`, or one of libbpf's own, such as `LIBBPF_ERRNO__FORMAT`. */
  readonly errno: string;

  constructor(operation: string, errno: number, details: Details = {}) {
    const { kind = 'BPF', hint, warnings = '', isQuoted = true, isWhole = false } = details;
    const reason = isQuoted ? reasonIn(warnings) : undefined;
    const why = reason === undefined ? textOf(errno) : `${reason} (${nameOf(errno)})`;
    const message = isWhole ? operation : `${operation}: ${why}${hint ? `; ${hint}` : ''}`;
    super(kind, message, warnings === '' ? undefined : { cause: warnings });
    this.errno = nameOf(errno);
  }
}

const { EACCES, EBADF, EPERM } = ERRNO;

/**
 * Use of an object, map, program, link or ring buffer after `close()`, or of an opened object after `load()`. The message
 * says which. `errno` is `EBADF`.
 */
export class ClosedError extends BpfError {
  constructor(message: string) {
    super(message, EBADF, { kind: 'CLOSED', isWhole: true });
  }
}

/** The kernel denied an operation because capabilities are missing; `missing` lists them. */
export class PrivilegeError extends BpfError {
  readonly missing: readonly Capability[];

  constructor(operation: string, errno: number, missing: readonly Capability[]) {
    super(operation, errno, {
      kind: 'PRIVILEGE',
      hint: `missing ${missing.join(', ')}: run as root, for example with sudo`,
    });
    this.missing = missing;
  }
}

/**
 * The kernel lacks a feature, hook or type. Thrown by `BpfProgram.attach()` and its like, `OpenedObject.load()`
 * and `vmlinuxHeader()`. A name that is missing in an object or a file is a NotFoundError.
 */
export class UnsupportedError extends SnoopkitError {
  /** `btf` if it is the kernel's BTF that is missing. */
  readonly kind: string | undefined;

  constructor(message: string, { kind, ...options }: ErrorOptions & { readonly kind?: 'btf' } = {}) {
    super('UNSUPPORTED', message, options);
    this.kind = kind;
  }
}

/** Finds the line of the source of an instruction; the verifier's own text of it helps, where it printed one. */
export type LineFinder = (instruction: number, text: string | undefined) => SourceLine | undefined;

/** `a.bpf.c:12`, without the folder that the compiler was given. */
const placeOf = ({ file, line }: SourceLine) => (file === undefined ? undefined : `${basename(file)}:${line}`);

/**
 * The verifier rejected a program. `log` is its complete log of that program alone, or, of a program that is too large, the
 * end of it. Thrown by `OpenedObject.load()`, as ProgramError and MapError are.
 */
export class VerifierError extends BpfError {
  readonly program: string;
  readonly log: string;
  /** The line of the C source, from the object's BTF or the log; undefined if neither has it. */
  readonly source: SourceLine | undefined;
  /**
   * The instructions that made the value which the verifier rejected, in order, the rejected one last; empty if it named
   * no register.
   */
  readonly story: readonly LoggedInstruction[];
  /** The usual remedy; undefined for a refusal that is not known. */
  readonly hint: string | undefined;

  constructor(program: string, errno: number, log: string, warnings = '', find: LineFinder = () => undefined) {
    const read = readVerifierLog(log);
    const last = read.path.at(-1);
    const source = last && (find(last.index, last.source?.text) ?? last.source);
    const place = source && placeOf(source);
    super(`the verifier rejected program ${program}`, errno, {
      kind: 'VERIFIER',
      hint: `${verifierSummary(log)}${place ? ` at ${place}` : ''}`,
      warnings,
      isQuoted: false,
    });
    this.program = program;
    this.log = log;
    this.source = source;
    this.story = storyOf(read).map((step) => ({ ...step, source: find(step.index, step.source?.text) ?? step.source }));
    this.hint = hintFor(read.reasons);
  }
}

/** The kernel or libbpf, but not the verifier, rejected a program. `program` is its name. */
export class ProgramError extends BpfError {
  readonly program: string;

  constructor(operation: string, program: string, errno: number, warnings: string) {
    super(`${operation}: program ${program} was rejected`, errno, { kind: 'PROGRAM', warnings });
    this.program = program;
  }
}

/** The kernel refused to create a map, usually because of its size. `map` is its name. */
export class MapError extends BpfError {
  readonly map: string;
  /** What is wrong with its declaration, as far as that tells. */
  readonly hint: string | undefined;

  constructor(operation: string, map: string, errno: number, warnings: string, hint?: string) {
    const details = { kind: 'MAP', warnings, isQuoted: false };
    super(`${operation}: the kernel refused map ${map}`, errno, hint === undefined ? details : { ...details, hint });
    this.map = map;
    this.hint = hint;
  }
}

/** Capabilities that every tracing program needs (kernel 5.8): the default of checks. */
const TRACING: readonly Capability[] = ['CAP_BPF', 'CAP_PERFMON'];

/** Capabilities for programs and maps of the network (kernel 5.8). */
export const NETWORKING: readonly Capability[] = [...TRACING, 'CAP_NET_ADMIN'];

/** Root of another user namespace has all capabilities there, which do not count here. */
function isInUserNamespace(): boolean {
  try {
    return namespaceOf('self', 'user') !== FIRST_USER_NAMESPACE;
  } catch {
    return false; // Without /proc.
  }
}

const refusedInNamespace = (operation: string) =>
  new BpfError(operation, EPERM, {
    kind: 'PRIVILEGE',
    hint: 'running in a user namespace, where root has no such privileges: run in the initial user namespace',
  });

/** Throws PrivilegeError, or BpfError in a user namespace, if this process may not trace. */
export function requireTracingRights(): void {
  const missing = missingCapabilities(TRACING);
  if (missing.length > 0) throw new PrivilegeError('cannot trace the kernel', EPERM, missing);
  if (isInUserNamespace()) throw refusedInNamespace('cannot trace the kernel');
}

/**
 * The error of a refused operation: PrivilegeError if it was denied and the process lacks capabilities, and one of the same
 * code if they do not count because of a user namespace.
 */
export function refused(operation: string, errno: number, needs: readonly Capability[] = TRACING): BpfError {
  const isDenied = errno === EPERM || errno === EACCES;
  const missing = isDenied ? missingCapabilities(needs) : [];
  if (missing.length > 0) return new PrivilegeError(operation, errno, missing);
  return errno === EPERM && isInUserNamespace() ? refusedInNamespace(operation) : new BpfError(operation, errno);
}

/** Returns the addon's result, or throws if it is an error. */
export function check<T>(result: T | number, operation: string, needs?: readonly Capability[]): T {
  if (typeof result === 'number' && result < 0) throw refused(operation, -result, needs);
  return result as T;
}
