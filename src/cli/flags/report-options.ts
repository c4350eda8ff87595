import { UsageError } from '../../errors.js';
import type { Column } from '../../events/column.js';
import { isSortable } from '../../events/rows.js';
import { linesPerRow } from '../../output/layout.js';
import type { ReportOptions } from '../../trace/features/tally/report.js';
import type { Tally } from '../../trace/features/tally/tally.js';
import { parseDuration, parseInteger } from '../../trace/values.js';
import { terminalHeight, terminalWidth } from '../terminal.js';

const NAMES = ['sort', 'rows', 'interval', 'by', 'once'] as const;

/** Throws UsageError for report flags without the flag that enables reports. */
export function refuseReportFlags(flag: string | undefined, given: Readonly<Record<string, unknown>>): void {
  const name = NAMES.find((candidate) => given[candidate] !== undefined);
  if (flag !== undefined && name !== undefined) throw new UsageError(`--${name} needs --${flag}`);
}

function sortColumn(name: string, columns: readonly Column[]): Column {
  const sortable = columns.filter(isSortable);
  const column = sortable.find((candidate) => candidate.name === name);
  if (column) return column;
  const names = sortable.map((known) => known.name).join(', ');
  throw new UsageError(`--sort ${name}: not a column to sort by; columns: ${names}`);
}

/** The title, and the line of the cursor below the last one. */
const SCREEN_MARGIN = 2;

/** Number of rows on a screen, below a header with as many lines as a row. */
function roomOnScreen(columns: readonly Column[]): number {
  const lines = linesPerRow(columns, terminalWidth() ?? Number.POSITIVE_INFINITY);
  return Math.max(1, Math.floor((terminalHeight() - SCREEN_MARGIN) / lines) - 1);
}

export interface ReportSurroundings {
  /** A table on a terminal. */
  readonly isForPeople: boolean;
  /** Default in milliseconds, if neither user nor tool sets one. */
  readonly interval: number | undefined;
  /** The columns shown. */
  readonly columns: readonly Column[];
  /** Export interval in milliseconds; undefined without a collector. */
  readonly collector?: number | undefined;
}

/** Checks and converts the flags. Throws UsageError for the first invalid one. */
export function reportOptions(
  tally: Tally,
  columns: readonly Column[],
  given: Readonly<Record<string, unknown>>,
  { isForPeople, interval: usual, columns: shown, collector }: ReportSurroundings,
): ReportOptions {
  const text = (name: (typeof NAMES)[number]) => given[name] as string | undefined;
  const [rows, interval] = [text('rows'), text('interval')];
  const most = rows === undefined ? undefined : parseInteger('--rows', rows, 1);
  const isScreen = tally.isTop === true && isForPeople && process.env.TERM !== 'dumb';
  const period = interval === undefined ? usual : parseDuration('--interval', interval);
  return {
    sort: sortColumn(text('sort') ?? tally.sort, columns),
    sums: columns.filter(({ name }) => tally.sums?.includes(name)),
    room: () => most ?? (isScreen ? roomOnScreen(shown) : Number.POSITIVE_INFINITY),
    interval: period,
    lookInterval: collector !== undefined && collector < (period ?? Number.POSITIVE_INFINITY) ? collector : undefined,
    isOnce: given.once === true,
    isScreen,
    isTotal: tally.isTotal ?? false,
  };
}

/** The columns of --by; undefined if it is not given. Throws UsageError without a collector. */
export function attributesBy(given: Readonly<Record<string, unknown>>, hasCollector: boolean): string[] | undefined {
  if (given.by === undefined) return undefined;
  if (!hasCollector) throw new UsageError('--by needs --output otlp or --otlp');
  return (given.by as string).split(',').map((name) => name.trim());
}
