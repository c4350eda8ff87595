/** Global variables of a BPF object: constants to set before it is loaded, counters to read while it runs. */
import { Btf } from './btf.js';
import { type ElfSection, type ElfSymbol, elfSections, elfSymbols } from './elf.js';
import { BtfError, quoted } from './error.js';
import { shapeOf } from './layout.js';
import { type Shape, sizeOfShape } from './shape.js';
import type { BtfDatasec, BtfVar } from './types.js';

/** A global variable and its place in a section, which libbpf makes a map. */
export interface GlobalVariable {
  readonly name: string;
  /** Name of the section: .rodata, .data or .bss, or one of these with a suffix, such as .data.counters. */
  readonly section: string;
  /** Offset in bytes from the start of the section. */
  readonly offset: number;
  /** Size in bytes. */
  readonly size: number;
  readonly shape: Shape;
  /** Typedef names on the way to the shape, outermost first. */
  readonly typedefs: readonly string[];
  readonly isStatic: boolean;
}

const SECTIONS = /^\.(rodata|data|bss)(\..+)?$/;

/**
 * Returns the global variables of a BPF object, in the order of its BTF.
 *
 * Static variables that the optimizer reduced to a part are omitted: declare them volatile. Offsets come from the
 * symbol table, because clang leaves them to libbpf: see `fixup` in `btf_fixup_datasec` of libbpf. Objects linked by
 * `bpftool gen object` have them in the BTF.
 *
 * @param elf the bytes of an ELF64 file with BTF.
 * @param btf its BTF, if it is already parsed.
 * @throws BtfError if the file is not such an object, or a variable can't be found or lies outside its section.
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
      if (variable.kind !== 'var')
        throw new BtfError(`BTF: section ${quoted(datasec.name)} contains a ${variable.kind}, expected variables`);
      if (variable.linkage === 'extern') continue;
      const { shape, typedefs } = shapeOf(btf, variable.type);
      const { name } = variable;
      const offset = offsetOf(datasec, section, variable, entry.offset, symbols.get(name) ?? []);
      const size = sizeOfShape(shape);
      // The optimizer may keep only a part of a static struct. With the type of the whole, it can't be read.
      if (entry.size < size) continue;
      if (offset + size > section.size) {
        throw new BtfError(
          `variable ${quoted(name)} ends at ${offset + size}, beyond ${section.name}'s ${section.size} bytes`,
        );
      }
      const isStatic = variable.linkage === 'static';
      globals.push({ name, section: section.name, offset, size, shape, typedefs, isStatic });
    }
  }
  return globals;
}

/**
 * Returns the variables of `.kconfig`: `extern ... __kconfig` in the C source. libbpf makes the section when it opens the
 * object, and fills it at load.
 *
 * @param btf the object's BTF, as libbpf changed it: with the offsets of these variables.
 */
export function kconfigOf(btf: Btf): GlobalVariable[] {
  const id = btf.find('.kconfig', 'datasec');
  const datasec = id === undefined ? undefined : btf.type(id);
  if (datasec?.kind !== 'datasec') return [];
  return datasec.variables.map(({ type, offset }) => {
    const variable = btf.type(type) as BtfVar;
    const { shape, typedefs } = shapeOf(btf, variable.type);
    return {
      name: variable.name,
      section: datasec.name,
      offset,
      size: sizeOfShape(shape),
      shape,
      typedefs,
      isStatic: false,
    };
  });
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
  // As in libbpf: a section with a size has all its offsets.
  if (datasec.size !== 0) return offset;
  const isStatic = variable.linkage === 'static';
  const found = symbols.filter(
    (symbol) => symbol.section === section.index && (symbol.binding === 'local') === isStatic,
  );
  if (found[0] && found.length === 1) return found[0].value;
  // Static variables have offsets relative to their section, written by clang. Only their symbols may be stripped.
  if (isStatic) return offset;
  throw new BtfError(
    `no symbol for variable ${quoted(variable.name)} in section ${section.name}: was the file stripped?`,
  );
}
