import { UsageError } from '../errors.js';
import type { TraceFlagValues } from './options.js';
import type { ToolDefinition } from './tool.js';
import { LISTS } from './tool-flag.js';

/** A value as on the command line, where everything is text. */
type OptionValue = string | number | boolean;

/** Options of a tool by the names of its flags, in camel case. */
export type ToolOptions = Readonly<Record<string, OptionValue | readonly OptionValue[] | undefined>>;

const SHARED_LISTS = ['pid', 'tid', 'ppid', 'uid', 'comm', 'cgroup', 'mntns', 'netns', 'hooks'] as const;
const SHARED = ['follow', 'failed', 'duration', 'max-events', 'buffer', 'btf', 'fields'] as const;
const SOCKET_LISTS = ['port', 'local-port', 'remote-port', 'addr', 'local-addr', 'remote-addr'] as const;
const SOCKETS = ['ipv4', 'ipv6', 'dns'] as const;
const REPORTS = ['sort', 'rows', 'interval', 'once'] as const;
const SWITCHES = new Set<string>(['follow', 'failed', 'ipv4', 'ipv6', 'dns', 'once']);

type Form = 'switch' | 'text' | 'list';

/** How the value of each option of a tool is given. */
function formsOf({ flags = {}, sockets, tally }: ToolDefinition): ReadonlyMap<string, Form> {
  const plain = (name: string): [string, Form] => [name, SWITCHES.has(name) ? 'switch' : 'text'];
  const list = (name: string): [string, Form] => [name, 'list'];
  const own = Object.entries(flags).map(([name, { takes }]): [string, Form] => {
    if (takes === undefined) return [name, 'switch'];
    return LISTS.has(takes) ? list(name) : [name, 'text'];
  });
  return new Map([
    ...SHARED_LISTS.map(list),
    ...SHARED.map(plain),
    ...(sockets ? [...SOCKET_LISTS.map(list), ...SOCKETS.map(plain)] : []),
    ...(tally ? REPORTS.map(plain) : []),
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
