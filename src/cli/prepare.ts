import { existsSync } from 'node:fs';
import { BpfObject } from '../bpf/object.js';
import { bootToRealtime } from '../bpf/system.js';
import { SnoopkitError, UsageError } from '../errors.js';
import type { Column } from '../events/column.js';
import type { EventContext } from '../events/context.js';
import { type EventSchema, eventSchema } from '../events/schema.js';
import { CgroupPaths } from '../kernel/cgroups.js';
import { FIRST_PID_NAMESPACE, namespaceOf } from '../kernel/processes.js';
import { liveContext } from '../live-context.js';
import type { OtlpRun } from '../otlp/run.js';
import { CsvFormat } from '../output/csv.js';
import type { Format } from '../output/format.js';
import { JsonFormat } from '../output/json.js';
import { ReportTable } from '../output/report-table.js';
import { TableFormat } from '../output/table.js';
import { TeeFormat } from '../output/tee.js';
import { TreeFormat } from '../output/tree.js';
import { chooseColumns, requestedFields, withTried } from '../trace/columns.js';
import type { HostNames } from '../trace/features/dns/host-names.js';
import type { FilterOptions } from '../trace/features/filter/filter-options.js';
import { checkTargets } from '../trace/features/filter/targets.js';
import type { ReportOptions } from '../trace/features/tally/report.js';
import type { View } from '../trace/features/tally/tally.js';
import { kernelBtf } from '../trace/kernel-btf.js';
import { objectPath } from '../trace/object-path.js';
import {
  availableColumns,
  chosenColumns,
  flagsInUse,
  type ToolDefinition,
  usualColumns,
  viewInUse,
} from '../trace/tool.js';
import { applyFlags, envNames, type FlagValues, fillFlags, flagValues } from '../trace/tool-flags.js';
import type { RunOptions } from './flags/options.js';
import { attributesBy, refuseReportFlags, reportOptions } from './flags/report-options.js';
import { say } from './talk.js';
import { isTerminal, terminalWidth, usesColor } from './terminal.js';

/** Everything a run needs that can be prepared without the kernel. */
export interface Prepared {
  readonly object: BpfObject;
  /** Reopens it in the same way: libbpf loads an object only once. */
  readonly open: () => BpfObject;
  /** Fills maps for the tool's flags: after load. */
  readonly fill: (object: BpfObject) => void;
  readonly schema: EventSchema;
  readonly context: EventContext;
  readonly format: Format;
  /** The names of addresses, if requested. */
  readonly names: HostNames | undefined;
  /** Refreshes the context of events: before each batch. */
  readonly refresh: () => void;
  /** Whether cgroups are shown or exported. */
  readonly cgroups: CgroupPaths | undefined;
  /** Report options for aggregates; undefined if events are shown. */
  readonly reports: ReportOptions | undefined;
  /** The OTLP export, if any. */
  readonly otlp: OtlpRun | undefined;
}

/** Optional parts of a run, loaded only on request. */
export interface Extras {
  readonly names: HostNames | undefined;
  readonly otlp: OtlpRun | undefined;
}

/** The column of struct event, and of rows that are grouped by it. */
const CGROUP = 'cgroup';

/** BPF programs see pids of the initial pid namespace; in another one ours would not match. */
function checkPidNamespace({ pids, tids, ppids }: FilterOptions, command: readonly string[]): void {
  if (pids.length + tids.length + ppids.length + command.length === 0) return;
  if (namespaceOf('self', 'pid') === FIRST_PID_NAMESPACE) return;
  throw new UsageError(
    'snoopkit is not in the initial pid namespace, so pids do not match those of the kernel: start the container with --pid=host',
  );
}

