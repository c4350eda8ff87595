import { existsSync } from 'node:fs';
import { BtfError, checkBtf } from '../btf/index.js';
import type { Capability } from '../kernel/capabilities.js';
import { ERRNO } from '../kernel/errno.js';
import type { NativeRefusal } from '../native/binding.js';
import { readFile } from '../read-file.js';
import {
  BpfError,
  type LineFinder,
  MapError,
  PrivilegeError,
  ProgramError,
  refused,
  UnsupportedError,
  VerifierError,
} from './errors.js';
import { type MapDeclaration, mapHint } from './map-hint.js';
import { neededCapabilities } from './needed-capabilities.js';
import type { OpenedProgram } from './opened-program.js';
import { readVerifierLog } from './verifier/log.js';
import { KERNEL_BTF, NO_KERNEL_BTF } from './vmlinux.js';

/*
 * Only libbpf's log names the map that the kernel refused, and the program that was refused before verification, such as
 * one for a function that the kernel's BTF lacks: a failed load leaves no state. Causes that concern the whole object, such
 * as a missing extern or another byte order, are quoted by BpfError.
 */
const REFUSED_MAP = /^libbpf: map '([^']+)': failed to create: /m;
const REFUSED_PROGRAM = /^libbpf: prog '([^']+)': /m;
const REFUSED_BY_KERNEL = /^libbpf: prog '([^']+)': BPF program load failed: /m;
/** The verifier's last words on a program that it gave up. Its log is long: since Linux 6.4 one that is cut has its end. */
const TOO_LARGE = /^BPF program is too large/m;
const { E2BIG, EMFILE, ENFILE, ENOSPC, EPERM, ESRCH } = ERRNO;

/** A failed load. */
export interface FailedLoad {
  /** The object's name. */
  readonly name: string;
  readonly errno: number;
  /** The verifier's, if it is the reason. */
  readonly refusal: NativeRefusal | undefined;
  /** Warnings of libbpf. */
  readonly warnings: string;
  /** Finds lines of the source. */
  readonly findLine: (program: string) => LineFinder;
  /** The file of BTF used in place of the kernel's. */
  readonly btf: string | undefined;
  /** Bytes for the log of each program. */
  readonly room: number;
  /** The maps as they were declared and changed. */
  readonly maps: ReadonlyMap<string, MapDeclaration>;
  readonly programs: ReadonlyMap<string, Pick<OpenedProgram, 'type' | 'autoload'>>;
}

/** What the refused program or map needs; where it is not known, what all of them need. */
function neededFor({ refusal, warnings, maps, programs }: FailedLoad): readonly Capability[] {
  const program = refusal && programs.get(refusal.program);
  if (program) return neededCapabilities([program.type]);
  const map = maps.get(REFUSED_MAP.exec(warnings)?.[1] ?? '');
  if (map) return neededCapabilities([], [map.type]);
  const loaded = [...programs.values()].filter(({ autoload }) => autoload);
  return neededCapabilities(
    loaded.map(({ type }) => type),
    [...maps.values()].map(({ type }) => type),
  );
}

/** Throws BtfError unless a file has BTF that libbpf can relocate to: it trusts what it reads. */
export function checkTypesFile(name: string, btf: string): void {
  try {
    checkBtf(readFile(btf));
  } catch (error) {
    throw new BtfError(`cannot load ${name}: no BTF in ${btf}: ${(error as Error).message}`, { cause: error });
  }
}

/** Whether a log is that of the program which was refused: with a log level, programs that were accepted have logs, too. */
export function isOfRefused({ program }: NativeRefusal, warnings: string): boolean {
  return REFUSED_BY_KERNEL.exec(warnings)?.[1] === program;
}

/** Remedies for an object that libbpf does not open. */
const OPEN_HINTS: readonly (readonly [warning: RegExp, hint: string])[] = [
  [
    /failed to find BTF for extern '[^']*'/,
    'programs can call helpers, kernel functions (__ksym) and functions of the object, but none of libc',
  ],
  // BTF is made from debug information.
  [/BTF is required, but is missing/, 'compile it with clang -g'],
];

/** The remedy for an object that libbpf does not open; empty for what its warning says well enough. */
export const openHint = (warnings: string): string => OPEN_HINTS.find(([warning]) => warning.test(warnings))?.[1] ?? '';

/** libbpf gives a perf event array as many entries as there are CPUs. */
function asCreated({ type, keySize, valueSize, maxEntries, flags }: MapDeclaration): MapDeclaration {
  const isSized = type === 'perf_event_array' && maxEntries === 0;
  return { type, keySize, valueSize, maxEntries: isSized ? 1 : maxEntries, flags };
}

/** The error for it: `OpenedObject.load()` lists the classes. */
export function loadError(failed: FailedLoad): Error {
  const { name, errno, refusal, warnings, findLine, btf, room, maps } = failed;
  const operation = `cannot load ${name}`;
  const error = refused(operation, errno, neededFor(failed));
  // Without CAP_BPF the verifier refuses the first thing that needs it: the rights are the reason to name. Programs of types
  // that need another capability do not come so far without it, nor any in a user namespace, unless by a BPF token.
  const isVerified = refusal !== undefined && readVerifierLog(refusal.log).reasons.length > 0;
  const isOfRights =
    error instanceof PrivilegeError
      ? !isVerified || error.missing.includes('CAP_BPF')
      : error.code === 'ERR_SNOOPKIT_PRIVILEGE' && !refusal;
  if (isOfRights) return Object.assign(error, { cause: warnings });
  if (refusal && errno === ENOSPC && !TOO_LARGE.test(refusal.log)) {
    const [message, hint] = [`${operation}: the verifier's log of program ${refusal.program}`, 'raise logSize'];
    return new BpfError(`${message} is longer than ${room} bytes (ENOSPC); ${hint}`, errno, { isWhole: true });
  }
  // What denies a program before the verifier looks at it, such as a security module, says nothing.
  if (refusal && errno === EPERM && !isVerified) return new ProgramError(operation, refusal.program, errno, warnings);
  // The verifier accepted it: only then is a descriptor made.
  if (refusal && (errno === EMFILE || errno === ENFILE)) return new ProgramError(operation, refusal.program, errno, '');
  if (refusal) {
    const reason = errno === ENOSPC ? E2BIG : errno;
    return new VerifierError(refusal.program, reason, refusal.log, warnings, findLine(refusal.program));
  }
  // libbpf looks for types before it creates anything, and only if the object needs them.
  if (btf === undefined && errno === ESRCH && !existsSync(KERNEL_BTF) && warnings.includes('BTF'))
    return new UnsupportedError(`${operation}: ${NO_KERNEL_BTF}`, { cause: warnings, kind: 'btf' });
  const [, map] = REFUSED_MAP.exec(warnings) ?? [];
  if (map) {
    const declared = maps.get(map);
    return new MapError(operation, map, errno, warnings, declared && mapHint(asCreated(declared), errno));
  }
  const [, program] = REFUSED_PROGRAM.exec(warnings) ?? [];
  if (program) return new ProgramError(operation, program, errno, warnings);
  // Without descriptors, libbpf's warning is of kernels without BPF, and of a limit that does not matter.
  const isQuoted = errno !== EMFILE && errno !== ENFILE;
  return new BpfError(operation, errno, { warnings, isQuoted });
}
