import { existsSync } from 'node:fs';
import { BpfObject } from '../bpf/object.js';
import { bootToRealtime } from '../bpf/system.js';
import { SnoopkitError, UsageError } from '../errors.js';
import type { Column } from '../events/column.js';
import { type EventSchema, eventSchema } from '../events/schema.js';
import { CgroupPaths } from '../kernel/cgroups.js';
import { FIRST_PID_NAMESPACE, namespaceOf } from '../kernel/processes.js';
import { liveContext } from '../live-context.js';
import { requestedFields } from './columns.js';
import type { HostNames } from './features/dns/host-names.js';
import type { FilterOptions } from './features/filter/filter-options.js';
import { checkTargets } from './features/filter/targets.js';
import type { Tally, View } from './features/tally/tally.js';
import { kernelBtf } from './kernel-btf.js';
import type { Notices } from './notices.js';
import { objectPath } from './object-path.js';
import type { TraceOptions } from './options.js';
import { availableColumns, flagsInUse, type ToolDefinition, viewInUse } from './tool.js';
import { applyFlags, envNames, type FlagValues, fillFlags, flagValues } from './tool-flags.js';

/** Values of a tool's own flags, as given: texts, lists of texts, or booleans. */
export type GivenFlags = Readonly<Record<string, unknown>>;

/** A run before anything is loaded: the tool's object is open, and what it shows is known. */
export interface Prepared {
  readonly tool: ToolDefinition;
  readonly options: TraceOptions;
  readonly object: BpfObject;
  /** Reopens it in the same way: libbpf loads an object only once. */
  readonly open: () => BpfObject;
  /** Fills maps for the tool's flags: after load. */
  readonly fill: (object: BpfObject) => void;
  /** The tool's flags that are set, or implied by columns. */
  readonly flags: ReadonlySet<string>;
  /** What the run shows: events, or rows of `tally`. */
  readonly view: View;
  readonly tally: Tally | undefined;
  readonly schema: EventSchema;
  /** The columns that the run can show. */
  readonly columns: readonly Column[];
  /** The names of addresses, if requested. */
  readonly names: HostNames | undefined;
  readonly cgroups: CgroupPaths;
  /** Refreshes the context of events: before each batch. */
  readonly refresh: () => void;
}

/** BPF programs see pids of the initial pid namespace; in another one ours would not match. */
function checkPidNamespace({ pids, tids, ppids }: FilterOptions, hasCommand: boolean): void {
  if (pids.length + tids.length + ppids.length === 0 && !hasCommand) return;
  if (namespaceOf('self', 'pid') === FIRST_PID_NAMESPACE) return;
  throw new UsageError(
    'snoopkit is not in the initial pid namespace, so pids do not match those of the kernel: start the container with --pid=host',
  );
}

/** Opens the tool's object and sets the constants of its flags. */
function openObject(tool: ToolDefinition, btf: string | undefined, flags: FlagValues): BpfObject {
  const path = objectPath(tool.name);
  if (!existsSync(path)) throw new SnoopkitError('BUILD', `${path} is missing: run make build`);
  const object = BpfObject.open(path, { name: tool.name, ...(btf && { btf }) });
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
  const { filters, label, users, time } = options;
  checkPidNamespace(filters, hasCommand);
  checkTargets(filters, label, notices.tell);
  const btf = options.btf === undefined ? undefined : kernelBtf(options.btf);
  const flags = flagsInUse(tool, given, requestedFields(options.fields), label);
  const values = flagValues(tool, flags, given, label);
  // Loaded only on request.
  const names = filters.ends.dns ? new (await import('./features/dns/host-names.js')).HostNames() : undefined;
  const open = () => openObject(tool, btf, values);
  const object = open();
  try {
    const cgroups = new CgroupPaths();
    const context = liveContext(users, btf, envNames(tool, values), names, cgroups);
    const { view, tally } = viewInUse(tool, flags);
    const schema = eventSchema(object.btf, view.event.struct, context, time && { time });
    const refresh = () => {
      context.clock.follow(bootToRealtime());
      names?.read();
    };
    const fill = (loaded: BpfObject) => fillFlags(tool, values, loaded);
    const columns = availableColumns(tool, schema.columns, flags);
    return { tool, options, object, open, fill, flags, view, tally, schema, columns, names, cgroups, refresh };
  } catch (error) {
    object.close();
    throw error;
  }
}
