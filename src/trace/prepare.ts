import { existsSync } from 'node:fs';
import { BpfObject, type OpenedObject } from '../bpf/object.js';
import { bootToRealtime } from '../bpf/system.js';
import { SnoopkitError } from '../errors.js';
import type { Column } from '../events/column.js';
import { type EventSchema, eventSchema } from '../events/schema.js';
import { liveContext } from '../live-context.js';
import { requestedFields } from './columns.js';
import { stepsOf } from './features/run-steps.js';
import type { Steps } from './features/steps.js';
import { refuseReportFlags } from './features/tally/report-options.js';
import type { Tally, View } from './features/tally/tally.js';
import type { GivenFlags } from './flags/flag.js';
import { KeptBtf } from './kept-btf.js';
import { kernelBtf } from './kernel-btf.js';
import type { Notices } from './notices.js';
import { objectPath } from './object-path.js';
import type { TraceOptions } from './options.js';
import { availableColumns, flagsInUse, type ToolDefinition, viewInUse } from './tool.js';
import { applyFlags, envNames, type FlagValues, fillFlags, flagValues } from './tool-flags.js';

/** A run before anything is loaded: the tool's object is open, and what it shows is known. */
export interface Prepared {
  readonly tool: ToolDefinition;
  readonly options: TraceOptions;
  readonly object: OpenedObject;
  /** Reopens it in the same way: libbpf loads an object only once. */
  readonly open: () => OpenedObject;
  /** Whether to reopen it after a load that failed, since the BTF kept for it may be bad and is not used again. */
  readonly dropBtf: (error: unknown) => boolean;
  /** Fills maps for the tool's flags: after load. */
  readonly fill: (object: BpfObject) => void;
  /** The tool's flags that are set, or implied by columns. */
  readonly flags: ReadonlySet<string>;
  /** Contents of the run: events, or rows of `tally`. */
  readonly view: View;
  readonly tally: Tally | undefined;
  readonly schema: EventSchema;
  /** The columns that the run can show. */
  readonly columns: readonly Column[];
  /** Steps of the tool's features in this run. */
  readonly steps: readonly Steps[];
  /** Refreshes the context of events: before each batch. */
  readonly refresh: () => void;
}

/** Opens the tool's object and sets the constants of its flags. */
function openObject(tool: ToolDefinition, btf: string | undefined, kept: KeptBtf, flags: FlagValues): OpenedObject {
  const path = objectPath(tool.name);
  if (!existsSync(path)) throw new SnoopkitError('BUILD', `${path} is missing: run make build`);
  const types = btf ?? kept.find(path);
  const trust = btf === undefined ? 'all' : 'object';
  const object = BpfObject.open(path, { name: tool.name, trust, ...(types && { btf: types }) });
  try {
    applyFlags(tool, flags, object);
    return object;
  } catch (error) {
    object.close();
    throw error;
  }
}

/** Opens a tool's object for a run. Close `object` if the run does not start. Throws UsageError for options that it can't have. */
export async function prepare(
  tool: ToolDefinition,
  options: TraceOptions,
  given: GivenFlags,
  { hasCommand, notices }: { readonly hasCommand: boolean; readonly notices: Notices },
): Promise<Prepared> {
  const { label, users, time } = options;
  const steps = await stepsOf(tool, { flags: options.flags, label, warn: notices.warn, hasCommand });
  const btf = options.btf === undefined ? undefined : kernelBtf(options.btf);
  const flags = flagsInUse(tool, given, requestedFields(options.fields), label);
  const { view, tally } = viewInUse(tool, flags);
  if (!tally) refuseReportFlags(tool.tally?.flag, options.flags, label);
  const values = flagValues(tool, flags, given, label);
  const kept = new KeptBtf();
  const open = () => openObject(tool, btf, kept, values);
  const dropBtf = (error: unknown) => kept.drop(error);
  const object = open();
  try {
    const context = Object.assign(
      liveContext(users, btf, envNames(tool, values)),
      ...steps.map((feature) => feature.context),
    );
    const schema = eventSchema(object.btf, view.event.struct, context, time && { time });
    const refresh = () => {
      context.clock.follow(bootToRealtime());
      for (const feature of steps) feature.refresh?.();
    };
    const fill = (loaded: BpfObject) => fillFlags(tool, values, loaded);
    const columns = availableColumns(tool, schema.columns, flags);
    return { tool, options, object, open, dropBtf, fill, flags, view, tally, schema, columns, steps, refresh };
  } catch (error) {
    object.close();
    throw error;
  }
}
