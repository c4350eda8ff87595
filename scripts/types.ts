/**
 * Writes src/trace/tool-types.ts: names of programs, maps and globals, and the columns of events, of each tool's object.
 * It needs the objects alone, because the tools do not compile without its output.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Btf, type BtfStruct, elfSections, elfSymbols, globalsOf } from '../src/btf/index.js';
import { type Column, EventRecord } from '../src/events/column.js';
import { ClockOffset, type EventContext } from '../src/events/context.js';
import { eventSchema } from '../src/events/schema.js';
import { formatted } from './formatted.js';
import { generate, root } from './generated.js';

const OUTPUT = 'src/trace/tool-types.ts';
const OBJECTS = join(root, 'dist/bpf', process.arch);
const SUFFIX = '.bpf.o';

/** Structs that events and rows of aggregates begin with. */
const FIRST = new Set(['event', 'tally']);

/** A context in which every column exists, and some cgroups do not. */
const CONTEXT: EventContext = {
  clock: new ClockOffset(0n),
  arch: process.arch,
  userName: () => undefined,
  groupName: () => undefined,
  cgroupPath: (id) => (id === 0n ? undefined : '/'),
  hostName: () => 'host',
  envNames: [],
  enumName: () => undefined,
  kernelSymbol: () => undefined,
};

/**
 * Words that sample records are filled with: nothing; the number 1; an error; text of one byte, at an offset where there
 * is none.
 */
const SAMPLES = [0, 1, 0xffffffff, 0x40000001];

function sampleRecords(size: number): EventRecord[] {
  return SAMPLES.map((word) => {
    const record = new EventRecord();
    const words = new Uint32Array(Math.ceil(size / 4)).fill(word);
    record.setBytes(Buffer.from(words.buffer));
    record.length = 2 ** 31;
    return record;
  });
}

function typeOf(value: unknown, { kind }: Column): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  if (kind === 'list') return Array.isArray(value) ? 'string[]' : 'Record<string, string>';
  return kind === 'histogram' ? 'Histogram' : 'Value';
}

/** A member of an interface. */
function member(column: Column, records: readonly EventRecord[]): string {
  const types = records.flatMap((record) => {
    try {
      const value = column.value(record);
      return value === undefined ? [] : [typeOf(value, column)];
    } catch (error) {
      // Not every sample is a possible text.
      if (error instanceof RangeError) return [];
      throw error;
    }
  });
  if (types.length === 0) throw new Error(`no sample record has a value of ${column.name}`);
  const union = [...new Set(types)].sort((a, b) => Number(a === 'null') - Number(b === 'null'));
  return `${column.name}${column.isPresent ? '?' : ''}: ${union.join(' | ')};`;
}

/** The named struct that a struct begins with, embedded without a name. */
function beginning(btf: Btf, struct: BtfStruct): BtfStruct | undefined {
  const [first] = struct.members;
  const type = first?.name === '' ? btf.type(btf.resolve(first.type)) : undefined;
  return type?.kind === 'struct' && type.name !== '' ? type : undefined;
}

function membersOf(btf: Btf, struct: string): string[] {
  const { columns, size } = eventSchema(btf, struct, CONTEXT);
  const records = sampleRecords(size);
  return columns.map((column) => member(column, records));
}

const pascal = (name: string) => name.replace(/(?:^|_)([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());

/** Interfaces by name. Tools share those of the structs that their own begin with. */
type Interfaces = Map<string, string>;

/** Adds the interface of a struct and of what it begins with; returns its name. */
function addInterface(btf: Btf, struct: BtfStruct, interfaces: Interfaces): string {
  const name = FIRST.has(struct.name) ? pascal(`${struct.name}_columns`) : pascal(struct.name);
  const base = beginning(btf, struct);
  const inherited = base ? membersOf(btf, base.name) : [];
  const own = membersOf(btf, struct.name).filter((line) => !inherited.includes(line));
  const parent = base && addInterface(btf, base, interfaces);
  const body = own.length > 0 ? `{\n${own.join('\n')}\n}` : '{}';
  const text = `export interface ${name} ${parent ? `extends ${parent} ` : ''}${body}`;
  if ((interfaces.get(name) ?? text) !== text) throw new Error(`struct ${struct.name} is not the same in all objects`);
  interfaces.set(name, text);
  return name;
}

/** Whether a struct is an event or a row. */
function isEvent(btf: Btf, struct: BtfStruct): boolean {
  const base = beginning(btf, struct);
  return base !== undefined && (FIRST.has(base.name) || isEvent(btf, base));
}

function structsOf(btf: Btf, tool: string, interfaces: Interfaces): string {
  const members = [...btf.ofKind('struct')].flatMap((id) => {
    const struct = btf.type(id);
    if (struct.kind !== 'struct' || !struct.name.startsWith(`${tool}_`) || !isEvent(btf, struct)) return [];
    return [`${struct.name}: ${addInterface(btf, struct, interfaces)}`];
  });
  return `{ ${members.sort().join('; ')} }`;
}

const words = (names: readonly string[]) => `Words<'${[...new Set(names)].sort().join(' ')}'>`;

function programsOf(elf: Uint8Array): string[] {
  const text = elfSections(elf).get('.text')?.index;
  const isProgram = ({ type, binding, section }: { type: string; binding: string; section: number }) =>
    type === 'function' && binding === 'global' && section !== text;
  return elfSymbols(elf)
    .filter(isProgram)
    .map(({ name }) => name);
}

function mapsOf(btf: Btf): string[] {
  return [...btf.ofKind('datasec')].flatMap((id) => {
    const section = btf.type(id);
    if (section.kind !== 'datasec' || section.name !== '.maps') return [];
    return section.variables.map(({ type }) => btf.type(type).name);
  });
}

function entry(tool: string, interfaces: Interfaces): string {
  const elf = readFileSync(join(OBJECTS, `${tool}${SUFFIX}`));
  const btf = Btf.parse(elf);
  const constants = globalsOf(elf, btf).filter(({ section, isStatic }) => section.startsWith('.rodata') && !isStatic);
  return `${tool}: {
    programs: ${words(programsOf(elf))};
    maps: ${words(mapsOf(btf))};
    globals: ${words(constants.map(({ name }) => name))};
    structs: ${structsOf(btf, tool, interfaces)};
  };`;
}

const tools = readdirSync(OBJECTS)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => basename(file, SUFFIX));
const interfaces: Interfaces = new Map();
const entries = tools.sort().map((tool) => entry(tool, interfaces));
const declared = [...interfaces.values()].join('\n\n');
const imports = [
  { type: 'Value', from: '../btf/index.js' },
  { type: 'Histogram', from: '../events/column.js' },
].filter(({ type }) => new RegExp(`: ${type}\\b`).test(declared));
const text = `/** The contents of the tools' BPF objects. Generated by make types: do not edit. */
${imports.map(({ type, from }) => `import type { ${type} } from '${from}';`).join('\n')}

/** The words of a text. */
type Words<Text extends string, Found = never> = Text extends \`\${infer First} \${infer Rest}\`
  ? Words<Rest, Found | First>
  : Found | Text;

${declared}

/** By tool: names that its definition may use, and its events and rows of aggregates. */
export interface ToolTypes {
${entries.join('\n')}
}
`;
generate(new Map([[OUTPUT, formatted(text, OUTPUT)]]));
