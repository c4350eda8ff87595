import { NotFoundError, UsageError } from '../errors.js';
import { ERRNO } from '../kernel/errno.js';
import { shown } from '../mistake.js';
import type { NativeObject, NativeProgramInfo } from '../native/binding.js';
import { checkBoolean, checkInstance, checkText } from './arguments.js';
import { check } from './errors.js';
import type { Lifetime } from './lifetime.js';
import { withWarnings } from './log.js';
import { BpfProgram } from './program.js';
import {
  ATTACH_TYPES,
  type AttachType,
  expectedType,
  PROGRAM_TYPES,
  type ProgramType,
  programType,
} from './program-type.js';

/**
 * A program of an object that is not loaded yet. Setters throw ClosedError after `load()`, and UsageError for a value of
 * another type.
 */
export class OpenedProgram {
  readonly name: string;
  /** Its ELF section, which names the default hook: `tp/syscalls/sys_exit_openat`. */
  readonly section: string;
  readonly #native: NativeObject;
  readonly #object: Lifetime;
  #autoload: boolean;
  #type: ProgramType;
  #attachType: AttachType | undefined;

  /** @internal Made by `BpfObject.open()`. */
  constructor(native: NativeObject, object: Lifetime, info: NativeProgramInfo) {
    this.#native = native;
    this.#object = object;
    this.name = info.name;
    this.section = info.section;
    this.#type = programType(info.type);
    this.#attachType = expectedType(this.#type, info.attachType);
    this.#autoload = info.autoload;
  }

  /** Whether `load()` loads this program. True by default, except for sections that begin with `?`. */
  get autoload(): boolean {
    return this.#autoload;
  }

  set autoload(load: boolean) {
    this.#object.check();
    checkBoolean('autoload', load);
    check(this.#native.setAutoload(this.name, load), `cannot change autoload of ${this.name}`);
    this.#autoload = load;
  }

  /** By the section; `unspec` if libbpf does not know it. */
  get type(): ProgramType {
    return this.#type;
  }

  /** The hook that the program is loaded for, among those of its type; undefined for types that have no choice. */
  get attachType(): AttachType | undefined {
    return this.#attachType;
  }

  /** Sets both, for a section that libbpf does not know. Throws BpfError if libbpf refuses. */
  setType(type: ProgramType, attach?: AttachType): void {
    this.#object.check();
    const number = PROGRAM_TYPES.indexOf(type);
    const attachNumber = attach === undefined ? 0 : ATTACH_TYPES.indexOf(attach);
    if (number < 0) throw new UsageError(`type ${shown(type)}: expected ${PROGRAM_TYPES.join(', ')}`);
    if (attachNumber < 0) throw new UsageError(`attach type ${shown(attach)}: expected ${ATTACH_TYPES.join(', ')}`);
    check(this.#native.setProgramType(this.name, number, attachNumber), `cannot set the type of ${this.name}`);
    this.#type = type;
    this.#attachType = expectedType(type, attachNumber);
  }

  /**
   * Replaces the hook of the section, for tp_btf, fentry, fexit and LSM programs: the name of a tracepoint or kernel
   * function. Throws NotFoundError if the kernel's BTF has no such name, and BpfError if libbpf refuses.
   */
  set attachTarget(target: string) {
    this.#object.check();
    checkText('attachTarget', target);
    this.#setTarget(target, 0, `${this.#isTracepoint() ? 'tracepoint' : 'function'} in the kernel's BTF`);
  }

  /**
   * Names the function of a loaded program that a freplace program takes the place of, or that an fentry or fexit program
   * traces. Throws NotFoundError if that program has no such global function.
   */
  setAttachTarget(target: BpfProgram, name: string): void {
    this.#object.check();
    checkInstance('target', target, BpfProgram);
    checkText('function', name);
    this.#setTarget(name, target.fd, `function in ${target.name}`);
  }

  #isTracepoint(): boolean {
    return this.#attachType === 'trace_raw_tp';
  }

  #setTarget(target: string, of: number, kind: string): void {
    const operation = `cannot set the target of ${this.name} to ${target}`;
    const [result] = withWarnings(() => this.#native.setAttachTarget(this.name, target, of));
    if (result === -ERRNO.ESRCH || result === -ERRNO.ENOENT)
      throw new NotFoundError(kind.replace(/ in .*/, ''), target, `${operation}: there is no such ${kind}`);
    check(result, operation);
  }
}
