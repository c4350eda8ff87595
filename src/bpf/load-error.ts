import { existsSync, readFileSync } from 'node:fs';
import { Btf, BtfError, readBtfBytes } from '../btf/index.js';
import type { NativeRefusal } from '../native/binding.js';
import { BpfError, MapError, ProgramError, refused, UnsupportedError, VerifierError } from './errors.js';
import { KERNEL_BTF, NO_KERNEL_BTF } from './vmlinux.js';

/*
 * Which map the kernel refused, and which program was refused before the verifier saw it, say for a function that the
 * kernel's BTF lacks, is known from libbpf's log alone: nothing is left of either after a load that failed. The same holds
 * for what concerns the whole object, such as an extern that the kernel lacks or another byte order: BpfError quotes it.
 */
const REFUSED_MAP = /^libbpf: map '([^']+)': failed to create: /m;
const REFUSED_PROGRAM = /^libbpf: prog '([^']+)': /m;
const ESRCH = 3;

/** A failed load. */
export interface FailedLoad {
  /** The object's name. */
  readonly name: string;
  readonly errno: number;
  /** What the verifier says, if it is the reason. */
  readonly refusal: NativeRefusal | undefined;
  /** libbpf's. */
  readonly warnings: string;
  /** The file of BTF that took the place of the kernel's. */
  readonly btf: string | undefined;
}

/** The reason why a file has no BTF to relocate against; undefined if it has. */
function damageOf(btf: string): Error | undefined {
  try {
    Btf.parse(readBtfBytes(readFileSync(btf)));
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** What to throw for it: `BpfObject.load()` lists the classes. */
export function loadError({ name, errno, refusal, warnings, btf }: FailedLoad): Error {
  const operation = `cannot load ${name}`;
  const error = refused(operation, errno);
  // Without rights the verifier refuses the first thing that needs them: the rights are the reason to name.
  if (error.code === 'ERR_SNOOPKIT_PRIVILEGE') return Object.assign(error, { cause: warnings });
  if (refusal) return new VerifierError(refusal.program, errno, refusal.log, warnings);
  // libbpf looks for types before it creates anything, and only if the object needs them.
  if (btf === undefined && errno === ESRCH && !existsSync(KERNEL_BTF) && warnings.includes('BTF'))
    return new UnsupportedError(`${operation}: ${NO_KERNEL_BTF}`, { cause: warnings, kind: 'btf' });
  const [, map] = REFUSED_MAP.exec(warnings) ?? [];
  if (map) return new MapError(operation, map, errno, warnings);
  const [, program] = REFUSED_PROGRAM.exec(warnings) ?? [];
  if (program) return new ProgramError(operation, program, errno, warnings);
  const damage = btf === undefined ? undefined : damageOf(btf);
  if (damage) return new BtfError(`${operation}: no BTF in ${btf}: ${damage.message}`, { cause: damage });
  return new BpfError(operation, errno, { warnings });
}
