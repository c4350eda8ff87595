/** The global variables of a BPF object: constants to set before it is loaded, counters to read while it runs. */
import { Btf } from './btf.js';
import { type ElfSection, type ElfSymbol, elfSections, elfSymbols } from './elf.js';
import { BtfError, quoted } from './error.js';
import { shapeOf } from './layout.js';
import { type Shape, sizeOfShape } from './shape.js';
import type { BtfDatasec, BtfVar } from './types.js';

/** A global variable: where it lies in its section, and so in the map that libbpf makes of the section. */
export interface GlobalVariable {
  readonly name: string;
  /** Name of the section: .rodata, .data or .bss, or one of these with a suffix, such as .data.counters. */
  readonly section: string;
  /** Offset in bytes from the start of the section. */
  readonly offset: number;
  /** Size in bytes. */
  readonly size: number;
  readonly shape: Shape;
  /** Typedef names passed on the way to the shape, outermost first. */
  readonly typedefs: readonly string[];
  readonly isStatic: boolean;
}

const SECTIONS = /^\.(rodata|data|bss)(\..+)?$/;

/**
 * Returns the global variables of a BPF object, in the order of its BTF.
 *
 * Static variables that the optimizer cut down to a part of themselves are left out: declare them volatile.
 * Offsets come from the symbol table, because clang leaves them to be filled in by libbpf: see `fixup` in
 * `btf_fixup_datasec` of libbpf. Objects that were linked by `bpftool gen object` have them in the BTF.
 *
 * @param elf the bytes of an ELF64 file with BTF.
 * @param btf its BTF, when it is parsed already.
 * @throws BtfError when the file is not such an object, or a variable can't be found or lies outside its section.
 */
export function globalsOf(elf: Uint8Array, btf: Btf = Btf.parse(elf)): GlobalVariable[] {
  const sections = elfSections(elf);
  const symbols = objectSymbols(elf);
  const globals: GlobalVariable[] = [];
  for (const id of btf.ofKind('datasec')) {
    const datasec = btf.type(id);
    if (datasec.kind !== 'datasec' || !SECTIONS.test(datasec.name)) continue;
    const section = sections.get(datasec.name);
    if (!section) throw new BtfError(`BTF has variables of section ${quoted(datasec.name)}, which the ELF file lacks`);
    for (const entry of datasec.variables) {
      const variable = btf.type(entry.type);
      if (variable.kind !== 'var') throw new BtfError(`BTF: section ${quoted(datasec.name)} holds a ${variable.kind}`);
      if (variable.linkage === 'extern') continue;
      const { shape, typedefs } = shapeOf(btf, variable.type);
      const { name } = variable;
      const offset = offsetOf(datasec, section, variable, entry.offset, symbols.get(name) ?? []);
      const size = sizeOfShape(shape);
      // The optimizer may keep a part of a static struct alone. It has the type of the whole, and can't be read by it.
      if (entry.size < size) continue;
      if (offset + size > section.size) {
        throw new BtfError(
          `variable ${quoted(name)} ends at ${offset + size}, behind ${section.name}'s ${section.size} bytes`,
        );
      }
      const isStatic = variable.linkage === 'static';
      globals.push({ name, section: section.name, offset, size, shape, typedefs, isStatic });
    }
  }
  return globals;
}

function objectSymbols(elf: Uint8Array): Map<string, ElfSymbol[]> {
  const byName = new Map<string, ElfSymbol[]>();
  for (const symbol of elfSymbols(elf)) {
    if (symbol.type !== 'object') continue;
    const known = byName.get(symbol.name);
    if (known) known.push(symbol);
    else byName.set(symbol.name, [symbol]);
  }
  return byName;
}

function offsetOf(
  datasec: BtfDatasec,
  section: ElfSection,
  variable: BtfVar,
  offset: number,
  symbols: readonly ElfSymbol[],
): number {
  // As libbpf has it: a section whose size is filled in has its offsets filled in too.
  if (datasec.size !== 0) return offset;
  const isStatic = variable.linkage === 'static';
  const found = symbols.filter(
    (symbol) => symbol.section === section.index && (symbol.binding === 'local') === isStatic,
  );
  if (found[0] && found.length === 1) return found[0].value;
  // Static variables are relative to their section, which clang writes down; only their symbols may be stripped.
  if (isStatic) return offset;
  throw new BtfError(
    `no symbol for variable ${quoted(variable.name)} in section ${section.name}: was the file stripped?`,
  );
}
