/** CO-RE relocations of a BPF object. Source: Documentation/bpf/btf.rst (.BTF.ext); include/uapi/linux/bpf.h. */
import { Btf } from './btf.js';
import { extRecords } from './btf-ext.js';
import { elfSections, readBtfBytes } from './elf.js';

/** enum bpf_core_relo_kind: the ID of a type in the object itself, which needs no kernel type. */
const TYPE_ID_LOCAL = 6;
/**
 * Relocations that need more of the kernel's types than named ones and those embedded in them: IDs, and types behind
 * pointers.
 */
const NEEDS_ALL = new Set([7, 12]);

/** The part of a type's name that is searched for: the suffix after ___ distinguishes versions. */
export const essentialName = (name: string) => name.replace(/(?<=[^_])___[^_].*$/s, '');

/**
 * Returns the names of the types at which an object's relocations start; undefined if one of them depends on all of the
 * kernel's types.
 *
 * @throws BtfError if the object or its BTF is damaged.
 */
export function relocatedTypes(object: Uint8Array): Set<string> | undefined {
  const names = new Set<string>();
  const bytes = elfSections(object).get('.BTF.ext')?.bytes;
  if (!bytes) return names;
  const btf = Btf.parse(readBtfBytes(object));
  for (const { u32 } of extRecords(bytes, btf.littleEndian, 'relocations')) {
    const kind = u32(12);
    if (NEEDS_ALL.has(kind)) return undefined;
    if (kind !== TYPE_ID_LOCAL) names.add(essentialName(btf.type(u32(4)).name));
  }
  return names;
}
