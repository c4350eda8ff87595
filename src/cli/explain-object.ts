/** The report of `snoopkit explain` on a BPF object. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { VerifierError } from '../bpf/errors.js';
import { type JitState, jitState } from '../bpf/jit.js';
import { BpfObject, type OpenOptions } from '../bpf/object.js';
import type { OpenedProgram } from '../bpf/opened-program.js';
import type { ProgramInfo } from '../bpf/program-info.js';
import type { Relocation } from '../bpf/relocations.js';
import type { Requirements } from '../bpf/requirements.js';
import { elfSections, elfSymbols } from '../btf/index.js';
import { missingCapabilities } from '../kernel/capabilities.js';

export const INSTRUCTION_SIZE = 8;

/** Why the kernel rejected a program. */
export interface Rejection {
  readonly message: string;
  readonly hint: string | undefined;
  /** The instructions that led to it, with their line of the source. */
  readonly story: readonly { readonly instruction: number; readonly code: string; readonly line: string | undefined }[];
}

export interface ExplainedProgram {
  readonly name: string;
  readonly section: string;
  readonly type: string;
  /** Instructions in the file, without those of functions that it calls. */
  readonly instructions: number;
  /** The kernel's description of it; undefined if it was not loaded, or rejected. */
  readonly info: Pick<ProgramInfo, 'verifiedInstructions' | 'translatedSize' | 'jitedSize'> | undefined;
  readonly rejection: Rejection | undefined;
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
    return { instruction: index, code, line: source && `${place}${source.text}` };
  });
  return { message, hint: error.hint, story };
}

/** Loads one program alone, because the kernel's first refusal ends a load. */
function loadAlone(
  path: string,
  options: OpenOptions,
  name: string,
): Pick<ExplainedProgram, 'info' | 'rejection'> & {
  readonly relocations: readonly Relocation[];
} {
  const opened = BpfObject.open(path, options);
  for (const program of opened.programs.values()) program.autoload = program.name === name;
  // It would stay.
  for (const map of opened.maps.values()) map.pinPath = undefined;
  try {
    using object = opened.load({ relocations: true });
    const { verifiedInstructions, translatedSize, jitedSize } = object.programs.need(name).info();
    const info = { verifiedInstructions, translatedSize, jitedSize };
    return { info, rejection: undefined, relocations: object.relocations };
  } catch (error) {
    return { info: undefined, rejection: rejectionOf(error as Error), relocations: [] };
  }
}

/** Relocations of several programs, each once. */
function distinct(relocations: readonly Relocation[]): Relocation[] {
  const key = ({ kind, target, state }: Relocation) => [kind, target, state].join('\0');
  return [...new Map(relocations.map((relocation) => [key(relocation), relocation])).values()];
}

/**
 * Describes an object, and how this kernel takes each of its programs, if the process may load any. Throws as
 * `BpfObject.open()` does.
 */
export function explainObject(path: string, options: OpenOptions = {}): ExplainedObject {
  using opened = BpfObject.open(path, options);
  const bytes = readFileSync(path);
  const sizes = new Map(elfSymbols(bytes).map(({ name, type, size }) => [type === 'function' ? name : '', size]));
  const license = Buffer.from(elfSections(bytes).get('license')?.bytes ?? [])
    .toString('latin1')
    .replace(/\0.*$/s, '');
  const mayLoad = missingCapabilities(['CAP_BPF']).length === 0;
  const relocations: Relocation[] = [];
  const explained = ({ name, section, type }: OpenedProgram): ExplainedProgram => {
    const program = { name, section, type, instructions: (sizes.get(name) ?? 0) / INSTRUCTION_SIZE };
    if (!mayLoad) return { ...program, info: undefined, rejection: undefined };
    const { relocations: found, ...result } = loadAlone(path, options, name);
    relocations.push(...found);
    return { ...program, ...result };
  };
  const { isEnabled, isHardened } = jitState();
  return {
    object: path,
    license,
    programs: [...opened.programs.values()].map(explained),
    maps: [...opened.maps.values()].map(({ name, type, keySize, valueSize, maxEntries }) => ({
      name,
      type,
      keySize,
      valueSize,
      maxEntries,
    })),
    requirements: opened.requirements(),
    jit: { isEnabled, isHardened },
    relocations: mayLoad ? distinct(relocations) : undefined,
  };
}
