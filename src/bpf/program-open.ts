/** Programs that are opened without their object. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { NotFoundError } from '../errors.js';
import { ERRNO } from '../kernel/errno.js';
import { mistake } from '../mistake.js';
import type { NativeProgram } from '../native/binding.js';
import { loadBinding } from '../native/load.js';
import { checkInteger, checkOptions, checkText } from './arguments.js';
import { BpfError, check } from './errors.js';
import { pinError } from './pin.js';
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

const { EINVAL, ENOENT } = ERRNO;

export function openProgramById(id: number): NativeProgram {
  checkInteger('id', id, 1);
  const result = loadBinding().openProgramById(id);
  if (result === -ENOENT) throw new NotFoundError('program', String(id), `no program has the id ${id}`);
  return check(result, `cannot open the program with the id ${id}`, ['CAP_SYS_ADMIN']);
}

export function openPinnedProgram(path: string): NativeProgram {
  checkText('path', path);
  const result = loadBinding().openPinnedProgram(path);
  if (result === -ENOENT && existsSync(dirname(path)))
    throw new NotFoundError('pin', path, `nothing is pinned at ${path}`);
  if (result === -EINVAL)
    throw new BpfError(`cannot open ${path}: what is pinned there is not a program`, EINVAL, { isWhole: true });
  if (typeof result === 'number') throw pinError(`cannot open the program pinned at ${path}`, path, -result);
  return result;
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
