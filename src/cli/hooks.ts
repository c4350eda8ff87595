import { UnsupportedError } from '../bpf/errors.js';
import type { BpfObject } from '../bpf/object.js';
import type { BpfProgram } from '../bpf/program.js';
import { tracepointId } from '../bpf/tracefs.js';

/** Programs of the shared headers, which are attached by those who need them. */
const SHARED = /^follow_/;

/** What is known about a tool's hooks before they are attached. */
export interface HookPlan {
  readonly programs: readonly BpfProgram[];
  /** Sections that this kernel has not, and that the tool can do without. */
  readonly missing: readonly string[];
}

/**
 * Finds out which hooks of the tool this kernel has, and keeps the programs of the others from being loaded:
 * before load. Throws UnsupportedError when one is missing that the tool needs.
 */
export function planHooks(object: BpfObject, optional: readonly string[]): HookPlan {
  const programs: BpfProgram[] = [];
  const missing: string[] = [];
  for (const program of object.programs.values()) {
    if (SHARED.test(program.name)) continue;
    const [, category, name] = /^tp\/([^/]+)\/(.+)$/.exec(program.section) ?? [];
    if (category && name && tracepointId(category, name) === undefined) {
      if (!optional.includes(program.name)) {
        throw new UnsupportedError(`this kernel has no tracepoint ${category}:${name}, and ${object.name} needs it`);
      }
      program.autoload = false;
      missing.push(program.section);
    } else {
      programs.push(program);
    }
  }
  return { programs, missing };
}
