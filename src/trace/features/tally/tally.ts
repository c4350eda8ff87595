import type { ByName } from '../../../events/by-name.js';
import type { MetricMappings } from '../../../otlp/metrics/metric-mapping.js';

/** Contents of an output: the members of a struct of the BPF source. */
export interface View<Struct extends string = string, Column extends string = string> {
  /** The struct, and its name in the `event` key of the output. */
  readonly event: { readonly struct: Struct; readonly name: string };
  /** The default columns of the table; those that a run does not have are omitted. */
  readonly columns: readonly Column[];
  /** For a failure, a table replaces the first word of column `words` with column `path`, the file that was tried. */
  readonly tried?: { readonly words: Column; readonly path: Column };
  /** Descriptions of its own columns; those of struct event are in src/trace/shared-fields.ts, of struct tally in fields.ts. */
  readonly fields: ByName<Column, string>;
}

/** Names that a tally may use: see Names in src/trace/tool.ts. */
interface TallyNames {
  readonly column: string;
  readonly row: string;
  readonly rowColumn: string;
  readonly flag: string;
}

interface TallyBase<Column extends string> {
  /** The column that rows are sorted by without --sort, largest first. */
  readonly sort: Column;
  /** Columns whose sums are shown above the rows of each interval. */
  readonly sums?: readonly Column[];
  /** OpenTelemetry metrics, by aggregated column: src/otlp/metrics/metric-mapping.ts. */
  readonly metrics?: MetricMappings<Column>;
  /** A report does not reset the rows: they accumulate over the whole run. */
  readonly isTotal?: true;
}

/** A tool that only aggregates: its event is the row. */
interface TallyAlways<Column extends string> extends TallyBase<Column> {
  readonly flag?: undefined;
  /** Default of --interval; without it there is one report, at the end. */
  readonly interval?: string;
  /** Redrawn in place on a terminal, like top(1). */
  readonly isTop?: true;
}

/** A tool that shows events, and aggregates with a flag of its own. */
interface TallyByFlag<Names extends TallyNames>
  extends TallyBase<Names['rowColumn']>,
    View<Names['row'], Names['rowColumn']> {
  /** A key of the tool's `flags`, whose constant makes its programs aggregate instead of sending events. */
  readonly flag: NoInfer<Names['flag']>;
  readonly interval?: undefined;
  readonly isTop?: undefined;
}

/** Aggregates of a tool in the kernel, by TALLY() of src/trace/features/tally/tally.h. */
export type Tally<Names extends TallyNames = TallyNames> = TallyAlways<Names['column']> | TallyByFlag<Names>;
