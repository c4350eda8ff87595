import { existsSync } from 'node:fs';
import { PrivilegeError, UnsupportedError } from '../bpf/errors.js';
import type { OpenedObject } from '../bpf/object.js';
import type { OpenedProgram } from '../bpf/opened-program.js';
import { tracepointId } from '../bpf/tracefs.js';
import { NotFoundError, SnoopkitError } from '../errors.js';
import { type HookKind, type HookWay, KINDS } from './hook-point.js';
import type { ToolDefinition } from './tool.js';

/** A program's kind of hook. */
export function hookKind({ section }: Pick<OpenedProgram, 'section'>): HookKind | undefined {
  return KINDS[section.split('/')[0] as keyof typeof KINDS];
}

export type Tracepoint = readonly [category: string, name: string];

/** Splits names such as `syscalls/sys_exit_openat`; leaves out tracepoints that the kernel lacks. */
function tracepoints(names: readonly string[]): Tracepoint[] {
  return names
    .map((text) => text.split('/') as [string, string])
    .filter(([category, name]) => tracepointId(category, name) !== undefined);
}

/** The hook chosen for a hook point in this run. */
export interface HookChoice {
  /** The hook point: a key of the tool's `hooks`. */
  readonly point: string;
  readonly kinds: readonly HookKind[];
  readonly programs: readonly OpenedProgram[];
  /** Additional tracepoints to attach these to. */
  readonly also: readonly Tracepoint[];
  readonly caveat: string | undefined;
  /** Why each of the better hooks was not used. */
  readonly refused: readonly Error[];
}

/** A hook point that is unavailable on this kernel. */
export interface HookLack {
  readonly point: string;
  /** The consequence for the user. */
  readonly without: string;
  readonly refused: readonly Error[];
}

/** A tool's hooks, as planned before attaching. */
export interface HookPlan {
  readonly choices: readonly HookChoice[];
  readonly lacks: readonly HookLack[];
}

/** Programs that the kernel refused, with the error. */
export type Refusals = ReadonlyMap<string, Error>;

/** Why the kernel will refuse a program, as far as that is known before loading it. */
function refusalOf(program: OpenedProgram): Error | undefined {
  const [, category, name] = /^(?:tp|tracepoint)\/([^/]+)\/(.+)$/.exec(program.section) ?? [];
  if (category && name) {
    try {
      if (tracepointId(category, name) !== undefined) return undefined;
    } catch (error) {
      return error as Error;
    }
    return new UnsupportedError(`this kernel has no tracepoint ${category}:${name}`);
  }
  if (hookKind(program) === 'kprobe' && !existsSync('/sys/bus/event_source/devices/kprobe')) {
    return new UnsupportedError('this kernel has no kprobes');
  }
  return undefined;
}

/** Code of the error for hooks that the caller does not allow, rather than the kernel. */
const EXCLUDED = 'HOOK_EXCLUDED';

/** The programs of an alternative, or why it can't be used. */
function tryWay(
  object: OpenedObject,
  way: HookWay,
  refusals: Refusals,
  kinds: ReadonlySet<HookKind> | undefined,
): OpenedProgram[] | Error {
  const programs: OpenedProgram[] = [];
  const optional = way.optional ?? [];
  for (const name of [...way.programs, ...optional]) {
    const program = object.programs.get(name);
    if (!program) {
      // Some system calls, and their programs, do not exist on every architecture.
      if (optional.includes(name)) continue;
      throw new NotFoundError('program', name, `${object.name} has no program ${name}`);
    }
    const kind = hookKind(program);
    const refusal =
      kinds && kind && !kinds.has(kind)
        ? new SnoopkitError(EXCLUDED, `${kind} is excluded`)
        : (refusals.get(name) ?? refusalOf(program));
    if (!refusal) programs.push(program);
    else if (!optional.includes(name)) return refusal;
  }
  return programs;
}

export interface PlanOptions {
  readonly refusals?: Refusals;
  /** Allowed kinds of hooks; undefined for all. */
  readonly kinds?: ReadonlySet<HookKind> | undefined;
  /** Programs that belong to no hook point. */
  readonly others?: readonly string[];
}

/**
 * Chooses the first alternative that this kernel supports for each hook point of a tool, and disables loading of all other
 * programs but `others`. Call it before load. Throws UnsupportedError if the kernel has no hook for a required hook point,
 * SnoopkitError (`ERR_SNOOPKIT_HOOK_EXCLUDED`) if it may have one of an excluded kind, PrivilegeError if privileges are
 * missing, and NotFoundError for a program that the object does not have.
 */
export function planHooks(
  object: OpenedObject,
  hooks: ToolDefinition['hooks'],
  { refusals = new Map(), kinds, others = [] }: PlanOptions = {},
): HookPlan {
  const choices: HookChoice[] = [];
  const lacks: HookLack[] = [];
  for (const [point, { ways, without }] of Object.entries(hooks)) {
    const refused: Error[] = [];
    let choice: HookChoice | undefined;
    for (const way of ways) {
      const programs = tryWay(object, way, refusals, kinds);
      if (programs instanceof Error) {
        refused.push(programs);
        continue;
      }
      const taken = [...new Set(programs.map((program) => hookKind(program)).filter((kind) => kind !== undefined))];
      choice = { point, kinds: taken, programs, also: tracepoints(way.also ?? []), caveat: way.caveat, refused };
      break;
    }
    if (choice) choices.push(choice);
    else if (without !== undefined) lacks.push({ point, without, refused });
    else throw nothingLeft(object.name, point, refused);
  }
  const chosen = new Set(choices.flatMap(({ programs }) => programs));
  for (const program of object.programs.values()) {
    if (!others.includes(program.name) && !chosen.has(program)) program.autoload = false;
  }
  return { choices, lacks };
}

function nothingLeft(tool: string, point: string, refused: readonly Error[]): Error {
  const rights = refused.find((error) => error instanceof PrivilegeError);
  if (rights) return rights;
  const reasons = refused.map(({ message }) => message).join('; ');
  const message = `${tool}: no usable hook for ${point} on this kernel: ${reasons}`;
  const isExcluded = refused.some((error) => error instanceof SnoopkitError && error.code.endsWith(EXCLUDED));
  return isExcluded ? new SnoopkitError(EXCLUDED, message) : new UnsupportedError(message);
}
