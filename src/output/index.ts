/**
 * Sinks for `snoopkit/trace` with the output formats of the command line, to a file or to standard output.
 *
 *     const opens = await trace('opensnoop', {}, { sinks: [jsonLines('opens.json')] });
 *     await opens.ended();
 */
import { type Check, checkEach, expect, flag, integer, isInteger, isObject, isText } from '../check-options.js';
import { UsageError } from '../errors.js';
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

/** Creates a sink for a run, by its columns. */
export type SinkMaker = (shown: Shown) => Sink;

const isRotation = (value: unknown) => {
  const { size, keep, ...others } = Object(value);
  const isWhole = isInteger(size, 1, Number.MAX_SAFE_INTEGER) && isInteger(keep, 1, Number.MAX_SAFE_INTEGER);
  return isObject(value) && isWhole && Object.keys(others).length === 0;
};

const FILE_OPTIONS: { readonly [Option in keyof Required<FileOptions>]: Check } = {
  truncate: flag,
  rotate: expect(isRotation, '{ size, keep }, both integers of at least 1'),
  mode: integer(0, 0o7777),
};

/** Throws UsageError for arguments of `maker` that it can't have. */
function checkFile(maker: string, path: string | undefined, options: FileOptions): void {
  if (path !== undefined && (!isText(path) || path === ''))
    throw new UsageError(`${maker}: expected the path of a file`);
  checkEach(maker, options, FILE_OPTIONS);
}

function byteSink(format: Format, output: Output, path: string | undefined, options: FileOptions): Sink {
  const open = async (signal: AbortSignal) => {
    if (path === undefined) return Destination.stdout();
    const file = await OutputFile.open(path, options, { signal, onWait: () => {} });
    if (!file) return undefined;
    try {
      checkSameForm(file, output, format);
    } catch (error) {
      file.close();
      throw error;
    }
    return new Destination(file);
  };
  return new ByteSink({ format, open });
}

/**
 * One JSON object per line, with all columns, to the file `path` or standard output. A file is appended to, unless
 * `options` say otherwise.
 *
 * @throws UsageError for invalid arguments; SnoopkitError when the run starts: `ERR_SNOOPKIT_OUTPUT` if the file can't be opened,
 * `ERR_SNOOPKIT_OTHER_FORM` if it contains other output.
 */
export function jsonLines(path?: string, options: FileOptions = {}): SinkMaker {
  checkFile('jsonLines', path, options);
  return ({ view, all }) => byteSink(new JsonFormat(view.event.name, withoutRepeats(all)), 'json', path, options);
}

/**
 * Comma-separated values with a header and all columns, to the file `path` or standard output.
 *
 * @throws SnoopkitError as jsonLines() does; also if the header of the file differs.
 */
export function csv(path?: string, options: FileOptions = {}): SinkMaker {
  checkFile('csv', path, options);
  return ({ all }) => byteSink(new CsvFormat(withoutRepeats(all)), 'csv', path, options);
}

/**
 * A table for people with the usual columns, to the file `path` or standard output.
 *
 * @throws UsageError for invalid arguments; SnoopkitError when the run starts: `ERR_SNOOPKIT_OUTPUT` if the file can't be
 * opened.
 */
export function table(path?: string, options: FileOptions = {}): SinkMaker {
  checkFile('table', path, options);
  return ({ columns, hasReports }) => {
    const report = { useColor: false, hasTitle: true, isScreen: false, width: () => undefined };
    const format = hasReports ? new ReportTable(columns, report) : new TableFormat(columns, false);
    return byteSink(format, 'table', path, options);
  };
}

/** Removes columns that repeat others in a form for people. */
const withoutRepeats = (all: Shown['all']) => all.filter(({ repeats }) => !repeats);
