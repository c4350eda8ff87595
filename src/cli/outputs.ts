/** Outputs of a run: its columns, and the sinks requested on the command line. */
import { isPeerGone } from '../bpf/system.js';
import { UsageError } from '../errors.js';
import type { Column } from '../events/column.js';
import type { OtlpSink } from '../otlp/sink.js';
import { ByteSink } from '../output/byte-sink.js';
import { CsvFormat } from '../output/csv.js';
import { Destination } from '../output/destination.js';
import type { Format } from '../output/format.js';
import { JsonFormat } from '../output/json.js';
import { linesPerRow } from '../output/layout.js';
import { OutputFile } from '../output/output-file.js';
import { ReportTable } from '../output/report-table.js';
import { checkSameForm } from '../output/same-form.js';
import type { Sink } from '../output/sink.js';
import { TableFormat } from '../output/table.js';
import { TreeFormat } from '../output/tree.js';
import { chooseColumns, requestedFields, withTried } from '../trace/columns.js';
import type { ReportOptions } from '../trace/features/tally/report.js';
import { reportOptions } from '../trace/features/tally/report-options.js';
import type { Prepared } from '../trace/prepare.js';
import { chosenColumns, usualColumns } from '../trace/tool.js';
import { flagLabel } from './flags/label.js';
import type { RunOptions } from './flags/options.js';
import { say } from './talk.js';
import { isTerminal, terminalHeight, terminalWidth, usesColor } from './terminal.js';

/** The column of struct event, and of rows grouped by it. */
const CGROUP = 'cgroup';

export interface Outputs {
  readonly sinks: readonly Sink[];
  /** The sink to standard output or a file, if any. */
  readonly bytes: ByteSink | undefined;
  /** Report options for aggregates; undefined if events are shown. */
  readonly reports: ReportOptions | undefined;
  /** Whether cgroups are shown or exported. */
  readonly hasCgroups: boolean;
}

/** Lines for the title and the cursor. */
const SCREEN_MARGIN = 2;

/** Number of rows on a screen, below a header with as many lines as a row. */
function roomOnScreen(columns: readonly Column[]): number {
  const lines = linesPerRow(columns, terminalWidth() ?? Number.POSITIVE_INFINITY);
  return Math.max(1, Math.floor((terminalHeight() - SCREEN_MARGIN) / lines) - 1);
}

/** A table of events, rows or processes. */
function tableFormat(
  { schema, view, columns: all }: Prepared,
  options: RunOptions,
  columns: readonly Column[],
  reports: ReportOptions | undefined,
): Format {
  const useColor = usesColor(options.color && options.out === undefined);
  const width = () => (options.out === undefined && isTerminal() ? terminalWidth() : undefined);
  if (options.tree)
    return new TreeFormat(schema.columns, { failed: options.tree === 'failed', useColor, width: width() });
  const shown = withTried(columns, all, view);
  if (!reports) return new TableFormat(shown, useColor, width());
  return new ReportTable(shown, {
    useColor,
    hasTitle: reports.interval !== undefined,
    isScreen: reports.isScreen,
    width,
  });
}

function formatOf(
  prepared: Prepared,
  options: RunOptions,
  columns: readonly Column[],
  reports: ReportOptions | undefined,
): Format | undefined {
  switch (options.output) {
    case 'json':
      return new JsonFormat(prepared.view.event.name, columns);
    case 'csv':
      return new CsvFormat(columns);
    case 'table':
      return tableFormat(prepared, options, columns, reports);
    case 'otlp':
      return undefined;
  }
}

/** Opens standard output, or the file of --out. */
async function openDestination(
  format: Format,
  { out, file, output }: RunOptions,
  signal: AbortSignal,
): Promise<Destination | undefined> {
  if (out === undefined) return Destination.stdout();
  const opened = await OutputFile.open(out, file, { signal, onWait: say });
  if (!opened) return undefined;
  checkSameForm(opened, output, format);
  return new Destination(opened);
}

/** Adds the time, which every record has regardless of the columns. */
function withTime(columns: readonly Column[], all: readonly Column[]): readonly Column[] {
  const times = all.filter((column) => column.kind === 'plain' && column.readTime && !columns.includes(column));
  return [...times.slice(0, 1), ...columns];
}

/** Selects the columns and sets up the sinks. Throws UsageError for unknown columns, and for flags that do not apply. */
export function outputsOf(prepared: Prepared, options: RunOptions, otlp: OtlpSink | undefined): Outputs {
  const { tool, flags, view, tally } = prepared;
  const [isTable, isOtlp] = [options.output === 'table', options.output === 'otlp'];
  const requested = requestedFields(options.fields);
  // Rows are grouped by it only on request.
  const isGrouped = !tally || otlp !== undefined || requested.includes(CGROUP);
  const all = isGrouped ? prepared.columns : prepared.columns.filter(({ name }) => name !== CGROUP);
  const usual = isTable
    ? usualColumns(tool, view, flags, all)
    : all.filter(({ repeats }) => !repeats).map(({ name }) => name);
  const columns = chooseColumns(all, usual, options.fields, options.time !== undefined);
  const isScreen = isTable && options.out === undefined && isTerminal() && process.env.TERM !== 'dumb';
  const reports =
    tally &&
    reportOptions(tally, all, options.flags, {
      screen: isScreen ? roomOnScreen : undefined,
      interval: isOtlp ? otlp?.interval : undefined,
      columns,
      collector: otlp?.interval,
      label: flagLabel,
    });
  const format = formatOf({ ...prepared, columns: all }, options, columns, reports);
  const bytes =
    format &&
    new ByteSink({
      format,
      open: (signal) => openDestination(format, options, signal),
      isReaderGone: isPeerGone,
    });
  const { by } = options.flags;
  if (by !== undefined && !otlp) throw new UsageError('--by needs --output otlp or --otlp');
  const chosen = chosenColumns(tool, flags, isOtlp ? requested : []);
  otlp?.setView({ tool, view, tally, columns: isOtlp ? withTime(columns, all) : all, all, chosen, by });
  const hasCgroups = otlp !== undefined || (!options.tree && columns.some(({ name }) => name === CGROUP));
  return { sinks: [bytes, otlp].filter((sink) => sink !== undefined), bytes, reports, hasCgroups };
}
