/** The report of `snoopkit explain` on a BPF object. */
import { basename } from 'node:path';
import { INSTRUCTION_SIZE } from '../bpf/disassembly.js';
import { type BpfError, PrivilegeError, refused, VerifierError } from '../bpf/errors.js';
import { type JitState, jitState } from '../bpf/jit.js';
import { neededCapabilities } from '../bpf/needed-capabilities.js';
import { BpfObject, type OpenOptions } from '../bpf/object.js';
import type { OpenedProgram } from '../bpf/opened-program.js';
import type { BpfProgram } from '../bpf/program.js';
import type { ProgramInstruction } from '../bpf/program-code.js';
import type { ProgramInfo } from '../bpf/program-info.js';
import type { Relocation } from '../bpf/relocations.js';
import type { RequiredFunction, Requirements } from '../bpf/requirements.js';
import { elfSymbols } from '../btf/index.js';
import { suggestion } from '../closest.js';
import { UsageError } from '../errors.js';
import { missingCapabilities } from '../kernel/capabilities.js';
import { ERRNO } from '../kernel/errno.js';
import { shown } from '../mistake.js';
import { readFile } from '../read-file.js';
import { kernelBtf } from '../trace/kernel-btf.js';

/** Code that the report has on request: as the verifier has left it, or as the JIT has compiled it. */
export type Dump = 'translated' | 'machine';

export interface ExplainOptions {
  /** A file with the kernel's BTF. */
  readonly btf?: string | undefined;
  /** Name of the only program to explain. */
  readonly program?: string | undefined;
  readonly dump?: Dump | undefined;
}

/** Code of a program that was asked for: null if the kernel gives none. */
export interface DumpedCode {
  /** After the verifier. */
  readonly translatedCode?: readonly ProgramInstruction[] | null;
  /** In base64. */
  readonly machineCode?: string | null;
}

/** Why the kernel rejected a program. */
export interface Rejection {
  readonly message: string;
  readonly hint: string | undefined;
  /** The instructions that led to it, with their line of the source. */
  readonly story: readonly { readonly instruction: number; readonly code: string; readonly line: string | undefined }[];
}

export interface ExplainedProgram extends DumpedCode {
  readonly name: string;
  readonly section: string;
  readonly type: string;
  /** Instructions in the file, without those of functions that it calls. */
  readonly instructions: number;
  /** The kernel's description of it; undefined if it was not loaded, or rejected. */
  readonly info: Pick<ProgramInfo, 'verifiedInstructions' | 'translatedSize' | 'jitedSize'> | undefined;
  readonly rejection: Rejection | undefined;
  /** For want of which it was not loaded: capabilities, or `the initial user namespace`. */
  readonly missing?: readonly string[];
}

export interface ExplainedObject {
  readonly object: string;
  readonly license: string;
  readonly programs: readonly ExplainedProgram[];
  readonly maps: readonly {
    readonly name: string;
    readonly type: string;
    readonly keySize: number;
    readonly valueSize: number;
    readonly maxEntries: number;
  }[];
  readonly requirements: Requirements;
  readonly jit: Pick<JitState, 'isEnabled' | 'isHardened'>;
  /** Undefined if nothing was loaded. */
  readonly relocations: readonly Relocation[] | undefined;
}

function rejectionOf(error: Error): Rejection {
  const { message } = error;
  if (!(error instanceof VerifierError)) return { message, hint: undefined, story: [] };
  const story = error.story.map(({ index, code, source }) => {
    const place = source?.file === undefined ? '' : `${basename(source.file)}:${source.line}: `;
    return { instruction: index, code, line: source?.text ? `${place}${source.text}` : undefined };
  });
  return { message, hint: error.hint, story };
}

/** The ids of maps are those of a load that ends: their names take their place. */
function dumpOf(program: BpfProgram, dump: Dump | undefined, maps: ReadonlyMap<string, string>): DumpedCode {
  if (dump === 'translated') {
    const named = ({ code, ...rest }: ProgramInstruction): ProgramInstruction => ({
      ...rest,
      code: code.replace(/\bmap\[id:(\d+)\]/, (text, id) => (maps.has(id) ? `map[${maps.get(id)}]` : text)),
    });
    return { translatedCode: program.instructions()?.map(named) ?? null };
  }
  if (dump === undefined) return {};
  const code = program.machineCode();
  return { machineCode: code === undefined ? null : Buffer.from(code).toString('base64') };
}

