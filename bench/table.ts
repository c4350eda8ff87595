import { type Comparison, isLossy, type MicroResult, type PipelineResults, type Results, type Row } from './results.js';
import {
  columns,
  count,
  LOSSY_NOTE,
  nameOf,
  PIPELINES_TITLE,
  pipelineColumns,
  range,
  ratioText,
  titleOf,
} from './units.js';

/** Aligned lines of cells: the first column to the left, numbers to the right. */
function align(lines: readonly (readonly string[])[]): string[] {
  // A line with a single text has no cells.
  const rows = lines.filter((line) => line.length > 1);
  const widths = (lines[0] ?? []).map((_, i) => Math.max(...rows.map((line) => line[i]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

function rowsOf(row: Row): string[][] {
  const failed = row.failures.map((failure) => [`  failed: ${failure}`]);
  if (!row.figures) return [[nameOf(row), ...columns.map(() => '-')], ...failed];
  const stats = columns.map((column) => ({ stat: column.of(row), text: column.text }));
  const line = (which: 'median' | 'min' | 'max') => stats.map(({ stat, text }) => (stat ? text(stat[which]) : '-'));
  const name = `${nameOf(row)}${isLossy(row) ? ' *' : ''}`;
  const spread =
    row.rounds.length > 1
      ? [
          ['  smallest', ...line('min')],
          ['  largest', ...line('max')],
        ]
      : [];
  return [[name, ...line('median')], ...spread, ...failed];
}

function comparisonText(comparison: Comparison): string {
  const { operation, untracedUs, rows } = comparison;
  const header = [
    ['', ...columns.map(({ title }) => title)],
    ['', ...columns.map(({ unit }) => unit)],
  ];
  return [
    titleOf(comparison),
    `an untraced ${operation}: ${range(untracedUs)} us`,
    ...align([...header, ...rows.flatMap(rowsOf)]),
    ...(rows.some(isLossy) ? [`* ${LOSSY_NOTE}`] : []),
  ].join('\n');
}

function microText(micro: readonly MicroResult[]): string {
  const lines = micro.map(({ name, what, eventsPerSecond }) => [
    `${name}: ${what}`,
    count(eventsPerSecond.median),
    range(eventsPerSecond, count),
  ]);
  return ['one core alone, events per second', ...align([['', 'median', 'smallest..largest'], ...lines])].join('\n');
}

function pipelinesText(pipelines: PipelineResults): string {
  const header = [
    ['', ...pipelineColumns.flatMap(({ title }) => [title, ''])],
    ['', ...pipelineColumns.flatMap(({ unit }) => [unit, 'smallest..largest'])],
  ];
  const lines = pipelines.rows.map((row) => [
    row.name,
    ...pipelineColumns.flatMap(({ of, text }) => [text(of(row).median), range(of(row), text)]),
  ]);
  return [PIPELINES_TITLE, ratioText(pipelines), ...align([...header, ...lines])].join('\n');
}

/** One line on the machine. */
export function machineText({ machine }: Results): string {
  const { kernel, system, cpu, cores, virtual, node, governor, loadAverage, busyPercent } = machine;
  return [
    `${cores} cores of ${cpu}${virtual ? ' (a virtual machine)' : ''}`,
    `kernel ${kernel}`,
    system,
    `Node ${node}`,
    ...(governor === undefined ? [] : [`governor ${governor}`]),
    `load average ${loadAverage}, ${busyPercent} % busy before the start`,
  ].join(', ');
}

/** The contenders: name, version, buffer. */
export function participants({ comparisons }: Results): string[] {
  const seen = new Map<string, string>();
  for (const { program, version, buffer } of comparisons.flatMap(({ rows }) => rows)) {
    seen.set(program, `${program} ${version}, with its ${buffer}`);
  }
  return [...seen.values()];
}

/** The whole report, for a terminal. */
export function textReport(results: Results): string {
  return [
    `${results.date}: ${machineText(results)}`,
    participants(results).join('\n'),
    ...results.comparisons.map(comparisonText),
    ...(results.micro.length > 0 ? [microText(results.micro)] : []),
    ...(results.pipelines ? [pipelinesText(results.pipelines)] : []),
    results.remarks.map((remark) => `note: ${remark}`).join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}
