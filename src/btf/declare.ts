/** TypeScript declarations of what `readValue` returns, for generated .d.ts files. */
import type { Btf } from './btf.js';
import { layoutOf } from './layout.js';
import { type EnumShape, isText, type Member, type Shape, type StructLayout } from './shape.js';

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
/** Names that a declaration would hide, though its own file may need them. */
const TAKEN = ['Array', 'String', 'Number', 'Boolean', 'BigInt', 'Object', 'Function', 'Symbol', 'Map', 'Set', 'Date'];

/**
 * Returns the TypeScript declaration of a struct or union as `readValue` returns it, under its name in PascalCase, and of
 * the structs and named enums inside it. Structs without a name are called after their member. Typedef names are kept
 * in comments.
 *
 * @throws BtfError when there is no such struct, or it is corrupt.
 */
export function declareStruct(btf: Btf, name: string): string {
  const declarations = new Declarations();
  declarations.nameOf(layoutOf(btf, name), name);
  return declarations.text();
}

class Declarations {
  readonly #names = new Map<StructLayout | EnumShape, string>();
  readonly #taken = new Set(TAKEN);
  /** In the order in which they are come across: a struct before what is inside it. */
  readonly #texts = new Map<string, string>();

  text(): string {
    return `${[...this.#texts.values()].join('\n\n')}\n`;
  }

  /** Name of the declaration of a struct, which is made when it is asked for first. */
  nameOf(layout: StructLayout, fallback: string): string {
    const known = this.#names.get(layout);
    if (known) return known;
    const name = this.#newName(layout, layout.name || fallback);
    const members = layout.members.map((member) => this.#member(member, name));
    this.#texts.set(name, `export interface ${name} {\n${members.join('')}}`);
    return name;
  }

  #member(member: Member, parent: string): string {
    const key = IDENTIFIER.test(member.name) ? member.name : JSON.stringify(member.name);
    const typedefs = member.typedefs.filter((typedef) => IDENTIFIER.test(typedef));
    const comment = typedefs.length > 0 ? `  /** ${typedefs.join(', ')} */\n` : '';
    return `${comment}  ${key}: ${this.#type(member.type, `${parent}_${member.name}`)};\n`;
  }

  #type(shape: Shape, fallback: string): string {
    switch (shape.kind) {
      case 'int':
        return shape.bool ? 'boolean' : numberType(shape.size);
      case 'pointer':
        return numberType(shape.size);
      case 'float':
        return 'number';
      case 'enum':
        return this.#enum(shape);
      case 'array': {
        if (isText(shape)) return 'string';
        const element = this.#type(shape.element, fallback);
        return element.includes(' ') ? `(${element})[]` : `${element}[]`;
      }
      case 'struct':
      case 'union':
        return this.nameOf(shape.layout, fallback);
    }
  }

  #enum(shape: EnumShape): string {
    const known = this.#names.get(shape);
    if (known) return known;
    const literals = [...shape.values.values()].map(
      (value) => `'${JSON.stringify(value).slice(1, -1).replaceAll("'", "\\'")}'`,
    );
    if (shape.name === '') return [...literals, numberType(shape.size)].join(' | ');
    const name = this.#newName(shape, shape.name);
    this.#texts.set(name, `export type ${name} =\n  | ${[...literals, numberType(shape.size)].join('\n  | ')};`);
    return name;
  }

  #newName(of: StructLayout | EnumShape, wanted: string): string {
    const words = wanted.split(/[^A-Za-z0-9$]+/).filter((word) => word !== '');
    const joined = words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('');
    const pascal = /^[A-Za-z$]/.test(joined) ? joined : `Struct${joined}`;
    let name = pascal;
    for (let number = 2; this.#taken.has(name); number++) name = `${pascal}${number}`;
    this.#taken.add(name);
    this.#names.set(of, name);
    // Keeps the place: what is inside comes after it.
    this.#texts.set(name, '');
    return name;
  }
}

function numberType(size: number): string {
  return size > 4 ? 'bigint' : 'number';
}
