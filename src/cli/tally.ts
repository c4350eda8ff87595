import type { MetricMappings } from '../output/otlp/metrics/metric-mapping.js';

/** What outputs show: a struct of the BPF source, member by member. */
export interface View {
  /** The struct, and the name of the kind in the output's `event`. */
  readonly event: { readonly struct: string; readonly name: string };
  /** The table's columns when nothing else is asked for: those of them that there are. */
  readonly columns: readonly string[];
  /** A column of words, of which a table shows the first one as another column has it where the event is a failure: the file that was tried. */
  readonly tried?: { readonly words: string; readonly path: string };
  /** What each column of its own means; those of struct event, or struct tally, are described in src/cli/shared-fields.ts. */
  readonly fields: Readonly<Record<string, string>>;
}

interface TallyBase {
  /** The column that rows are sorted by unless --sort says otherwise: the largest first. */
  readonly sort: string;
  /** Columns whose sums stand above the rows of each interval. */
  readonly sums?: readonly string[];
  /** The metrics that they are for OpenTelemetry, by the column that is added up: src/output/otlp/metrics/metric-mapping.ts. */
  readonly metrics?: MetricMappings;
  /** Rows are not taken away by a report: they go on to grow. */
  readonly isTotal?: true;
}

/** A tool that adds up, and does nothing else: its event is the row. */
interface TallyAlways extends TallyBase {
  readonly flag?: undefined;
  /** As --interval takes it; without it there is one report, at the end. */
  readonly interval?: string;
  /** Shown on a terminal in one place, as top(1) does. */
  readonly isTop?: true;
}

/** A tool that shows events, and adds up where a flag of its own asks for it. */
interface TallyByFlag extends TallyBase, View {
  /** A key of the tool's `flags`, whose constant keeps its programs from sending events. */
  readonly flag: string;
  readonly interval?: undefined;
  readonly isTop?: undefined;
}

/** What a tool adds up in the kernel, by TALLY() of bpf/include/tally.h. */
export type Tally = TallyAlways | TallyByFlag;
