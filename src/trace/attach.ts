import { closeSync, readSync } from 'node:fs';
import { PrivilegeError } from '../bpf/errors.js';
import type { BpfLink } from '../bpf/link.js';
import type { BpfObject, OpenedObject } from '../bpf/object.js';
import type { BpfProgram } from '../bpf/program.js';
import { RingBuffer } from '../bpf/ring-buffer.js';
import { layoutOf, memberOf } from '../btf/index.js';
import { featurePrograms } from './features/run-steps.js';
import type { AttachRun, Steps } from './features/steps.js';
import type { HookKind } from './hook-point.js';
import { type HookPlan, hookKind, planHooks } from './hooks.js';
import { loadWithRing } from './ring.js';
import type { ToolDefinition } from './tool.js';

/** An attached tool. Close the ring before the object. */
export interface Attached extends HookPlan {
  readonly object: BpfObject;
  readonly ring: RingBuffer;
}

export interface AttachOptions extends AttachRun {
  /** Steps of the tool's features. */
  readonly steps: readonly Steps[];
  /** Bytes. */
  readonly bufferSize: number;
  /** Allowed kinds of hooks (default: all). */
  readonly hooks?: ReadonlySet<HookKind> | undefined;
  /** Whether to load the object again, reopened, after this error (default: no). */
  readonly isRetried?: (error: unknown) => boolean;
  /** Fills further maps, after load and before anything is attached. */
  readonly fill?: (object: BpfObject) => void;
  /** Programs to load without attaching them (default: none). */
  readonly spares?: (program: Pick<BpfProgram, 'name' | 'section'>) => boolean;
}

/** Runs an iterator program to its end; it stores its results in maps. */
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

/** The program that an error is about, if any. */
const programOf = (error: unknown) => (error as { program?: string }).program;

/** Attaches the planned programs. Returns the program that the kernel refused, with the error. */
function attachAll(
  object: BpfObject,
  { choices }: HookPlan,
  spares: AttachOptions['spares'],
): [program: string, error: Error] | undefined {
  for (const { programs, also } of choices) {
    for (const planned of programs) {
      if (spares?.(planned)) continue;
      try {
        const program = object.programs.need(planned.name);
        const link = program.attach();
        if (hookKind(program) === 'iter') runIterator(link);
        for (const [category, name] of also) program.attachTracepoint(category, name);
      } catch (error) {
        return [planned.name, error as Error];
      }
    }
  }
  return undefined;
}

/**
 * Loads and attaches a tool. A kernel may refuse a hook that it seems to have, such as fentry where it is disabled, or an
 * inlined function. Then the object is reopened, since libbpf loads an object only once, and the tool's next alternative is
 * tried. The tool's own flags are set in `first` and in the objects from `reopen`. Throws the error of the last
 * alternative; a PrivilegeError is thrown at once.
 */
export function attachTool(
  tool: ToolDefinition,
  first: OpenedObject,
  reopen: () => OpenedObject,
  options: AttachOptions,
): Attached {
  const { steps, bufferSize, hooks, isRetried, fill, spares } = options;
  const others = featurePrograms(tool);
  const refusals = new Map<string, Error>();
  for (let opened = first; ; opened = reopen()) {
    let object: BpfObject | undefined;
    let ring: RingBuffer | undefined;
    try {
      const plan = planHooks(opened, tool.hooks, { refusals, kinds: hooks, others });
      for (const feature of steps) feature.configure?.(opened, options);
      const refuse = (program: string | undefined, error: Error) => {
        const isOurs = plan.choices.some(({ programs }) => programs.some(({ name }) => name === program));
        if (program === undefined || !isOurs || error instanceof PrivilegeError) throw error;
        refusals.set(program, error);
      };
      try {
        object = loadWithRing(opened, bufferSize);
      } catch (error) {
        if (isRetried?.(error)) continue;
        refuse(programOf(error), error as Error);
        continue;
      }
      ring = RingBuffer.open(object.maps.need('events'), {
        orderBy: memberOf(layoutOf(object.btf, 'event'), 'time').offset,
      });
      fill?.(object);
      for (const feature of steps) feature.start?.(object, options);
      const failed = attachAll(object, plan, spares);
      if (!failed) {
        for (const feature of steps) feature.attached?.(object, options);
        return { ...plan, object, ring };
      }
      refuse(...failed);
    } catch (error) {
      ring?.close();
      object?.close();
      opened.close();
      throw error;
    }
    ring.close();
    object.close();
  }
}
