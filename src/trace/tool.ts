import { UsageError } from '../errors.js';
import type { Column } from '../events/column.js';
import type { OtlpMapping } from '../otlp/mapping.js';
import type { FeatureName } from './features/of-tool.js';
import type { Tally, View } from './features/tally/tally.js';
import type { GivenFlags } from './flags/flag.js';
import type { HookPoint } from './hook-point.js';
import type { Label } from './label.js';
import type { Names, ToolFlag } from './tool-flag.js';

export interface Example {
  readonly summary: string;
  /** Arguments after `snoopkit <tool>`, or a complete shell line with `<%= tool %>` in it. */
  readonly command: string;
}

/** A tool as data; with bpf/<name>.bpf.c its complete definition. */
export interface ToolDefinition<N extends Names = Names> extends View<N['event'], N['column']> {
  /** Base name of its files. */
  readonly name: N['name'];
  readonly summary: string;
  readonly description: string;
  readonly flags?: Readonly<Record<N['flag'], ToolFlag<N>>>;
  /** Aggregation in the kernel instead of events: always, or with a flag. */
  readonly tally?: Tally<N>;
  /** The features that it has beside those of every tool (src/trace/features/), a folder each: those whose headers its object includes. */
  readonly features?: readonly FeatureName[];
  /** OpenTelemetry mapping of its events, where the default does not apply. */
  readonly otlp?: OtlpMapping<N['column']>;
  /** Hook points, such as `opens`, with their alternatives. Each program of the object belongs to one alternative. */
  readonly hooks: Readonly<Record<string, HookPoint<N['program']>>>;
  readonly examples: readonly Example[];
  /** Limitations, and output that may be surprising. */
  readonly caveats: readonly string[];
  /** Overhead of tracing. */
  readonly overhead: string;
}

/** The view of a run with these flags; `tally` is undefined for events. */
export function viewInUse(tool: ToolDefinition, set: ReadonlySet<string>): { view: View; tally: Tally | undefined } {
  const { tally } = tool;
  if (tally?.flag === undefined) return { view: tool, tally };
  return set.has(tally.flag) ? { view: tally, tally } : { view: tool, tally: undefined };
}

/** The columns of a run, without those of flags that are not set. */
export function availableColumns(tool: ToolDefinition, all: readonly Column[], set: ReadonlySet<string>): Column[] {
  const gated = new Set<string>();
  for (const [name, flag] of Object.entries(tool.flags ?? {})) {
    if (!set.has(name)) for (const field of flag.fields ?? []) gated.add(field);
  }
  return all.filter((column) => !gated.has(column.name));
}

/** The requested columns: by name, or by their flag. */
export function chosenColumns(tool: ToolDefinition, set: ReadonlySet<string>, fields: readonly string[]): string[] {
  const flags = Object.entries(tool.flags ?? {}).filter(([name]) => set.has(name));
  return [...fields, ...flags.flatMap(([, flag]) => flag.fields ?? [])];
}

/** The flags that are set, or are implied by the columns asked for. Throws UsageError for a column that needs a value. */
export function flagsInUse(
  tool: ToolDefinition,
  given: GivenFlags,
  fields: readonly string[],
  label: Label,
): Set<string> {
  const set = new Set<string>();
  for (const [name, flag] of Object.entries(tool.flags ?? {})) {
    const field = flag.fields?.find((candidate) => fields.includes(candidate));
    if (given[name] !== undefined && given[name] !== false) set.add(name);
    else if (field === undefined) continue;
    else if (flag.takes === undefined) set.add(name);
    else throw new UsageError(`${label('fields')} ${field} needs ${label(name)}`);
  }
  return set;
}

/** The usual columns, with the replacements and additions of flags. */
export function usualColumns(
  tool: ToolDefinition,
  view: View,
  set: ReadonlySet<string>,
  all: readonly Column[],
): string[] {
  const flags = Object.entries(tool.flags ?? {}).flatMap(([name, flag]) => (set.has(name) ? [flag] : []));
  const replaces: Readonly<Record<string, string>> = Object.assign({}, ...flags.map(({ replaces }) => replaces));
  const usual = view.columns.map((column) => replaces[column] ?? column);
  // The last column has unlimited width.
  usual.splice(-1, 0, ...flags.flatMap(({ shows = [] }) => shows));
  return usual.filter((name) => all.some((column) => column.name === name));
}
