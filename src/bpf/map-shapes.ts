import { Btf, type DeclaredMap, type Member, mapsOf, type Shape, shapeOf, sizeOfShape } from '../btf/index.js';
import type { NativeMap, NativeMapDescription } from '../native/binding.js';
import { HOLDS_DESCRIPTORS, IS_INDEXED, IS_STORAGE, mapTypeOf } from './map-type.js';

/** The declared types of a map's keys and values; undefined where only the size is declared. */
export type MapShapes = Pick<DeclaredMap, 'key' | 'value'>;

/** The types of the maps declared in `SEC(".maps")`, by the map's name. */
export function mapShapes(btf: Btf): Map<string, MapShapes> {
  return new Map(mapsOf(btf).map(({ name, key, value }) => [name, { key, value }]));
}

const integer = (size: number, signed = false): Shape => ({ kind: 'int', size, signed, bool: false, char: false });
const member = (name: string, offset: number, type: Shape): Member => ({ name, offset, type, typedefs: [] });

/** struct bpf_devmap_val and bpf_cpumap_val of include/uapi/linux/bpf.h: a number, and a program to run there. */
function redirection(number: string): Shape {
  const program: Shape = {
    kind: 'union',
    layout: {
      kind: 'union',
      name: 'bpf_prog',
      size: 4,
      members: [member('fd', 0, integer(4, true)), member('id', 0, integer(4))],
    },
  };
  const members = [member(number, 0, integer(4)), member('bpf_prog', 4, program)];
  return { kind: 'struct', layout: { kind: 'struct', name: 'redirection', size: 8, members } };
}

const REDIRECTIONS: Record<string, Shape> = {
  devmap: redirection('ifindex'),
  devmap_hash: redirection('ifindex'),
  cpumap: redirection('qsize'),
};

/** The shapes of a map, with those that the kernel defines by the map's type where none is declared. */
export function knownShapes(
  { key, value }: MapShapes,
  info: Pick<NativeMapDescription, 'type' | 'keySize' | 'valueSize'>,
): MapShapes {
  const type = mapTypeOf(info.type);
  const { keySize, valueSize } = info;
  const isNumber = valueSize === 4 || valueSize === 8;
  const redirected = REDIRECTIONS[type];
  return {
    key: key ?? (keySize === 4 && (IS_INDEXED.has(type) || IS_STORAGE.has(type)) ? integer(4) : undefined),
    value:
      value ??
      (isNumber && HOLDS_DESCRIPTORS.has(type) ? integer(valueSize) : undefined) ??
      (redirected && valueSize === 4 ? integer(4) : undefined) ??
      (redirected && valueSize === 8 ? redirected : undefined),
  };
}

/** The types of a map that is not an object's: from the BTF that it was made with, if there is any that may be read. */
export function shapesOf(native: NativeMap, info: NativeMapDescription): MapShapes {
  const raw = native.types();
  if (typeof raw === 'number') return { key: undefined, value: undefined };
  const btf = Btf.parse(raw);
  const typed = (id: number, size: number) => {
    const shape = id === 0 ? undefined : shapeOf(btf, id).shape;
    return shape && sizeOfShape(shape) === size ? shape : undefined;
  };
  return { key: typed(info.keyType, info.keySize), value: typed(info.valueType, info.valueSize) };
}
