/** docs/types.md: the effects that each type of programs and of maps had on each kernel, or why it had none. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillSection } from '../../scripts/section.js';
import { root } from './command.js';
import { HOST, KERNELS, nameOf } from './kernels.js';
import type { KernelResult, TestLine } from './results.js';
import { readColumns, tableOf } from './table.js';
import { NOT_TESTED, proofsIn, SUBJECTS, type Subject } from './types.js';

const BEGIN = '<!-- types:begin (written by make test-kernels SAVE=1) -->';
const END = '<!-- types:end -->';

const ABOUT: readonly string[] = ['release', 'tested'];
const NOT_RUN = 'not run';
const UNTESTED = 'not tested: ';

/** Effects, or `-` or `fails` with a reason. */
interface Cell {
  readonly text: string;
  readonly reason?: string;
}

type Column = ReadonlyMap<string, Cell>;

const unique = (texts: readonly string[]) => [...new Set(texts)];
const oneLine = (text = '') => text.trim().split('\n')[0] ?? '';

/** What the tests of one subject came to. */
function cellOf(subject: Subject, tests: readonly TestLine[]): Cell {
  const of = (state: TestLine['state']) => tests.filter((test) => test.state === state);
  const [failed, passed, skipped] = [of('failed'), of('passed'), of('skipped')];
  if (failed.length > 0) return { text: 'fails', reason: oneLine(failed[0]?.reason) };
  if (passed.length > 0)
    return { text: unique(passed.map(({ title }) => proofsIn(title)[subject] as string)).join(', ') };
  return { text: '-', reason: unique(skipped.map(({ reason }) => oneLine(reason))).join('; ') };
}

/** Subjects of which the tests said nothing have no cell. */
function columnOf({ release = '', tested = '', tests }: KernelResult): Column {
  const column = new Map<string, Cell>([
    ['release', { text: release }],
    ['tested', { text: tested }],
  ]);
  for (const subject of SUBJECTS) {
    const own = tests.filter(({ state, title }) => state !== 'retried' && proofsIn(title)[subject] !== undefined);
    if (own.length > 0) column.set(subject, cellOf(subject, own));
  }
  return column;
}

/** Columns of an earlier document, by kernel. */
function readCells(earlier: string): Map<string, Column> {
  const reasons = [...earlier.matchAll(/^\d+\. (.*)$/gm)].map(([, reason]) => reason);
  const columns = new Map<string, Map<string, Cell>>();
  for (const part of earlier.split('\n\n').filter((text) => text.startsWith('|')))
    for (const [kernel, rows] of readColumns(part)) {
      const column = columns.get(kernel) ?? new Map<string, Cell>();
      columns.set(kernel, column);
      for (const [row, cell] of rows) {
        const [, text = '', number] = /^(.*?)(?: \((\d+)\))?$/.exec(cell) ?? [];
        const reason = number === undefined ? undefined : reasons[Number(number) - 1];
        // The reason may be gone.
        if (text !== NOT_RUN && !reason?.startsWith(UNTESTED))
          column.set(row.replaceAll('`', ''), { text, ...(reason !== undefined && { reason }) });
      }
    }
  return columns;
}

/**
 * A table of types of programs, one of types of maps, and the reasons that they refer to. Cells of which the results
 * say nothing stay as they are in the document that there was.
 */
export function typeTables(results: readonly KernelResult[], earlier = ''): string {
  const columns = readCells(earlier);
  for (const result of results)
    if (result.release !== undefined)
      columns.set(result.kernel, new Map([...(columns.get(result.kernel) ?? []), ...columnOf(result)]));
  const kernels = [...KERNELS.map(nameOf), HOST];
  const reasons: string[] = [];
  const shown = (kernel: string, row: string) => {
    const untested = NOT_TESTED[row as Subject];
    const cell = untested ? { text: '-', reason: `${UNTESTED}${untested}` } : columns.get(kernel)?.get(row);
    if (cell?.reason === undefined) return cell?.text ?? NOT_RUN;
    if (!reasons.includes(cell.reason)) reasons.push(cell.reason);
    return `${cell.text} (${reasons.indexOf(cell.reason) + 1})`;
  };
  const table = (what: string, rows: readonly string[]) =>
    tableOf([
      [what, ...kernels],
      ...rows.map((row) => [ABOUT.includes(row) ? row : `\`${row}\``, ...kernels.map((kernel) => shown(kernel, row))]),
    ]);
  const isMap = (subject: string) => subject.startsWith('map ');
  const tables = [
    table('program', [...ABOUT, ...SUBJECTS.filter((subject) => !isMap(subject))]),
    table('map', SUBJECTS.filter(isMap)),
  ];
  return [...tables, reasons.map((reason, i) => `${i + 1}. ${reason}`).join('\n')].join('\n\n').trimEnd();
}

/** Puts the tables into the documentation. */
export function saveTypes(results: readonly KernelResult[], file = join(root, 'docs', 'types.md')): void {
  const document = readFileSync(file, 'utf8');
  const earlier = document.slice(document.indexOf(BEGIN) + BEGIN.length, document.indexOf(END)).trim();
  writeFileSync(file, fillSection(document, BEGIN, END, typeTables(results, earlier)));
}
