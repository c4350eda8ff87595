/** The report of `snoopkit explain` as text. */
import { INSTRUCTION_SIZE } from '../bpf/disassembly.js';
import type { RequiredFunction } from '../bpf/requirements.js';
import { counted } from '../counted.js';
import { visibleText } from '../output/visible.js';
import { codeParts } from './explain-code.js';
import type { ExplainedObject, ExplainedProgram, Rejection } from './explain-object.js';

/** Aligns cells in columns, numbers to the right. The last column is as wide as it is. */
function aligned(cellRows: readonly (readonly (string | number)[])[], indent = ''): string[] {
  const rows = cellRows.map((row) => row.map((cell) => (typeof cell === 'string' ? visibleText(cell) : cell)));
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map((row) => `${row[i] ?? ''}`.length)));
  return rows.map((row) => {
    const cells = row.map((cell, i) => {
      if (typeof cell === 'number') return `${cell}`.padStart(widths[i] as number);
      return i === row.length - 1 ? cell : cell.padEnd(widths[i] as number);
    });
    return `${indent}${cells.join('  ')}`.trimEnd();
  });
}

/** Sentences of the report, at most 80 columns wide. */
function paragraph(text: string, indent: string): string[] {
  const lines = text.match(new RegExp(`\\S.{0,${79 - indent.length}}(?=\\s|$)|\\S+`, 'gu')) ?? [];
  return lines.map((line) => `${indent}${line}`);
}

/** Instructions, with a line of the source before those that were compiled from it: most are too long to stand beside. */
function rejectionLines({ message, hint, story }: Rejection): string[] {
  const width = `${story.at(-1)?.instruction}`.length;
  return [
    ...paragraph(visibleText(message), '    '),
    ...(hint === undefined ? [] : paragraph(`hint: ${hint}`, '    ')),
    ...story.flatMap(({ instruction, code, line }, i) => [
      ...(line === undefined || line === story[i - 1]?.line ? [] : [`      ; ${visibleText(line)}`]),
      `      ${`${instruction}`.padStart(width)}: ${visibleText(code)}`,
    ]),
  ];
}

function programCells(program: ExplainedProgram): (string | number)[] {
  const { name, section, instructions, info, rejection, missing } = program;
  const cells = [name, section, instructions];
  if (info) {
    const translated = info.translatedSize / INSTRUCTION_SIZE;
    return [...cells, info.verifiedInstructions, translated, info.jitedSize, 'accepted'];
  }
  return [...cells, '', '', '', rejection ? 'rejected' : `not loaded: needs ${missing?.join(', ')}`];
}

function programLines(programs: readonly ExplainedProgram[]): string[] {
  const head = ['NAME', 'SECTION', 'INSNS', 'VERIFIED', 'XLATED', 'JITED', ''];
  const [first = '', ...lines] = aligned([head, ...programs.map(programCells)], '  ');
  const explained = programs.map(({ rejection }, i) => [
    lines[i] as string,
    ...(rejection ? rejectionLines(rejection) : []),
  ]);
  return programs.length === 0 ? [] : [first, ...explained.flat()];
}

function functionLines(functions: readonly RequiredFunction[]): string[] {
  const has = ({ isAvailable, isWeak }: RequiredFunction) => {
    if (isAvailable === undefined) return 'unknown';
    return isAvailable ? 'yes' : `no${isWeak ? ' (optional)' : ''}`;
  };
  return aligned(
    functions.map((each) => [
      each.name,
      each.since === undefined ? '' : `Linux ${each.since}`,
      has(each),
      each.isAvailable === false ? each.programs.join(', ') : '',
    ]),
    '  ',
  );
}

function relocationLines({ relocations }: ExplainedObject): string[] {
  if (!relocations) return ['  unknown: no program was loaded'];
  const lacking = relocations.filter(({ state }) => state !== 'applied');
  return [
    `  ${counted(relocations.length - lacking.length, 'relocation')} applied, ${lacking.length} without a target in this kernel`,
    ...aligned(
      lacking.map(({ target, kind, state }) => [target, kind, state]),
      '  ',
    ),
  ];
}

/** The compiler that JITED is of. */
function jitLines({ jit: { isEnabled, isHardened } }: ExplainedObject): string[] {
  if (isEnabled === undefined) return ['  unknown: net.core.bpf_jit_enable is out of reach, or the kernel has no JIT'];
  if (!isEnabled) return ['  off (net.core.bpf_jit_enable): the kernel interprets programs'];
  const blinded = {
    none: 'constants are not blinded',
    unprivileged: 'constants of unprivileged programs are blinded',
    all: 'constants of all programs are blinded',
  };
  return [`  on; ${isHardened ? blinded[isHardened] : 'only root can see whether constants are blinded'}`];
}

export function explainText(object: ExplainedObject): string {
  const { maps, requirements } = object;
  const mapRows = maps.map((map) => [map.name, map.type, map.keySize, map.valueSize, map.maxEntries]);
  const parts: readonly (readonly [title: string, lines: readonly string[]])[] = [
    ['PROGRAMS (instructions in the file, verified, left; bytes of machine code)', programLines(object.programs)],
    ['JIT', jitLines(object)],
    ['MAPS (type, bytes of keys and values, entries)', aligned(mapRows, '  ')],
    ['HELPERS (came with, this kernel has it)', functionLines(requirements.helpers)],
    ['KERNEL FUNCTIONS (this kernel has it)', functionLines(requirements.kfuncs)],
    ['RELOCATIONS', relocationLines(object)],
    ...object.programs.flatMap(codeParts),
  ];
  const shown = parts.filter(([, lines]) => lines.length > 0).map(([title, lines]) => [title, ...lines, ''].join('\n'));
  return [`${visibleText(object.object)}: license ${visibleText(object.license) || 'none'}\n`, ...shown]
    .join('\n')
    .replace(/\n+$/, '\n');
}
