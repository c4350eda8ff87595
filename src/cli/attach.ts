import { closeSync, readSync } from 'node:fs';
import { PrivilegeError } from '../bpf/errors.js';
import type { BpfLink } from '../bpf/link.js';
import type { BpfObject } from '../bpf/object.js';
import type { BpfProgram } from '../bpf/program.js';
import { RingBuffer } from '../bpf/ring-buffer.js';
import { bootTime, createThread } from '../bpf/system.js';
import { attachCgroups, configureCgroups } from './cgroup-table.js';
import { applyFilters, configureFilters, forgetEnded } from './filters.js';
import { type HookKind, type HookPlan, hookKind, planHooks } from './hooks.js';
import type { FilterOptions } from './options.js';
import { loadWithRing } from './ring.js';
import { sizeScratch } from './scratch.js';
import type { ToolDefinition } from './tool.js';

/** A tool at work in the kernel. Close the ring before the object. */
export interface Attached extends HookPlan {
  readonly object: BpfObject;
  readonly ring: RingBuffer;
}

export interface AttachOptions {
  readonly filters: FilterOptions;
  /** The process that will execute the traced command, if there is one. */
  readonly launched?: number | undefined;
  /** Bytes. */
  readonly bufferSize: number;
  /** Only these kinds of hooks; all when left out. */
  readonly hooks?: ReadonlySet<HookKind> | undefined;
  /** What else is to be put into the maps: after load, before anything is attached. */
  readonly fill?: (object: BpfObject) => void;
  /** Whether cgroups are shown or sent, so that those are kept in mind that come and go. */
  readonly hasCgroups?: boolean;
  /** Programs that are loaded and not attached; none when left out. */
  readonly spares?: (program: BpfProgram) => boolean;
}

/** struct event of bpf/include/event.h begins with its time. */
const TIME_AT = 0;

/** Runs an iterator program to its end; what it found it has put into maps. */
function runIterator(link: BpfLink): void {
  const fd = link.openIterator();
  try {
    const said = Buffer.alloc(4096);
    while (readSync(fd, said) > 0);
  } finally {
    closeSync(fd);
    link.close();
  }
}

/** The program that an error is about, if it is about one. */
const programOf = (error: unknown) => (error as { program?: string }).program;

/** Attaches what was planned. Returns the program that the kernel refused, and why. */
function attachAll(
  { choices }: HookPlan,
  spares: AttachOptions['spares'],
): [program: string, error: Error] | undefined {
  for (const { programs, also } of choices) {
    for (const program of programs) {
      if (spares?.(program)) continue;
      try {
        const link = program.attach();
        if (hookKind(program) === 'iter') runIterator(link);
        for (const [category, name] of also) program.attachTracepoint(category, name);
      } catch (error) {
        return [program.name, error as Error];
      }
    }
  }
  return undefined;
}

/**
 * Loads a tool and attaches it. A kernel may refuse a hook that it seems to have: fentry where it is switched off,
 * a function that was inlined. Then the object is opened anew, for libbpf loads one only once, and the tool's next way is
 * taken. All but the filters is set in `first`, and in those that `reopen` gives. Throws what the last way was refused for, and
 * PrivilegeError at once.
 */
export function attachTool(
  tool: ToolDefinition,
  first: BpfObject,
  reopen: () => BpfObject,
  options: AttachOptions,
): Attached {
  const { filters, launched, bufferSize, hooks, fill, hasCgroups = false, spares } = options;
  const refusals = new Map<string, Error>();
  for (let object = first; ; object = reopen()) {
    let ring: RingBuffer | undefined;
    try {
      const plan = planHooks(object, tool.hooks, refusals, hooks);
      configureFilters(object, filters);
      configureCgroups(object, hasCgroups);
      sizeScratch(object);
      object.globals.get('tracing_since')?.set(bootTime());
      if (launched !== undefined) object.globals.get('launched_pid')?.set(launched);
      const refuse = (program: string | undefined, error: Error) => {
        const isOurs = plan.choices.some(({ programs }) => programs.some(({ name }) => name === program));
        if (program === undefined || !isOurs || error instanceof PrivilegeError) throw error;
        refusals.set(program, error);
      };
      try {
        loadWithRing(object, bufferSize);
      } catch (error) {
        refuse(programOf(error), error as Error);
        object.close();
        continue;
      }
      ring = RingBuffer.open(object.maps.need('events'), { orderBy: TIME_AT });
      fill?.(object);
      applyFilters(object, filters);
      attachCgroups(object);
      const failed = attachAll(plan, spares);
      if (!failed) {
        forgetEnded(object, filters);
        if (object.programs.get('cpu_clock_seen')) createThread(); // see bpf/include/cpu-clock.h
        return { ...plan, object, ring };
      }
      refuse(...failed);
    } catch (error) {
      ring?.close();
      object.close();
      throw error;
    }
    ring.close();
    object.close();
  }
}
