/** A typed TypeScript module for a BPF object: its programs, maps, variables and types. */
import { knownShapes } from '../bpf/map-shapes.js';
import { isPerCpu, mapTypeOf } from '../bpf/map-type.js';
import {
  Btf,
  commentOf,
  Declarations,
  globalsOf,
  layoutOf,
  mapsOf,
  programsOf,
  readBtfBytes,
  type Shape,
  type StructLayout,
} from '../btf/index.js';
import { membersOf } from '../events/declare.js';

export interface SkeletonOptions {
  /** The object's file name, as the module finds it beside itself: `counter.bpf.o`. */
  file: string;
  /** Whether the module contains the object's bytes, so that it needs no file. */
  isEmbedded?: boolean;
  /** The package that the module imports (default: `snoopkit`). */
  library?: string;
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
/** Length of a line of an embedded object's base64 text, in characters. */
const LINE = 100;
/** Size of an index and of a descriptor, where libbpf needs no declaration of it. */
const IMPLIED_SIZE = 4;

const pascal = (name: string) =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
    .replace(/^(?![A-Za-z])/, 'Object');

const text = (value: string) => `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
const key = (name: string) => (IDENTIFIER.test(name) ? name : text(name));

/** The texts of btf_decl_tag attributes, by the name of what they are on. */
class Tags {
  readonly #texts = new Map<string, string[]>();

  constructor(btf: Btf) {
    for (const id of btf.ofKind('decl_tag')) {
      const tag = btf.type(id);
      if (tag.kind !== 'decl_tag' || tag.attribute) continue;
      const on = btf.type(tag.type);
      const isStruct = on.kind === 'struct' || on.kind === 'union';
      if (!isStruct && on.kind !== 'var' && on.kind !== 'func') continue;
      // Those of a function's parameters describe no value.
      if (!isStruct && tag.componentIndex >= 0) continue;
      const member = isStruct ? on.members[tag.componentIndex]?.name : undefined;
      const place = this.#place(on.kind, on.name, member);
      this.#texts.set(place, [...(this.#texts.get(place) ?? []), tag.name]);
    }
  }

  #place = (kind: string, name: string, member?: string) => [kind, name, member ?? ''].join('\0');

  of(kind: 'struct' | 'union' | 'var' | 'func', name: string, member?: string): readonly string[] {
    return name === '' ? [] : (this.#texts.get(this.#place(kind, name, member)) ?? []);
  }
}

/** The lines of an interface's member that is an object type. */
function group(name: string, comment: string, members: readonly string[]): string {
  const body = members.length > 0 ? `{\n${members.join('')}  }` : 'Record<never, never>';
  return `  /** ${comment} */\n  ${name}: ${body};\n`;
}

/** Structs that pointers among the variables refer to, which is how programs keep the types of their events. */
function* pointedTo(btf: Btf): Generator<StructLayout> {
  for (const id of btf.ofKind('var')) {
    const variable = btf.type(id);
    const pointer = variable.kind === 'var' ? btf.type(btf.resolve(variable.type)) : undefined;
    if (pointer?.kind !== 'ptr') continue;
    const target = btf.type(btf.resolve(pointer.type));
    if ((target.kind === 'struct' || target.kind === 'union') && target.name !== '') yield layoutOf(btf, target.name);
  }
}

/** The structs among them, each once, with the members of their events. */
function eventsOf(btf: Btf): { readonly struct: string; readonly members: readonly string[] }[] {
  const names = [...pointedTo(btf)].filter(({ kind }) => kind === 'struct').map((layout) => layout.name);
  return [...new Set(names)].map((struct) => {
    // A nested member may have the name of another one.
    const members = new Map(membersOf(btf, struct).map((line) => [line.replace(/\??: .*/, ''), line]));
    return { struct, members: [...members.values()] };
  });
}

const hasType = (members: readonly string[], type: string) => members.some((line) => line.endsWith(`: ${type};`));
/** The order in which Biome sorts imported names. */
const collated = (name: string) => name.replace(/^type /, '');

/**
 * Returns the module's source. It is the same for the same object. Values are typed as the library reads them: integers
 * up to 4 bytes are numbers, longer ones bigints, texts strings, structs objects.
 *
 * @throws BtfError if the object is damaged or has no BTF.
 */
export function skeleton(object: Uint8Array, options: SkeletonOptions): string {
  const { file, isEmbedded = false, library = 'snoopkit' } = options;
  const btf = Btf.parse(readBtfBytes(object));
  const tags = new Tags(btf);
  const declarations = new Declarations(({ kind, name }, member) => tags.of(kind, name, member));
  const name = pascal(file.replace(/(\.bpf)?\.o$/, ''));
  const contents = declarations.reserve(`${name}Contents`);
  const used = ['BpfObject', 'OpenedObject', 'OpenOptions', 'Record', 'Uint8Array', `open${name}`];
  for (const taken of used) declarations.reserve(taken);
  const eventful = eventsOf(btf);
  const imported = ['Histogram', 'Value'].filter((type) => eventful.some(({ members }) => hasType(members, type)));
  for (const taken of imported) declarations.reserve(taken);

  const member = (of: string, comment: readonly string[], type: string) =>
    `${commentOf(comment, '    ')}    ${key(of)}: ${type};\n`;
  const typeOf = (shape: Shape | undefined, fallback: string) =>
    shape ? declarations.typeOf(shape, fallback) : 'Uint8Array';
  const arrayOf = (type: string) => (type.includes(' ') ? `(${type})[]` : `${type}[]`);

  const programs = programsOf(object).map((program) =>
    member(program.name, tags.of('func', program.name), text(program.section)),
  );
  const maps = mapsOf(btf).map(({ name: map, type, keySize, valueSize, ...declared }) => {
    const sizes = { keySize: keySize || IMPLIED_SIZE, valueSize: valueSize || IMPLIED_SIZE };
    const shapes = knownShapes(declared, { type, ...sizes });
    const value = typeOf(shapes.value, `${map}_value`);
    const values = isPerCpu(mapTypeOf(type)) ? arrayOf(value) : value;
    return member(map, tags.of('var', map), `{ key: ${typeOf(shapes.key, `${map}_key`)}; value: ${values} }`);
  });
  const variables = globalsOf(object, btf).map((variable) => ({
    isConstant: variable.section.startsWith('.rodata'),
    line: member(variable.name, tags.of('var', variable.name), typeOf(variable.shape, variable.name)),
  }));
  const linesOf = (isConstant: boolean) =>
    variables.filter((variable) => variable.isConstant === isConstant).map(({ line }) => line);
  const structs = [...pointedTo(btf)].map((layout) =>
    member(layout.name, tags.of(layout.kind, layout.name), declarations.nameOf(layout, layout.name)),
  );

  const interfaces: string[] = [];
  const events = eventful.map(({ struct, members }) => {
    const type = declarations.reserve(`${pascal(struct)}Event`);
    interfaces.push(
      `/** ${struct}, as an EventReader reads it. */\nexport interface ${type} {\n  ${members.join('\n  ')}\n}`,
    );
    return member(struct, tags.of('struct', struct), type);
  });

  const parts = [
    group('programs', 'By name: their sections.', programs),
    group('maps', 'By name: their keys and values.', maps),
    group('globals', 'Variables that can be read and set while the programs run.', linesOf(false)),
    group('constants', 'Variables that are set before load.', linesOf(true)),
    group('structs', 'Structs that variables point to, such as events.', [...new Set(structs)]),
    group('events', 'The same structs, as an EventReader reads them.', events),
  ];
  const types = [declarations.text().trim(), ...interfaces].filter((text) => text !== '').join('\n\n');
  const names = ['BpfObject', ...imported.map((type) => `type ${type}`), 'type OpenedObject', 'type OpenOptions'];
  const sorted = names.sort((a, b) => collated(a).localeCompare(collated(b), 'en'));
  return `/** The contents of ${file}. Generated by snoopkit gen types: do not edit. */
${isEmbedded ? '' : "import { fileURLToPath } from 'node:url';\n"}import { ${sorted.join(', ')} } from ${text(library)};

${types}${types ? '\n\n' : ''}export interface ${contents} {
${parts.join('')}}

/** Opens ${file}${isEmbedded ? ', which this module contains' : ' beside this module'}. Throws as BpfObject.open() does. */
export function open${name}(options: OpenOptions = {}): OpenedObject<${contents}> {
  return BpfObject.open<${contents}>(${isEmbedded ? 'BYTES' : `fileURLToPath(new URL(${text(encodeURIComponent(file))}, import.meta.url))`}, ${
    isEmbedded ? `{ name: ${text(file.replace(/\..*/, ''))}, ...options }` : 'options'
  });
}
${isEmbedded ? embedded(object) : ''}`;
}

function embedded(object: Uint8Array): string {
  const base64 = Buffer.from(object).toString('base64');
  const lines = base64.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return `\nconst BYTES = Buffer.from(\n  [\n${lines.map((line) => `    '${line}',\n`).join('')}  ].join(''),\n  'base64',\n);\n`;
}
