/** TypeScript declarations of values returned by `readValue`, for generated .d.ts files. */
import type { Btf } from './btf.js';
import { layoutOf } from './layout.js';
import { type EnumShape, isText, type Member, type Shape, type StructLayout } from './shape.js';

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
/** Global names that a declaration must not hide in its own file. */
const TAKEN = ['Array', 'String', 'Number', 'Boolean', 'BigInt', 'Object', 'Function', 'Symbol', 'Map', 'Set', 'Date'];

/**
 * Returns the TypeScript declaration of a struct or union as `readValue` returns it, under its name in PascalCase, and
 * of the structs and named enums inside it. Anonymous structs are named after their member. Typedef names are kept in
 * comments.
 *
 * @throws BtfError if there is no such struct, or it is corrupt.
 */
export function declareStruct(btf: Btf, name: string): string {
  const declarations = new Declarations();
  declarations.nameOf(layoutOf(btf, name), name);
  return declarations.text();
}

/** The texts of btf_decl_tag attributes of a struct, or of a member of it. */
export type TagsOf = (struct: StructLayout, member?: string) => readonly string[];

/** `/** a, b *\/` on a line of its own; '' for no words. What would end the comment is left out. */
export function commentOf(words: readonly string[], indent = ''): string {
  const text = words.map((word) => word.replaceAll('*/', '').replace(/\s+/g, ' ').trim()).filter((word) => word !== '');
  return text.length > 0 ? `${indent}/** ${text.join(', ')} */\n` : '';
}

/** Declarations of types as `readValue` returns them, each once and under a name of its own. */
export class Declarations {
  readonly #tagsOf: TagsOf;
  readonly #names = new Map<StructLayout | EnumShape, string>();
  readonly #taken = new Set(TAKEN);
  /** In order of first use: a struct before those inside it. */
  readonly #texts = new Map<string, string>();

  constructor(tagsOf: TagsOf = () => []) {
    this.#tagsOf = tagsOf;
  }

  text(): string {
    return `${[...this.#texts.values()].join('\n\n')}\n`;
  }

  /** Reserves a name, or another one if it is taken. */
  reserve(wanted: string): string {
    const name = this.#free(wanted);
    this.#taken.add(name);
    return name;
  }

  /** Name of a struct's declaration, which is made at its first use. */
  nameOf(layout: StructLayout, fallback: string): string {
    const known = this.#names.get(layout);
    if (known) return known;
    const name = this.#newName(layout, layout.name || fallback);
    const members = layout.members.map((member) => this.#member(member, name, layout));
    const comment = commentOf(this.#tagsOf(layout));
    this.#texts.set(name, `${comment}export interface ${name} {\n${members.join('')}}`);
    return name;
  }

  #member(member: Member, parent: string, layout: StructLayout): string {
    const key = IDENTIFIER.test(member.name) ? member.name : JSON.stringify(member.name);
    const typedefs = member.typedefs.filter((typedef) => IDENTIFIER.test(typedef));
    const tags = this.#tagsOf(layout, member.name);
    const comment = commentOf(tags.length > 0 ? tags : typedefs, '  ');
    return `${comment}  ${key}: ${this.typeOf(member.type, `${parent}_${member.name}`)};\n`;
  }

  /** The type of a value. Anonymous structs are named `fallback`. */
  typeOf(shape: Shape, fallback: string): string {
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
        const element = this.typeOf(shape.element, fallback);
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

  #free(wanted: string): string {
    let name = wanted;
    for (let number = 2; this.#taken.has(name); number++) name = `${wanted}${number}`;
    return name;
  }

  #newName(of: StructLayout | EnumShape, wanted: string): string {
    const words = wanted.split(/[^A-Za-z0-9$]+/).filter((word) => word !== '');
    const joined = words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('');
    const pascal = /^[A-Za-z$]/.test(joined) ? joined : `Struct${joined}`;
    const name = this.reserve(pascal);
    this.#names.set(of, name);
    // Reserve the place before the structs inside it.
    this.#texts.set(name, '');
    return name;
  }
}

function numberType(size: number): string {
  return size > 4 ? 'bigint' : 'number';
}
