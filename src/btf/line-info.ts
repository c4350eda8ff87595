/** Lines of the C source in a BPF object. Source: Documentation/bpf/btf.rst (struct bpf_line_info). */

import type { Btf } from './btf.js';
import { extRecords } from './btf-ext.js';
import { elfSections, elfSymbols } from './elf.js';

const INSTRUCTION_SIZE = 8;
/** The section of functions that programs call. */
const SUBPROGRAMS = '.text';

/** A line that instructions were compiled from. */
export interface SourcePlace {
  /** As the compiler was given it. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

interface LineRecord extends SourcePlace {
  readonly section: string;
  /** In bytes from the start of the section. */
  readonly offset: number;
}

function* recordsOf(bytes: Uint8Array, btf: Btf): Generator<LineRecord> {
  for (const { section, u32 } of extRecords(bytes, btf.littleEndian, 'lines')) {
    const position = u32(12);
    yield {
      section: btf.string(section),
      offset: u32(0),
      file: btf.string(u32(4)),
      text: btf.string(u32(8)).trim(),
      line: position >>> 10,
      column: position & 0x3ff,
    };
  }
}

/**
 * Finds the line of an instruction of a program, counted as the verifier does; undefined if the object has none. libbpf
 * appends the functions that a program calls, so lines behind it are found by their text, which the verifier prints.
 *
 * @throws BtfError if the object or its BTF is damaged.
 */
export function lineOf(
  object: Uint8Array,
  btf: Btf,
  program: string,
  instruction: number,
  text: string | undefined,
): SourcePlace | undefined {
  const sections = elfSections(object);
  const bytes = sections.get('.BTF.ext')?.bytes;
  const symbol = elfSymbols(object).find(({ name, type }) => name === program && type === 'function');
  if (!bytes || !symbol) return undefined;
  const own = [...sections.values()].find(({ index }) => index === symbol.section)?.name;
  const at = instruction * INSTRUCTION_SIZE;
  // Instructions of line 0 are the compiler's own: they belong to the line before.
  const records = [...recordsOf(bytes, btf)].filter(({ line }) => line > 0);
  const found =
    at < symbol.size
      ? records.findLast(
          ({ section, offset }) =>
            section === own &&
            offset >= symbol.value &&
            offset <= symbol.value + at &&
            offset < symbol.value + symbol.size,
        )
      : records.find((record) => record.section === SUBPROGRAMS && record.text === text);
  if (!found) return undefined;
  const { file, line, column } = found;
  return { file, line, column, text: found.text };
}
