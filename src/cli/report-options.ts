import { UsageError } from '../errors.js';
import type { Column } from '../events/column.js';
import { isSortable } from '../events/rows.js';
import { linesPerRow } from '../output/layout.js';
import type { Tally } from './tally.js';
import { terminalHeight, terminalWidth } from './terminal.js';
import { parseDuration, parseInteger } from './values.js';

/** What the flags of src/cli/report-flags.ts ask for. */
export interface ReportOptions {
  readonly sort: Column;
  /** Columns whose sums are told. */
  readonly sums: readonly Column[];
  /** How many rows there is room for: asked for each report. */
  readonly room: () => number;
  /** Milliseconds; undefined for one report at the end. */
  readonly interval: number | undefined;
  /** Milliseconds from one look for others to the next, where reports are rarer; undefined where nobody else looks. */
  readonly lookInterval: number | undefined;
  readonly isOnce: boolean;
  /** Whether each report takes the place of the one before, on a terminal. */
  readonly isScreen: boolean;
  readonly isTotal: boolean;
}

const NAMES = ['sort', 'rows', 'interval', 'by', 'once'] as const;

/** Throws UsageError where flags are given for reports, and there are none without another one. */
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

/** The title, and the line below the last, where the cursor is. */
const SCREEN_MARGIN = 2;

/** How many rows there are on a screen, under a header that has as many lines as each of them. */
function roomOnScreen(columns: readonly Column[]): number {
  const lines = linesPerRow(columns, terminalWidth() ?? Number.POSITIVE_INFINITY);
  return Math.max(1, Math.floor((terminalHeight() - SCREEN_MARGIN) / lines) - 1);
}

export interface ReportSurroundings {
  /** A table on a terminal. */
  readonly isForPeople: boolean;
  /** Milliseconds, where the user says nothing of it, nor the tool. */
  readonly interval: number | undefined;
  /** What is shown, of all columns. */
  readonly columns: readonly Column[];
  /** How often a collector is told, whatever is shown; undefined where there is none. */
  readonly collector?: number | undefined;
}

/** Checks and converts the flags. Throws UsageError for the first that makes no sense. */
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

/** The columns that --by names; undefined where it is not given. Throws UsageError where no collector is told of them. */
export function attributesBy(given: Readonly<Record<string, unknown>>, hasCollector: boolean): string[] | undefined {
  if (given.by === undefined) return undefined;
  if (!hasCollector) throw new UsageError('--by needs --output otlp or --otlp');
  return (given.by as string).split(',').map((name) => name.trim());
}
