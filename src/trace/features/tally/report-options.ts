import { UsageError } from '../../../errors.js';
import type { Column } from '../../../events/column.js';
import { isSortable } from '../../../events/rows.js';
import type { Label } from '../../label.js';
import { parseDuration, parseInteger } from '../../values.js';
import type { ReportOptions } from './report.js';
import type { Tally } from './tally.js';

const NAMES = ['sort', 'rows', 'interval', 'by', 'once'] as const;

/** Throws UsageError for report flags without the flag that enables reports. */
export function refuseReportFlags(
  flag: string | undefined,
  given: Readonly<Record<string, unknown>>,
  label: Label,
): void {
  const name = NAMES.find((candidate) => given[candidate] !== undefined);
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
  given: Readonly<Record<string, unknown>>,
  { screen, interval: usual, columns: shown, collector, label }: ReportSurroundings,
): ReportOptions {
  const text = (name: (typeof NAMES)[number]) => given[name] as string | undefined;
  const [rows, interval] = [text('rows'), text('interval')];
  const most = rows === undefined ? undefined : parseInteger(label('rows'), rows, 1);
  const isScreen = tally.isTop === true && screen !== undefined;
  const period = interval === undefined ? usual : parseDuration(label('interval'), interval);
  return {
    sort: sortColumn(text('sort') ?? tally.sort, columns, label),
    sums: columns.filter(({ name }) => tally.sums?.includes(name)),
    room: () => most ?? (isScreen ? screen(shown) : Number.POSITIVE_INFINITY),
    interval: period,
    lookInterval: collector !== undefined && collector < (period ?? Number.POSITIVE_INFINITY) ? collector : undefined,
    isOnce: given.once === true,
    isScreen,
    isTotal: tally.isTotal ?? false,
  };
}