function formatOf(
  { event }: View,
  options: RunOptions,
  columns: readonly Column[],
  reports: ReportOptions | undefined,
): Format {
  const useColor = usesColor(options.color && options.out === undefined);
  const width = () => (options.out === undefined && isTerminal() ? terminalWidth() : undefined);
  switch (options.output) {
    case 'json':
      return new JsonFormat(event.name, columns);
    case 'csv':
      return new CsvFormat(columns);
    case 'table':
      if (!reports) return new TableFormat(columns, useColor, width());
      return new ReportTable(columns, {
        useColor,
        hasTitle: reports.interval !== undefined,
        isScreen: reports.isScreen,
        width,
      });
    case 'otlp':
      return new TeeFormat([]);
  }
}

/** With the time, which every record has regardless of the columns. */
function withTime(columns: readonly Column[], all: readonly Column[]): readonly Column[] {
  const times = all.filter((column) => column.kind === 'plain' && column.readTime && !columns.includes(column));
  return [...times.slice(0, 1), ...columns];
}

function treeFormat(columns: readonly Column[], { tree, color, out }: RunOptions): Format {
  const width = out === undefined && isTerminal() ? terminalWidth() : undefined;
  return new TreeFormat(columns, { failed: tree === 'failed', useColor: usesColor(color && out === undefined), width });
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

/** Opens the tool's object and selects the columns. Throws UsageError for unknown columns. */
export function prepare(
  tool: ToolDefinition,
  options: RunOptions,
  given: Readonly<Record<string, unknown>>,
  { names, otlp }: Extras,
): Prepared {
  checkPidNamespace(options.filters, options.command);
  checkTargets(options.filters, say);
  const btf = options.btf === undefined ? undefined : kernelBtf(options.btf);
  const asked = { ...given, ...otlp?.impliedFlags(tool) };
  const flags = flagsInUse(tool, asked, requestedFields(options.fields));
  const values = flagValues(tool, flags, asked);
  const open = () => openObject(tool, btf, values);
  const object = open();
  try {
    const cgroups = new CgroupPaths();
    const context = liveContext(options.users, btf, envNames(tool, values), names, cgroups);
    const { view, tally } = viewInUse(tool, flags);
    const schema = eventSchema(object.btf, view.event.struct, context, options.time && { time: options.time });
    const asksForCgroup = requestedFields(options.fields).includes(CGROUP);
    const available = availableColumns(tool, schema.columns, flags);
    // Rows are grouped by it only on request.
    const all = tally && !otlp && !asksForCgroup ? available.filter(({ name }) => name !== CGROUP) : available;
    const isTable = options.output === 'table';
    const usual = isTable
      ? usualColumns(tool, view, flags, all)
      : all.filter(({ repeats }) => !repeats).map(({ name }) => name);
    const columns = chooseColumns(all, usual, options.fields, options.time !== undefined);
    if (!tally) refuseReportFlags(tool.tally?.flag, given);
    const isForPeople = isTable && options.out === undefined && isTerminal();
    const isOtlp = options.output === 'otlp';
    const reports =
      tally &&
      reportOptions(tally, all, given, {
        isForPeople,
        interval: isOtlp ? otlp?.interval : undefined,
        columns,
        collector: otlp?.interval,
      });
    const shown = isTable ? withTried(columns, all, view) : columns;
    const own = options.tree ? treeFormat(schema.columns, options) : formatOf(view, options, shown, reports);
    const by = attributesBy(given, otlp !== undefined);
    const chosen = chosenColumns(tool, flags, isOtlp ? requestedFields(options.fields) : []);
    const sent = otlp?.format({ tool, view, tally, columns: isOtlp ? withTime(columns, all) : all, all, chosen, by });
    const format = sent ? new TeeFormat([own, sent]) : own;
    const hasCgroups = sent !== undefined || (!options.tree && columns.some(({ name }) => name === CGROUP));
    const refresh = () => {
      context.clock.follow(bootToRealtime());
      names?.read();
    };
    const fill = (loaded: BpfObject) => fillFlags(tool, values, loaded);
    const kept = hasCgroups ? cgroups : undefined;
    return { object, open, fill, schema, context, format, names, cgroups: kept, refresh, reports, otlp };
  } catch (error) {
    object.close();
    throw error;
  }
}
