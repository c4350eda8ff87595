import { arch, release } from 'node:os';
import type { Opening } from '../output/format.js';
import type { HookPlan } from './hooks.js';

/** Notices about the hooks in use: unavailable hook points, and all details with -v. */
export function hookReport({ choices, lacks }: HookPlan, verbose: boolean): string[] {
  const lines: string[] = [];
  const refusals = (point: string, refused: readonly Error[]) => {
    for (const { message } of refused) lines.push(`${point}: hook not used: ${message}`);
  };
  if (verbose) {
    for (const { point, kinds, programs, also, caveat, refused } of choices) {
      refusals(point, refused);
      lines.push(`${point}: using ${kinds.join(', ')}${caveat === undefined ? '' : `: ${caveat}`}`);
      for (const { name, section } of programs)
        for (const where of [section, ...also.map((parts) => `tp/${parts.join('/')}`)])
          lines.push(`attached ${name} to ${where}`);
    }
  }
  for (const { point, without, refused } of lacks) {
    if (verbose) refusals(point, refused);
    lines.push(`no hook for ${point} on this kernel: ${without}`);
  }
  return lines;
}

/** The hooks in use, machine-readable. */
export function openingOf(tool: string, { choices, lacks }: HookPlan): Opening {
  return {
    tool,
    kernel: release(),
    arch: arch(),
    hooks: Object.fromEntries(choices.map(({ point, kinds }) => [point, kinds])),
    without: lacks.map(({ without }) => without),
  };
}
