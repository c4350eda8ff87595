import { UsageError } from '../../../errors.js';
import type { Column } from '../../../events/column.js';
import { isSortable } from '../../../events/rows.js';
import type { ValuesOf } from '../../flags/flag.js';
import type { Label } from '../../label.js';
import { parseDuration } from '../../values.js';
import { feature } from './feature.js';
import type { ReportOptions } from './report.js';
import type { Tally } from './tally.js';

/** The values of the flags of reports. */
export type ReportFlags = ValuesOf<typeof feature.flags> & ValuesOf<typeof feature.cliFlags>;

/** Throws UsageError for report flags without the flag that enables reports. */
export function refuseReportFlags(flag: string | undefined, given: ReportFlags, label: Label): void {
  const names = Object.keys({ ...feature.flags, ...feature.cliFlags }) as (keyof ReportFlags)[];
  const name = names.find((candidate) => given[candidate] !== undefined);
  if (flag !== undefined && name !== undefined) throw new UsageError(`${label(name)} needs ${label(flag)}`);
}

function sortColumn(name: string, columns: readonly Column[], label: Label): Column {
  const sortable = columns.filter(isSortable);
  const column = sortable.find((candidate) => candidate.name === name);
  if (column) return column;
  const names = sortable.map((known) => known.name).join(', ');
  throw new UsageError(`${label('sort')} ${name}: not a column to sort by; columns: ${names}`);
}

export interface ReportSurroundings {
  /** Number of rows of these columns that fit on a screen; undefined without one. */
  readonly screen: ((columns: readonly Column[]) => number) | undefined;
  /** Default in milliseconds, if neither user nor tool sets one. */
  readonly interval: number | undefined;
  /** The columns shown. */
  readonly columns: readonly Column[];
  /** Export interval in milliseconds; undefined without a collector. */
  readonly collector?: number | undefined;
  readonly label: Label;
}

/** Checks and converts the flags. Throws UsageError for the first invalid one. */
export function reportOptions(
  tally: Tally,
  columns: readonly Column[],
  { sort, rows, interval, once }: ReportFlags,
  { screen, interval: usual, columns: shown, collector, label }: ReportSurroundings,
): ReportOptions {
  const isScreen = tally.isTop === true && screen !== undefined;
  const toolInterval = tally.interval === undefined ? usual : parseDuration(label('interval'), tally.interval);
  const period = interval ?? toolInterval;
  return {
    sort: sortColumn(sort ?? tally.sort, columns, label),
    sums: columns.filter(({ name }) => tally.sums?.includes(name)),
    room: () => rows ?? (isScreen ? screen(shown) : Number.POSITIVE_INFINITY),
    interval: period,
    lookInterval: collector !== undefined && collector < (period ?? Number.POSITIVE_INFINITY) ? collector : undefined,
    isOnce: once ?? false,
    isScreen,
    isTotal: tally.isTotal ?? false,
  };
}
