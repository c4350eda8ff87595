import type { Column } from '../../../events/column.js';

/** Options of the reports of aggregates. */
export interface ReportOptions {
  readonly sort: Column;
  /** Columns whose sums are shown. */
  readonly sums: readonly Column[];
  /** Number of rows to show: called for each report. */
  readonly room: () => number;
  /** Milliseconds; undefined for one report at the end. */
  readonly interval: number | undefined;
  /** Milliseconds between reads for the collector, if reports are less frequent; otherwise undefined. */
  readonly lookInterval: number | undefined;
  readonly isOnce: boolean;
  /** Whether each report replaces the previous one on a terminal. */
  readonly isScreen: boolean;
  readonly isTotal: boolean;
}
