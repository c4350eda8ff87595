import { closeSync, readSync } from 'node:fs';
import { PrivilegeError } from '../bpf/errors.js';
import type { BpfLink } from '../bpf/link.js';
import type { BpfObject } from '../bpf/object.js';
import type { BpfProgram } from '../bpf/program.js';
import { RingBuffer } from '../bpf/ring-buffer.js';
import { layoutOf, memberOf } from '../btf/index.js';
import type { FeatureRun } from './features/feature.js';
import { featuresOf } from './features/features.js';
import { type HookKind, type HookPlan, hookKind, planHooks } from './hooks.js';
import { loadWithRing } from './ring.js';
import type { ToolDefinition } from './tool.js';

/** An attached tool. Close the ring before the object. */
export interface Attached extends HookPlan {
  readonly object: BpfObject;
  readonly ring: RingBuffer;
}

export interface AttachOptions extends FeatureRun {
  /** Bytes. */
  readonly bufferSize: number;
  /** Allowed kinds of hooks (default: all). */
  readonly hooks?: ReadonlySet<HookKind> | undefined;
  /** Fills further maps, after load and before anything is attached. */
  readonly fill?: (object: BpfObject) => void;
  /** Programs to load without attaching them (default: none). */
  readonly spares?: (program: BpfProgram) => boolean;
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
 * Loads and attaches a tool. A kernel may refuse a hook that it seems to have, such as fentry where it is disabled, or an
 * inlined function. Then the object is reopened, since libbpf loads an object only once, and the tool's next alternative is
 * tried. The tool's own flags are set in `first` and in the objects from `reopen`. Throws the error of the last
 * alternative; a PrivilegeError is thrown at once.
 */
export function attachTool(
  tool: ToolDefinition,
  first: BpfObject,
  reopen: () => BpfObject,
  options: AttachOptions,
): Attached {
  const { bufferSize, hooks, fill, spares } = options;
  const refusals = new Map<string, Error>();
  for (let object = first; ; object = reopen()) {
    let ring: RingBuffer | undefined;
    try {
      const features = featuresOf(object);
      const own = features.flatMap(({ programs = [] }) => programs);
      const plan = planHooks(object, tool.hooks, { refusals, kinds: hooks, others: own });
      for (const feature of features) feature.configure?.(object, options);
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
      ring = RingBuffer.open(object.maps.need('events'), {
        orderBy: memberOf(layoutOf(object.btf, 'event'), 'time').offset,
      });
      fill?.(object);
      for (const feature of features) feature.start?.(object, options);
      const failed = attachAll(plan, spares);
      if (!failed) {
        for (const feature of features) feature.attached?.(object, options);
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
