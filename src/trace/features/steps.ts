import type { BpfObject, OpenedObject } from '../../bpf/object.js';
import type { EventContext } from '../../events/context.js';
import type { Label } from '../label.js';
import type { SharedValues } from '../options.js';

/** A run before its object is opened. */
export interface RunSetup {
  /** The values of the features' flags. */
  readonly flags: SharedValues;
  /** Names of options in errors. */
  readonly label: Label;
  /** Warns the user, in a line. */
  readonly warn: (line: string) => void;
  readonly hasCommand: boolean;
  /** Time for which events may come after the last traced process has ended, in milliseconds. */
  readonly lingersMs: number;
}

/** A run whose programs are attached. */
export interface AttachRun {
  /** The process that will execute the traced command, if any. */
  readonly launched: number | undefined;
  /** Whether cgroups are shown or exported: then their creation and removal are tracked. */
  readonly hasCgroups: boolean;
}

/**
 * The part of a feature in one run of a tool that has it. If the kernel refuses a program, `configure` and `start` are
 * called again, with another object.
 */
export interface Steps {
  /** Answers to questions of the schema. */
  readonly context?: Partial<EventContext>;
  /** Before load: constants, sizes of maps, and which of its programs are loaded. */
  configure?(object: OpenedObject, run: AttachRun): void;
  /** After load, before the tool's own programs are attached: contents of maps, and its own programs. */
  start?(object: BpfObject, run: AttachRun): void;
  /** After the tool's own programs are attached. */
  attached?(object: BpfObject, run: AttachRun): void;
  /** Before each batch of events is shown, and at each tick. */
  refresh?(): void;
  /** At intervals of a quarter of a second. The result, if any, is why the run ends. */
  tick?(): string | undefined;
  /** After the run. */
  end?(): void;
}

/** Makes the steps of a run; nothing of them is shared with another. Throws UsageError for flags that it cannot have. */
export type MakeSteps = (setup: RunSetup) => Steps | Promise<Steps>;
