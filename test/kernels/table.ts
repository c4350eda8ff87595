/** docs/kernels.md: which hooks the tools take on which kernel, and how the tests went there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillSection } from '../../scripts/section.js';
import type { ToolCheck } from '../../src/cli/doctor/tools.js';
import { root } from './command.js';
import type { KernelResult } from './results.js';

const BEGIN = '<!-- kernels:begin (written by make test-kernels SAVE=1) -->';
const END = '<!-- kernels:end -->';

/** What a tool does on a kernel: a line for each thing that it sees. */
function cell(check: ToolCheck | undefined): string {
  if (check === undefined) return '-';
  if (check.reason !== undefined) return `fails: ${check.reason}`;
  const seen = Object.entries(check.hooks).map(([point, kinds]) => `${point}: ${kinds.join(', ')}`);
  return [...seen, ...(check.state === 'reduced' ? check.remarks.map((remark) => `(${remark})`) : [])].join('<br>');
}

/** A row for each tool, a column for each kernel; above them, what was tested. */
export function kernelTable(results: readonly KernelResult[]): string {
  const ran = results.filter(({ release }) => release !== undefined);
  const names = [...new Set(ran.flatMap(({ tools = [] }) => tools.map(({ tool }) => tool)))].sort();
  const rows = [
    ['', ...ran.map(({ kernel }) => kernel)],
    ['---', ...ran.map(() => '---')],
    ['release', ...ran.map(({ release = '' }) => release)],
    ['tests', ...ran.map(({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped} skipped`)],
    ...names.map((name) => [
      `\`${name}\``,
      ...ran.map(({ tools = [] }) => cell(tools.find(({ tool }) => tool === name))),
    ]),
  ];
  return rows.map((row) => `| ${row.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
}

/** Puts the table into the documentation. */
export function saveTable(results: readonly KernelResult[], file = join(root, 'docs', 'kernels.md')): void {
  writeFileSync(file, fillSection(readFileSync(file, 'utf8'), BEGIN, END, kernelTable(results)));
}
