import { SnoopkitError } from '../errors.js';
import { type Capability, missingCapabilities } from '../kernel/capabilities.js';
import { errnoName, errnoText } from '../kernel/errno.js';
import { FIRST_USER_NAMESPACE, namespaceOf } from '../kernel/processes.js';

/** Errors of libbpf's own: enum libbpf_errno of bpf/libbpf.h, in that order. */
const LIBBPF_FIRST = 4000;
const LIBBPF_ERRORS = [
  ...['LIBELF', 'FORMAT', 'KVERSION', 'ENDIAN', 'INTERNAL', 'RELOC', 'LOAD', 'VERIFY', 'PROG2BIG', 'KVER', 'PROGTYPE'],
  ...['WRNGPID', 'INVSEQ', 'NLPARSE'],
].map((name) => `LIBBPF_ERRNO__${name}`);

const nameOf = (errno: number) => LIBBPF_ERRORS[errno - LIBBPF_FIRST] ?? errnoName(errno);
const textOf = (errno: number) => LIBBPF_ERRORS[errno - LIBBPF_FIRST] ?? errnoText(errno);

/** What libbpf warned of first, in its words: what follows in its log is what came of that. */
function reasonIn(warnings: string): string | undefined {
  const [line = ''] = warnings.split('\n');
  return line.replace(/^libbpf: (elf: |prog '[^']*': )?/, '').replace(/(: -\d+|\.)$/, '') || undefined;
}

/** What is known of an error beside its number. */
interface Details {
  /** What the error's code ends in; BPF when left out. */
  readonly kind?: string;
  /** What the user can do. */
  readonly hint?: string;
  /** What libbpf warned of: the error's `cause`, and what it is told by. */
  readonly warnings?: string;
}

/** The kernel or libbpf refused an operation. */
export class BpfError extends SnoopkitError {
  /** The error's name, such as `EPERM`, or one of libbpf's own, such as `LIBBPF_ERRNO__FORMAT`. */
  readonly errno: string;

  constructor(operation: string, errno: number, { kind = 'BPF', hint, warnings = '' }: Details = {}) {
    const reason = reasonIn(warnings);
    const why = reason === undefined ? textOf(errno) : `${reason} (${nameOf(errno)})`;
    super(kind, `${operation}: ${why}${hint ? `; ${hint}` : ''}`, warnings === '' ? undefined : { cause: warnings });
    this.errno = nameOf(errno);
  }
}

/** A capability is missing. `missing` names which. */
export class PrivilegeError extends BpfError {
  readonly missing: readonly Capability[];

  constructor(operation: string, errno: number, missing: readonly Capability[]) {
    super(operation, errno, {
      kind: 'PRIVILEGE',
      hint: `missing ${missing.join(', ')}: run it as root, for example with sudo`,
    });
    this.missing = missing;
  }
}

/** This kernel has no such feature, hook or type. */
export class UnsupportedError extends SnoopkitError {
  constructor(message: string, options?: ErrorOptions) {
    super('UNSUPPORTED', message, options);
  }
}

/** The verifier refused a program. `log` is all that it said. */
export class VerifierError extends BpfError {
  readonly program: string;
  readonly log: string;

  constructor(program: string, errno: number, log: string) {
    super(`the kernel's verifier refuses the program ${program}`, errno, {
      kind: 'VERIFIER',
      hint: verifierSummary(log),
    });
    this.program = program;
    this.log = log;
  }
}

/** The kernel or libbpf refused a program, for another reason than the verifier's. `program` is its name. */
export class ProgramError extends BpfError {
  readonly program: string;

  constructor(operation: string, program: string, errno: number, warnings: string) {
    super(`${operation}: the program ${program} is refused`, errno, { kind: 'PROGRAM', warnings });
    this.program = program;
  }
}

/** The kernel refused a map: mostly for its size. `map` is its name. */
export class MapError extends BpfError {
  readonly map: string;

  constructor(operation: string, map: string, errno: number, warnings: string) {
    super(`${operation}: the kernel refuses the map ${map}`, errno, { kind: 'MAP' });
    this.cause = warnings;
    this.map = map;
  }
}

/** The line of a verifier's log that says why: the last one that is not about the verifier's own work. */
export function verifierSummary(log: string): string {
  const lines = log.split('\n').map((line) => line.trim());
  const said = lines.filter((line) => line && !/^(processed \d|verification time|stack depth|--)/.test(line));
  return said.at(-1) ?? 'it gave no reason';
}

/** What every tracing program needs (kernel 5.8), and what is checked when nothing else is said. */
const TRACING: readonly Capability[] = ['CAP_BPF', 'CAP_PERFMON'];
const EPERM = 1;

/** Throws PrivilegeError when this process may not trace: before anything is tried, so that one line says it all. */
export function requireTracingRights(): void {
  const missing = missingCapabilities(TRACING);
  if (missing.length > 0) throw new PrivilegeError('cannot trace the kernel', EPERM, missing);
  // Whoever is root there has all rights, and the kernel gives nothing for them.
  if (namespaceOf('self', 'user') !== FIRST_USER_NAMESPACE)
    throw new BpfError('cannot trace the kernel', EPERM, {
      kind: 'PRIVILEGE',
      hint: 'this is root of a user namespace only: run it outside of that',
    });
}

/** The error for a refused operation: a PrivilegeError when rights were refused that the process does not have. */
export function refused(operation: string, errno: number, needs: readonly Capability[] = TRACING): BpfError {
  const denied = errnoName(errno) === 'EPERM' || errnoName(errno) === 'EACCES';
  const missing = denied ? missingCapabilities(needs) : [];
  return missing.length > 0 ? new PrivilegeError(operation, errno, missing) : new BpfError(operation, errno);
}

/** Passes on what the addon returned, unless it is an error. */
export function check<T>(result: T | number, operation: string, needs?: readonly Capability[]): T {
  if (typeof result === 'number' && result < 0) throw refused(operation, -result, needs);
  return result as T;
}
