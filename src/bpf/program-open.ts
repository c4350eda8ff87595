/** Programs that are opened without their object. */
import { mistake } from '../mistake.js';
import type { NativeProgram } from '../native/binding.js';
import { checkOptions } from './arguments.js';
import { check } from './errors.js';
import { ATTACH_TYPES, type AttachType, onlyAttachType, type ProgramType, programType } from './program-type.js';

/** Options of BpfProgram.fromPin() and byId(). */
export interface OpenProgramOptions {
  /**
   * The hook that the program was loaded for, which the kernel does not tell: for cgroup programs and those of sockmaps, and
   * to `run()` a tracing program (default: the only one of its type; none).
   */
  attachType?: AttachType;
}

/** What is known of a program without its object. */
export interface ProgramIdentity {
  readonly name: string;
  readonly section: string;
  readonly type: ProgramType;
  readonly attachType: AttachType | undefined;
}

export function checkProgramOptions(options: OpenProgramOptions): void {
  checkOptions(options, ['attachType']);
  const { attachType } = options;
  if (attachType !== undefined && !ATTACH_TYPES.includes(attachType))
    throw mistake('attachType', attachType, ATTACH_TYPES.join(', '));
}

export function identityOf(native: NativeProgram, { attachType }: OpenProgramOptions): ProgramIdentity {
  const info = check(native.info(), 'cannot read the description of a program');
  const type = programType(info.type);
  return { name: info.name || `#${info.id}`, section: '', type, attachType: attachType ?? onlyAttachType(type) };
}
