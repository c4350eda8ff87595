import { UsageError } from '../errors.js';
import type { TraceFlagValues } from './options.js';
import type { ToolDefinition } from './tool.js';
import { LISTS, type ToolFlag } from './tool-flag.js';

/** A value as on the command line, where everything is text. */
export type Text = string | number;
/** One value or several. */
export type Texts = Text | readonly Text[];

/** Options of a tool by the names of its flags, in camel case. */
export type ToolOptions = Readonly<Record<string, boolean | Texts | undefined>>;

const SHARED_LISTS = ['pid', 'tid', 'ppid', 'uid', 'comm', 'cgroup', 'mntns', 'netns', 'hooks'] as const;
const SHARED_SWITCHES = ['follow', 'failed'] as const;
const SHARED_TEXTS = ['duration', 'max-events', 'buffer', 'btf', 'fields'] as const;
const SOCKET_LISTS = ['port', 'local-port', 'remote-port', 'addr', 'local-addr', 'remote-addr'] as const;
const SOCKET_SWITCHES = ['ipv4', 'ipv6', 'dns'] as const;
const REPORT_SWITCHES = ['once'] as const;
const REPORT_TEXTS = ['sort', 'rows', 'interval'] as const;

type CamelCase<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;

/** Options of these names. */
type Options<Names extends readonly string[], Value> = { readonly [Name in Names[number] as CamelCase<Name>]?: Value };

/** Options of every tool; `fields` is a list of columns, or a text that separates them by commas. */
export type SharedOptions = Options<typeof SHARED_LISTS, Texts> &
  Options<typeof SHARED_SWITCHES, boolean> &
  Omit<Options<typeof SHARED_TEXTS, Text>, 'fields'>;

/** Further options of tools that trace sockets. */
export type SocketOptions = Options<typeof SOCKET_LISTS, Texts> & Options<typeof SOCKET_SWITCHES, boolean>;

/** Further options of tools that report aggregates. */
export type ReportOptions = Options<typeof REPORT_SWITCHES, boolean> & Options<typeof REPORT_TEXTS, Text>;

type Form = 'switch' | 'text' | 'list';

/** How the value of a tool's own flag is given. */
export function formOf(takes: ToolFlag['takes']): Form {
  if (takes === undefined) return 'switch';
  return LISTS.has(takes) ? 'list' : 'text';
}

/** How the value of each option of a tool is given. */
function formsOf({ flags = {}, sockets, tally }: ToolDefinition): ReadonlyMap<string, Form> {
  const all = (names: readonly string[], form: Form) => names.map((name): [string, Form] => [name, form]);
  const own = Object.entries(flags).map(([name, { takes }]): [string, Form] => [name, formOf(takes)]);
  return new Map([
    ...all(SHARED_LISTS, 'list'),
    ...all(SHARED_SWITCHES, 'switch'),
    ...all(SHARED_TEXTS, 'text'),
    ...(sockets ? [...all(SOCKET_LISTS, 'list'), ...all(SOCKET_SWITCHES, 'switch')] : []),
    ...(tally ? [...all(REPORT_SWITCHES, 'switch'), ...all(REPORT_TEXTS, 'text')] : []),
    ...own,
  ]);
}

/** Converts options to flags of the command line, as texts. Throws UsageError for an unknown option or a wrong type. */
export function toolFlags(tool: ToolDefinition, options: ToolOptions): TraceFlagValues & Record<string, unknown> {
  const forms = formsOf(tool);
  const flags: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const name = option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const form = forms.get(name);
    if (form === undefined) throw new UsageError(`${tool.name} has no option ${option}`);
    const isList = Array.isArray(value);
    if (form === 'switch') {
      if (typeof value !== 'boolean') throw new UsageError(`${option}: expected true or false`);
      if (value) flags[name] = true;
    } else if (typeof value === 'boolean') throw new UsageError(`${option}: expected a value`);
    else if (form === 'list') flags[name] = (isList ? value : [value]).map(String);
    else if (isList && name !== 'fields') throw new UsageError(`${option}: expected one value`);
    else flags[name] = String(value);
  }
  return flags;
}
