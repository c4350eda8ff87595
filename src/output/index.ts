/**
 * Sinks for `snoopkit/trace` that write as the command line does, to a file or to standard output.
 *
 *     const opens = await trace('opensnoop', {}, { sinks: [jsonLines('opens.json')] });
 *     await opens.ended();
 */
import { ByteSink } from './byte-sink.js';
import { CsvFormat } from './csv.js';
import { Destination } from './destination.js';
import type { Format, Output } from './format.js';
import { JsonFormat } from './json.js';
import { type FileOptions, OutputFile } from './output-file.js';
import { ReportTable } from './report-table.js';
import { checkSameForm } from './same-form.js';
import type { Shown, Sink } from './sink.js';
import { TableFormat } from './table.js';

export type { FileOptions } from './output-file.js';
export { BaseSink, type Shown, type Sink } from './sink.js';

/** Makes a sink for a run, from what it shows. */
export type SinkMaker = (shown: Shown) => Sink;

function byteSink(format: Format, output: Output, path: string | undefined, options: FileOptions): Sink {
  const open = async (signal: AbortSignal) => {
    if (path === undefined) return Destination.stdout();
    const file = await OutputFile.open(path, options, { signal, onWait: () => {} });
    if (!file) return undefined;
    checkSameForm(file, output, format);
    return new Destination(file);
  };
  return new ByteSink({ format, open });
}

/** One JSON object a line, with all columns. */
export function jsonLines(path?: string, options: FileOptions = {}): SinkMaker {
  return ({ view, all }) => byteSink(new JsonFormat(view.event.name, withoutRepeats(all)), 'json', path, options);
}

/** Comma-separated values, with all columns and a header. */
export function csv(path?: string, options: FileOptions = {}): SinkMaker {
  return ({ all }) => byteSink(new CsvFormat(withoutRepeats(all)), 'csv', path, options);
}

/** A table for people, with the usual columns. */
export function table(path?: string, options: FileOptions = {}): SinkMaker {
  return ({ columns, hasReports }) => {
    const report = { useColor: false, hasTitle: true, isScreen: false, width: () => undefined };
    const format = hasReports ? new ReportTable(columns, report) : new TableFormat(columns, false);
    return byteSink(format, 'table', path, options);
  };
}

/** Columns that say for people what others say are for tables. */
const withoutRepeats = (all: Shown['all']) => all.filter(({ repeats }) => !repeats);
