/**
 * Checks the variables of each section in BTF against the ELF file: those that libbpf copies, and those of which it
 * computes the place. `checkTypes` has checked the types.
 */
import type { Btf } from './btf.js';
import type { ElfSection } from './elf.js';
import { BtfError, quoted } from './error.js';
import { layoutOf } from './layout.js';
import type { BtfDatasec, BtfKind } from './types.js';

/** Sections with structs that libbpf copies, following the types of their members. */
const STRUCT_OPS = new Set(['.struct_ops', '.struct_ops.link']);
/** Types of variables of .kconfig: libbpf computes the alignment of others by recursion before it refuses them. */
const KCONFIG = new Set(['int', 'enum', 'enum64']);

/** @throws BtfError that names the variable at fault. */
export function checkSections(btf: Btf, sections: readonly ElfSection[]): void {
  const byName = new Map(sections.map((section) => [section.name, section]));
  for (const id of btf.ofKind('datasec')) {
    const datasec = btf.type(id);
    if (datasec.kind !== 'datasec') continue;
    if (datasec.name === '.kconfig') checkKconfig(btf, datasec);
    const section = byName.get(datasec.name);
    if (section) checkVariables(btf, datasec, section);
  }
}

function checkVariables(btf: Btf, datasec: BtfDatasec, section: ElfSection): void {
  for (const { type, offset, size } of datasec.variables) {
    const variable = btf.type(type);
    if (variable.kind !== 'var') continue;
    const copied = STRUCT_OPS.has(datasec.name) ? layoutOf(btf, variable.type).size : 0;
    const end = offset + Math.max(size, copied);
    if (end > section.size)
      throw new BtfError(
        `variable ${quoted(variable.name)} ends at ${end}, beyond ${section.name}'s ${section.size} bytes`,
      );
  }
}

function checkKconfig(btf: Btf, { variables }: BtfDatasec): void {
  for (const { type } of variables) {
    const variable = btf.type(type);
    if (variable.kind !== 'var') throw new BtfError(`BTF: section '.kconfig' contains a ${variable.kind}`);
    const kind = elementKind(btf, variable.type);
    if (!KCONFIG.has(kind))
      throw new BtfError(`variable ${quoted(variable.name)} of .kconfig is a ${kind}, expected a number, bool or text`);
  }
}

function elementKind(btf: Btf, id: number): BtfKind {
  const type = btf.type(btf.resolve(id));
  return type.kind === 'array' ? elementKind(btf, type.element) : type.kind;
}
