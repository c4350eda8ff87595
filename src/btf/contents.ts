/** Programs and maps of a BPF object, as its source declares them. Source: bpf_helpers.h of libbpf. */
import type { Btf } from './btf.js';
import { elfSections, elfSymbols } from './elf.js';
import { shapeOf } from './layout.js';
import type { Shape } from './shape.js';

/** A program. */
export interface DeclaredProgram {
  readonly name: string;
  /** Its ELF section. */
  readonly section: string;
}

/** A map of `SEC(".maps")`. */
export interface DeclaredMap {
  readonly name: string;
  /** enum bpf_map_type */
  readonly type: number;
  /** Undefined where only the size is declared, as are values. */
  readonly key: Shape | undefined;
  readonly value: Shape | undefined;
  /** As `key_size` and `value_size` declare them; 0 where they don't. */
  readonly keySize: number;
  readonly valueSize: number;
}

/** The section of functions that programs call. */
const SUBPROGRAMS = '.text';

/**
 * Returns the programs of an object, in the order of its symbols: global functions outside of .text.
 *
 * @throws BtfError if the object is damaged.
 */
export function programsOf(elf: Uint8Array): DeclaredProgram[] {
  const sections = new Map([...elfSections(elf).values()].map(({ index, name }) => [index, name]));
  return elfSymbols(elf).flatMap(({ name, type, binding, section }) => {
    const where = sections.get(section);
    const isProgram = type === 'function' && binding === 'global' && where !== undefined && where !== SUBPROGRAMS;
    return isProgram ? [{ name, section: where }] : [];
  });
}

/**
 * Returns the maps that an object declares, in the order of its BTF.
 *
 * @throws BtfError if the BTF is damaged.
 */
export function mapsOf(btf: Btf): DeclaredMap[] {
  const id = btf.find('.maps', 'datasec');
  const section = id === undefined ? undefined : btf.type(id);
  if (section?.kind !== 'datasec') return [];
  return section.variables.flatMap(({ type }) => {
    const variable = btf.type(type);
    const declaration = variable.kind === 'var' ? btf.type(btf.resolve(variable.type)) : undefined;
    if (declaration?.kind !== 'struct') return [];
    /** The type ID that a member points to: __uint(type, N) is an `int (*type)[N]`, and __type(key, T) a `T *key`. */
    const pointee = (name: string) => {
      const member = declaration.members.find((candidate) => candidate.name === name);
      const pointer = member && btf.type(btf.resolve(member.type));
      return pointer?.kind === 'ptr' ? pointer.type : undefined;
    };
    const number = (name: string) => {
      const target = pointee(name);
      const array = target === undefined ? undefined : btf.type(btf.resolve(target));
      return array?.kind === 'array' ? array.length : 0;
    };
    const shape = (name: string) => {
      const target = pointee(name);
      return target === undefined ? undefined : shapeOf(btf, target).shape;
    };
    return [
      {
        name: variable.name,
        type: number('type'),
        key: shape('key'),
        value: shape('value'),
        keySize: number('key_size'),
        valueSize: number('value_size'),
      },
    ];
  });
}
