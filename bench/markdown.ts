import { fillSection } from '../scripts/section.js';
import { type Comparison, isLossy, type Results, type Row } from './results.js';
import { machineText, participants } from './table.js';
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

export const BEGIN = '<!-- bench:begin (written by make bench SAVE=1) -->';
export const END = '<!-- bench:end -->';

/** A bar would end the cell. */
const cellText = (text: string) => text.replaceAll('|', '\\|');

function line(row: Row): string {
  const cells = columns.map((column) => {
    const stat = column.of(row);
    if (!stat) return '-';
    return row.rounds.length > 1 && stat.min !== stat.max
      ? `${column.text(stat.median)}<br><sub>${range(stat, column.text)}</sub>`
      : column.text(stat.median);
  });
  return `| ${[`${nameOf(row)}${isLossy(row) ? ' \\*' : ''}`, ...cells].map(cellText).join(' | ')} |`;
}

function comparison(of: Comparison): string {
  const header = [
    '',
    ...columns.map(({ title, unit }) => (unit === '' ? title : `${title}, ${unit.replace('us', 'µs')}`)),
  ];
  return [
    `**${titleOf(of)}.** An untraced ${of.operation}: ${range(of.untracedUs)} µs.`,
    '',
    `| ${header.join(' | ')} |`,
    `|${header.map((_, i) => (i === 0 ? '---' : '--:')).join('|')}|`,
    ...of.rows.map(line),
    ...(of.rows.some(isLossy) ? ['', `\\* ${LOSSY_NOTE}.`] : []),
  ].join('\n');
}

function micro({ micro }: Results): string[] {
  if (micro.length === 0) return [];
  return [
    [
      '**One core alone, events per second:**',
      '',
      '| | median | smallest..largest | workload |',
      '|---|--:|--:|---|',
      ...micro.map(
        ({ name, what, eventsPerSecond: stat }) =>
          `| ${cellText(name)} | ${count(stat.median)} | ${range(stat, count)} | ${cellText(what)} |`,
      ),
    ].join('\n'),
  ];
}

function pipelines({ pipelines }: Results): string[] {
  if (!pipelines) return [];
  return [
    [
      `**${PIPELINES_TITLE}.** ${ratioText(pipelines)}.`,
      '',
      '| | CPU/record, µs | records/s | memory, MB | workload |',
      '|---|--:|--:|--:|---|',
      ...pipelines.rows.map((row) => {
        const cells = pipelineColumns.map(({ of, text }) => {
          const stat = of(row);
          return `${text(stat.median)}<br><sub>${range(stat, text)}</sub>`;
        });
        return `| ${[row.name, ...cells, row.what].map(cellText).join(' | ')} |`;
      }),
    ].join('\n'),
  ];
}

/** The part of docs/performance.md between the marks. */
export function markdownReport(results: Results): string {
  const list = [...participants(results), ...results.remarks].map((text) => `- ${text}`).join('\n');
  return [
    `${results.date.slice(0, 10)}: ${machineText(results)}.`,
    list,
    ...results.comparisons.map(comparison),
    ...micro(results),
    ...pipelines(results),
  ].join('\n\n');
}

/** Puts the report between the marks of a document. Throws if they are missing. */
export const fillIn = (document: string, report: string) => fillSection(document, BEGIN, END, report);
