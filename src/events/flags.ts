import type { Shape } from '../btf/index.js';
import type { ColumnMaker } from './kind.js';
import { namedValues } from './numbers.js';

/** The names of the bits that are set, in the order of the list, where those that contain others come first; what has no name in hexadecimal. */
export function flagNames(flags: number, named: Iterable<readonly [flag: number, name: string]>): string[] {
  const names: string[] = [];
  let rest = flags >>> 0;
  for (const [flag, name] of named) {
    if (flag === 0 || (rest & flag) >>> 0 !== flag >>> 0) continue;
    names.push(name);
    rest = (rest & ~flag) >>> 0;
  }
  if (rest !== 0) names.push(`0x${rest.toString(16)}`);
  return names;
}

/** An enum whose name ends in `_flags`: `REUSEADDR|V6ONLY`; nothing where no bit is set. */
export const flagsColumns: ColumnMaker = (field) => {
  const { values } = field.shape as Extract<Shape, { kind: 'enum' }>;
  return [namedValues(field, 14, (flags) => flagNames(flags, values as Iterable<[number, string]>).join('|'))];
};
