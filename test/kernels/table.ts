/** docs/kernels.md: which hooks the tools take on which kernel, and how the tests went there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillSection } from '../../scripts/section.js';
import type { ToolCheck } from '../../src/cli/doctor/tools.js';
import { root } from './command.js';
import { KERNELS, nameOf } from './kernels.js';
import type { KernelResult } from './results.js';

const BEGIN = '<!-- kernels:begin (written by make test-kernels SAVE=1) -->';
const END = '<!-- kernels:end -->';

/** What a tool does on a kernel: a line for each thing that it sees. */
function cell(check: ToolCheck): string {
  if (check.reason !== undefined) return `fails: ${check.reason}`;
  const seen = Object.entries(check.hooks).map(([point, kinds]) => `${point}: ${kinds.join(', ')}`);
  return [...seen, ...(check.state === 'reduced' ? check.remarks.map((remark) => `(${remark})`) : [])].join('<br>');
}

/** Cells of a kernel's column, by the names of their rows. */
type KernelColumn = ReadonlyMap<string, string>;

const ABOUT = ['release', 'tested', 'tests'];

function columnOf({ release = '', tested = '', passed, failed, skipped, tools = [] }: KernelResult): KernelColumn {
  const tests = `${passed} passed, ${failed} failed, ${skipped} skipped`;
  return new Map([
    ...ABOUT.map((name, i): [string, string] => [name, [release, tested, tests][i] ?? '']),
    ...tools.map((check): [string, string] => [`\`${check.tool}\``, cell(check)]),
  ]);
}

/** Columns of an earlier table, by kernel. */
export function readColumns(table: string): Map<string, KernelColumn> {
  const rows = table.split('\n').map((line) => line.split(/(?<!\\)\|/).slice(1, -1));
  const [[, ...kernels] = [], , ...body] = rows.map((row) => row.map((text) => text.trim().replaceAll('\\|', '|')));
  return new Map(
    kernels.map((kernel, i) => [kernel, new Map(body.map(([name = '', ...cells]) => [name, cells[i] ?? '-']))]),
  );
}

/** Rows of cells, the first of them the head, as Markdown. */
export function tableOf([head = [], ...body]: readonly (readonly string[])[]): string {
  const rows = [head, head.map(() => '---'), ...body];
  return rows.map((row) => `| ${row.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
}

/**
 * A row for each tool, a column for each kernel; above them, what was tested. Kernels without a new result keep their
 * column of the table that there was.
 */
export function kernelTable(results: readonly KernelResult[], earlier = ''): string {
  const columns = readColumns(earlier);
  for (const result of results) if (result.release !== undefined) columns.set(result.kernel, columnOf(result));
  const kernels = KERNELS.map(nameOf).filter((name) => columns.has(name));
  const tools = [...new Set([...columns.values()].flatMap((column) => [...column.keys()]))]
    .filter((name) => !ABOUT.includes(name))
    .sort();
  return tableOf([
    ['', ...kernels],
    ...[...ABOUT, ...tools].map((name) => [name, ...kernels.map((kernel) => columns.get(kernel)?.get(name) ?? '-')]),
  ]);
}

/** Puts the table into the documentation. */
export function saveTable(results: readonly KernelResult[], file = join(root, 'docs', 'kernels.md')): void {
  const document = readFileSync(file, 'utf8');
  const earlier = document.slice(document.indexOf(BEGIN) + BEGIN.length, document.indexOf(END)).trim();
  writeFileSync(file, fillSection(document, BEGIN, END, kernelTable(results, earlier)));
}
