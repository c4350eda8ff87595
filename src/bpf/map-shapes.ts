import { type Btf, shapeOf } from '../btf/index.js';
import type { MapShapes } from './map.js';

/** What the maps that C declares in `SEC(".maps")` say of their keys and values, by the map's name. */
export function mapShapes(btf: Btf): Map<string, MapShapes> {
  const shapes = new Map<string, MapShapes>();
  const id = btf.find('.maps', 'datasec');
  const section = id === undefined ? undefined : btf.type(id);
  if (section?.kind !== 'datasec') return shapes;
  for (const { type } of section.variables) {
    const variable = btf.type(type);
    if (variable.kind !== 'var') continue;
    const declaration = btf.type(btf.resolve(variable.type));
    if (declaration.kind !== 'struct') continue;
    // __type(key, T) declares a member `key` that points to T.
    const pointee = (name: string) => {
      const member = declaration.members.find((candidate) => candidate.name === name);
      const pointer = member && btf.type(btf.resolve(member.type));
      return pointer?.kind === 'ptr' ? shapeOf(btf, pointer.type).shape : undefined;
    };
    shapes.set(variable.name, { key: pointee('key'), value: pointee('value') });
  }
  return shapes;
}
