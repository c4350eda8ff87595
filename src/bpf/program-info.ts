import type { NativeProgram, ObjectDetails } from '../native/binding.js';
import { check } from './errors.js';
import { type ProgramType, programType } from './program-type.js';

/** The kernel's description of a program. */
export interface ProgramInfo {
  readonly id: number;
  readonly type: ProgramType;
  /** At most 15 characters. */
  readonly name: string;
  /** Hash of the program's instructions, in hexadecimal. */
  readonly tag: string;
  /** When it was loaded, in nanoseconds since boot (CLOCK_BOOTTIME). */
  readonly loadTime: bigint;
  /** The user who loaded it. */
  readonly uid: number;
  /** Ids of the maps that it uses. */
  readonly mapIds: readonly number[];
  /**
   * Where the machine code of its functions is, with sizes in bytes, its own first. Empty if there is none, or if the kernel
   * hides addresses (sysctl `kernel.kptr_restrict`, CAP_SYSLOG).
   */
  readonly functions: readonly { readonly address: bigint; readonly size: number }[];
  /** Time and number of runs, while sysctl `kernel.bpf_stats_enabled` is 1. Nanoseconds. */
  readonly runTime: bigint;
  readonly runCount: bigint;
  /** Runs that were skipped: see `BpfProgram.misses`. */
  readonly misses: bigint;
  /** Bytes of machine code; 0 if there is no JIT. */
  readonly jitedSize: number;
  /** Bytes of BPF code as the verifier has left it. */
  readonly translatedSize: number;
  /** Number of instructions that the verifier looked at. Kernel 5.16, 0 before. */
  readonly verifiedInstructions: number;
  /** Bytes that the kernel charges for it (`memlock` of /proc/self/fdinfo); 0 without /proc. */
  readonly memory: number;
}

export function programInfo({ type, tag, ...details }: ObjectDetails[0]): ProgramInfo {
  return { ...details, type: programType(type), tag: Buffer.from(tag).toString('hex') };
}

export function readProgramInfo(native: NativeProgram, name: string): ProgramInfo {
  const details = check(native.info(), `cannot read the description of ${name}`);
  return programInfo({ ...details, memory: native.memory() });
}

/** The program's id; 0 if the listener to libbpf's log has closed it. */
export function idOrZero(native: NativeProgram): number {
  const info = native.info();
  return typeof info === 'number' ? 0 : info.id;
}
