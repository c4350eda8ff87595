import { SnoopkitError } from '../errors.js';
import { type Capability, missingCapabilities } from '../kernel/capabilities.js';
import { errnoName, errnoText } from '../kernel/errno.js';
import { FIRST_USER_NAMESPACE, namespaceOf } from '../kernel/processes.js';

/** libbpf's own error codes: enum libbpf_errno of bpf/libbpf.h, in that order. */
const LIBBPF_FIRST = 4000;
const LIBBPF_ERRORS = [
  ...['LIBELF', 'FORMAT', 'KVERSION', 'ENDIAN', 'INTERNAL', 'RELOC', 'LOAD', 'VERIFY', 'PROG2BIG', 'KVER', 'PROGTYPE'],
  ...['WRNGPID', 'INVSEQ', 'NLPARSE'],
].map((name) => `LIBBPF_ERRNO__${name}`);

const nameOf = (errno: number) => LIBBPF_ERRORS[errno - LIBBPF_FIRST] ?? errnoName(errno);
const textOf = (errno: number) => LIBBPF_ERRORS[errno - LIBBPF_FIRST] ?? errnoText(errno);

/**
 * The first warning of libbpf, in its words: the cause. Later ones are consequences. Used for what no number says: libbpf's
 * EINVAL stands for many mistakes.
 */
function reasonIn(warnings: string): string | undefined {
  const [line = ''] = warnings.split('\n');
  return line.replace(/^libbpf: (elf: |prog '[^']*': )?/, '').replace(/(: -\d+|\.)$/, '') || undefined;
}

/** Details of an error beside its number. */
interface Details {
  /** Suffix of the error's code (default: BPF). */
  readonly kind?: string;
  /** A remedy for the user. */
  readonly hint?: string;
  /** libbpf's warnings: the error's `cause`. */
  readonly warnings?: string;
  /** Whether the first of them is the reason in the message (default), or the number of the error alone. */
  readonly isQuoted?: boolean;
}

/** The kernel or libbpf refused an operation: thrown by all methods of the library that talk to either. */
export class BpfError extends SnoopkitError {
  /** The error's name, such as `EPERM`, or one of libbpf's own, such as `LIBBPF_ERRNO__FORMAT`. */
  readonly errno: string;

  constructor(operation: string, errno: number, { kind = 'BPF', hint, warnings = '', isQuoted = true }: Details = {}) {
    const reason = isQuoted ? reasonIn(warnings) : undefined;
    const why = reason === undefined ? textOf(errno) : `${reason} (${nameOf(errno)})`;
    super(kind, `${operation}: ${why}${hint ? `; ${hint}` : ''}`, warnings === '' ? undefined : { cause: warnings });
    this.errno = nameOf(errno);
  }
}

/** Capabilities are missing; `missing` lists them. Thrown in place of BpfError if the kernel denied something for that. */
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
 * The kernel lacks a feature, hook or type. Thrown by `BpfProgram.attach()` and its like, `BpfObject.load()` and
 * `vmlinuxHeader()`. A name that is missing in an object or a file is a NotFoundError.
 */
export class UnsupportedError extends SnoopkitError {
  /** `btf` if it is the kernel's BTF that is missing. */
  readonly kind: string | undefined;

  constructor(message: string, { kind, ...options }: ErrorOptions & { readonly kind?: 'btf' } = {}) {
    super('UNSUPPORTED', message, options);
    this.kind = kind;
  }
}

/**
 * The verifier rejected a program. `log` is its complete log of that program alone. Thrown by `BpfObject.load()`, as the
 * next two are.
 */
export class VerifierError extends BpfError {
  readonly program: string;
  readonly log: string;

  constructor(program: string, errno: number, log: string, warnings = '') {
    super(`the verifier rejected program ${program}`, errno, {
      kind: 'VERIFIER',
      hint: verifierSummary(log),
      warnings,
      isQuoted: false,
    });
    this.program = program;
    this.log = log;
  }
}

/** The kernel or libbpf rejected a program, but not the verifier. `program` is its name. */
export class ProgramError extends BpfError {
  readonly program: string;

  constructor(operation: string, program: string, errno: number, warnings: string) {
    super(`${operation}: program ${program} was rejected`, errno, { kind: 'PROGRAM', warnings });
    this.program = program;
  }
}

/** The kernel refused to create a map, mostly because of its size. `map` is its name. */
export class MapError extends BpfError {
  readonly map: string;

  constructor(operation: string, map: string, errno: number, warnings: string) {
    super(`${operation}: the kernel refused map ${map}`, errno, { kind: 'MAP', warnings, isQuoted: false });
    this.map = map;
  }
}

/** The line of a verifier log that gives the reason: the last one that is not statistics. */
export function verifierSummary(log: string): string {
  const lines = log.split('\n').map((line) => line.trim());
  const said = lines.filter((line) => line && !/^(processed \d|verification time|stack depth|--)/.test(line));
  return said.at(-1) ?? 'no reason given';
}

/** Capabilities that every tracing program needs (kernel 5.8); the default for checks. */
const TRACING: readonly Capability[] = ['CAP_BPF', 'CAP_PERFMON'];
const EPERM = 1;

/** Throws PrivilegeError if this process may not trace. Called before anything is tried, so that one line says it all. */
export function requireTracingRights(): void {
  const missing = missingCapabilities(TRACING);
  if (missing.length > 0) throw new PrivilegeError('cannot trace the kernel', EPERM, missing);
  // Root of another user namespace has all capabilities there, which do not count here.
  if (namespaceOf('self', 'user') !== FIRST_USER_NAMESPACE)
    throw new BpfError('cannot trace the kernel', EPERM, {
      kind: 'PRIVILEGE',
      hint: 'running in a user namespace, where root has no such privileges: run in the initial user namespace',
    });
}

/** The error for a refused operation: a PrivilegeError if it was denied and the process lacks capabilities. */
export function refused(operation: string, errno: number, needs: readonly Capability[] = TRACING): BpfError {
  const denied = errnoName(errno) === 'EPERM' || errnoName(errno) === 'EACCES';
  const missing = denied ? missingCapabilities(needs) : [];
  return missing.length > 0 ? new PrivilegeError(operation, errno, missing) : new BpfError(operation, errno);
}

/** Returns the addon's result, or throws if it is an error. */
export function check<T>(result: T | number, operation: string, needs?: readonly Capability[]): T {
  if (typeof result === 'number' && result < 0) throw refused(operation, -result, needs);
  return result as T;
}
