import { existsSync } from 'node:fs';
import { PrivilegeError, UnsupportedError } from '../bpf/errors.js';
import type { BpfObject } from '../bpf/object.js';
import type { BpfProgram } from '../bpf/program.js';
import { tracepointId } from '../bpf/tracefs.js';
import type { HookWay, ToolDefinition } from './tool.js';

/** Programs of the shared headers, which are attached by those who need them. */
const SHARED = /^(follow|dns|cgroup)_/;

/** What programs can be attached to, by the section's first part: `tp/syscalls/sys_exit_openat`. */
const KINDS = {
  tp: 'tracepoint',
  tracepoint: 'tracepoint',
  raw_tp: 'raw_tp',
  tp_btf: 'tp_btf',
  fentry: 'fentry',
  fexit: 'fentry',
  kprobe: 'kprobe',
  kretprobe: 'kprobe',
  iter: 'iter',
} as const;
export type HookKind = (typeof KINDS)[keyof typeof KINDS];
export const HOOK_KINDS: readonly HookKind[] = [...new Set(Object.values(KINDS))];

/** The kind of hook that a program is for. */
export function hookKind({ section }: Pick<BpfProgram, 'section'>): HookKind | undefined {
  return KINDS[section.split('/')[0] as keyof typeof KINDS];
}

export type Tracepoint = readonly [category: string, name: string];

/** `syscalls/sys_exit_openat` in its parts; those that the kernel has. */
function tracepoints(names: readonly string[]): Tracepoint[] {
  return names
    .map((text) => text.split('/') as [string, string])
    .filter(([category, name]) => tracepointId(category, name) !== undefined);
}

/** How an event is seen in this run. */
export interface HookChoice {
  /** What is seen: a key of the tool's `hooks`. */
  readonly point: string;
  readonly kinds: readonly HookKind[];
  readonly programs: readonly BpfProgram[];
  /** Tracepoints that these are attached to beside those of their sections. */
  readonly also: readonly Tracepoint[];
  readonly caveat: string | undefined;
  /** Why each of the better ways was not taken. */
  readonly refused: readonly Error[];
}

/** What a run can't see on this kernel. */
export interface HookLack {
  readonly point: string;
  /** What that means for the user. */
  readonly without: string;
  readonly refused: readonly Error[];
}

/** What is known about a tool's hooks before they are attached. */
export interface HookPlan {
  readonly choices: readonly HookChoice[];
  readonly lacks: readonly HookLack[];
}

/** Programs that were tried and refused, with what was said. */
export type Refusals = ReadonlyMap<string, Error>;

/** Why the kernel will not take a program, as far as that shows without trying. */
function refusalOf(program: BpfProgram): Error | undefined {
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

/** The programs of a way that can be attached; or why it can't be taken. */
function tryWay(
  object: BpfObject,
  way: HookWay,
  refusals: Refusals,
  kinds: ReadonlySet<HookKind> | undefined,
): BpfProgram[] | Error {
  const programs: BpfProgram[] = [];
  const optional = way.optional ?? [];
  for (const name of [...way.programs, ...optional]) {
    const program = object.programs.get(name);
    if (!program) {
      // Some system calls are not there on every architecture, nor are their programs.
      if (optional.includes(name)) continue;
      throw new UnsupportedError(`${object.name} has no program ${name}`);
    }
    const kind = hookKind(program);
    const refusal =
      kinds && kind && !kinds.has(kind)
        ? new UnsupportedError(`--hooks leaves out ${kind}`)
        : (refusals.get(name) ?? refusalOf(program));
    if (!refusal) programs.push(program);
    else if (!optional.includes(name)) return refusal;
  }
  return programs;
}

/**
 * Chooses for each thing that a tool sees the first way that this kernel has, and keeps all other programs from
 * being loaded: before load. `kinds` leaves only these kinds of hooks. Throws UnsupportedError, or PrivilegeError where
 * rights are all that is missing, when there is no way to see what the tool can't do without.
 */
export function planHooks(
  object: BpfObject,
  hooks: ToolDefinition['hooks'],
  refusals: Refusals = new Map(),
  kinds?: ReadonlySet<HookKind>,
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
    if (!SHARED.test(program.name) && !chosen.has(program)) program.autoload = false;
  }
  return { choices, lacks };
}

function nothingLeft(tool: string, point: string, refused: readonly Error[]): Error {
  const rights = refused.find((error) => error instanceof PrivilegeError);
  if (rights) return rights;
  const reasons = refused.map(({ message }) => message).join('; ');
  return new UnsupportedError(`${tool} has no way to see ${point} on this kernel: ${reasons}`);
}