/** Loads one program alone, because the kernel's first refusal ends a load. */
function loadAlone(
  path: string,
  options: OpenOptions,
  name: string,
  dump: Dump | undefined,
): Pick<ExplainedProgram, 'info' | 'rejection' | 'missing' | keyof DumpedCode> & {
  readonly relocations: readonly Relocation[];
} {
  const opened = BpfObject.open(path, options);
  for (const program of opened.programs.values()) program.autoload = program.name === name;
  // It would stay.
  for (const map of opened.maps.values()) map.pinPath = undefined;
  try {
    using object = opened.load({ relocations: true });
    const program = object.programs.need(name);
    const { verifiedInstructions, translatedSize, jitedSize } = program.info();
    const info = { verifiedInstructions, translatedSize, jitedSize };
    const names = new Map([...object.maps.values()].map(({ id, name: map }) => [`${id}`, map]));
    return { info, rejection: undefined, relocations: object.relocations, ...dumpOf(program, dump, names) };
  } catch (error) {
    if ((error as BpfError).code === 'ERR_SNOOPKIT_PRIVILEGE') {
      const missing = error instanceof PrivilegeError ? error.missing : ['the initial user namespace'];
      return { info: undefined, rejection: undefined, missing, relocations: [] };
    }
    return { info: undefined, rejection: rejectionOf(error as Error), relocations: [] };
  }
}

/** Relocations of several programs, each once. */
function distinct(relocations: readonly Relocation[]): Relocation[] {
  const key = ({ kind, target, state }: Relocation) => [kind, target, state].join('\0');
  return [...new Map(relocations.map((relocation) => [key(relocation), relocation])).values()];
}

/** What one program needs. */
function requirementsOf({ helpers, kfuncs }: Requirements, program: string): Requirements {
  const own = (functions: readonly RequiredFunction[]) =>
    functions.filter(({ programs }) => programs.includes(program)).map((each) => ({ ...each, programs: [program] }));
  return { helpers: own(helpers), kfuncs: own(kfuncs) };
}

/**
 * Describes an object, and how this kernel takes each of its programs, if the process may load any. Throws as
 * `BpfObject.open()` and `kernelBtf()` do, UsageError if it has no program of the name given, and PrivilegeError if code
 * can't be dumped.
 */
export function explainObject(path: string, { btf, program: only, dump }: ExplainOptions = {}): ExplainedObject {
  const options = btf === undefined ? {} : { btf: kernelBtf(btf) };
  using opened = BpfObject.open(path, options);
  if (only !== undefined && !opened.programs.has(only)) {
    const names = [...opened.programs.keys()];
    const known = suggestion(only, names) || `; programs: ${names.join(', ')}`;
    throw new UsageError(`--program ${shown(only)}: no such program${known}`);
  }
  const programs = only === undefined ? [...opened.programs.values()] : [opened.programs.need(only)];
  const bytes = readFile(path);
  const sizes = new Map(elfSymbols(bytes).map(({ name, type, size }) => [type === 'function' ? name : '', size]));
  const missing = missingCapabilities(['CAP_BPF']);
  const mayLoad = missing.length === 0;
  if (dump !== undefined && !mayLoad) throw new PrivilegeError('cannot dump code', ERRNO.EPERM, missing);
  const relocations: Relocation[] = [];
  const explained = ({ name, section, type }: OpenedProgram): ExplainedProgram => {
    const program = { name, section, type, instructions: (sizes.get(name) ?? 0) / INSTRUCTION_SIZE };
    if (!mayLoad) {
      const needed = missingCapabilities(neededCapabilities([type]));
      return { ...program, info: undefined, rejection: undefined, missing: needed };
    }
    const { relocations: found, ...result } = loadAlone(path, options, name, dump);
    relocations.push(...found);
    return { ...program, ...result };
  };
  const { isEnabled, isHardened } = jitState();
  const reports = programs.map(explained);
  const isLoaded = reports.some((report) => !report.missing);
  if (dump !== undefined && reports.length > 0 && !isLoaded) throw refused('cannot dump code', ERRNO.EPERM);
  return {
    object: path,
    license: opened.license,
    programs: reports,
    maps: [...opened.maps.values()].map(({ name, type, keySize, valueSize, maxEntries }) => ({
      name,
      type,
      keySize,
      valueSize,
      maxEntries,
    })),
    requirements: only === undefined ? opened.requirements() : requirementsOf(opened.requirements(), only),
    jit: { isEnabled, isHardened },
    relocations: isLoaded ? distinct(relocations) : undefined,
  };
}
