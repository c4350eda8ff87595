/**
 * Mapping of events to OpenTelemetry's semantic conventions (1.45.0), and to snoopkit's own names where these have
 * none.
 */
import type { ByName } from '../events/by-name.js';

/** A column's attribute: one name, several, or a name with conditions. */
export type AttributeRule<Column extends string = string> =
  | string
  | readonly string[]
  | {
      readonly name: string | readonly string[];
      /** Converts the kernel's or snoopkit's value to that of the conventions. */
      readonly as?: keyof typeof CHANGES;
      /** Omitted if this column is present. */
      readonly unless?: Column;
      /** Omitted if this column is absent or 0. */
      readonly with?: Column;
      /** An additional name, selected by the column `role`: which end opened the connection. */
      readonly byRole?: Readonly<Record<'client' | 'server', string>>;
    };

/** Mapping of a tool's events, as data. Defaults follow from the names of the event and its columns. */
export interface OtlpMapping<Column extends string = string> {
  /** The event's name after `snoopkit.`, such as `file.open`; by default, JSON's `event`. */
  readonly event?: string;
  /** Rules by column. Default: the shared rules below, or `snoopkit.<event>.<column>` with JSON's names. */
  readonly attributes?: ByName<Column, AttributeRule<Column>>;
  /** Constant attributes of all events. */
  readonly constants?: Readonly<Record<string, string>>;
  /** Operations exported as spans with --otlp-spans. Processes need the flag --trace-context. */
  readonly spans?: 'processes' | 'connections';
  /** Events with severity WARN: all, or those in which one of these columns is present and not 0. Default: `error`. */
  readonly warns?: 'always' | readonly Column[];
}

/** Prefix of names outside the conventions. */
export const OWN = 'snoopkit.';
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.45.0';

/** Rules of columns that have one meaning in all tools. */
const SHARED: Readonly<Record<string, AttributeRule>> = {
  pid: 'process.pid',
  tid: 'thread.id',
  ppid: 'process.parent_pid',
  // A name of 15 bytes that the process may choose, hence not the executable's.
  comm: `${OWN}process.comm`,
  thread_comm: 'thread.name',
  uid: 'process.real_user.id',
  user: 'process.real_user.name',
  euid: 'process.user.id',
  euser: 'process.user.name',
  cgroup: 'process.linux.cgroup',
  error: 'error.type',
  args: 'process.command_args',
  local_addr: 'network.local.address',
  local_port: 'network.local.port',
  // A listening or unconnected socket has no peer.
  remote_addr: { name: 'network.peer.address', with: 'remote_port' },
  remote_port: { name: 'network.peer.port', with: 'remote_port' },
  direction: { name: 'network.io.direction', as: 'direction' },
  remote_name: `${OWN}network.peer.name`,
  family: 'network.type',
  netns: `${OWN}network.namespace`,
};

/** The rule of a column. */
export function ruleOf(column: string, event: string, { attributes = {} }: OtlpMapping): AttributeRule {
  return attributes[column] ?? SHARED[column] ?? `${OWN}${event}.${column}`;
}

/** A rule in its long form. */
type FullRule = Exclude<AttributeRule, string | readonly string[]>;

const fullRule = (rule: AttributeRule): FullRule =>
  typeof rule === 'string' || Array.isArray(rule) ? { name: rule } : (rule as FullRule);

/** A rule without its names. */
export const detailsOf = (rule: AttributeRule): Omit<FullRule, 'name'> => fullRule(rule);

/** Other columns on which the attribute depends. */
export function othersOf(rule: AttributeRule): readonly string[] {
  const { unless, with: needed, byRole } = fullRule(rule);
  return [unless, needed, byRole && 'role'].filter((name) => name !== undefined);
}

/** Names of the attributes, except those by role. */
export function namesOf(rule: AttributeRule): readonly string[] {
  const { name } = fullRule(rule);
  return typeof name === 'string' ? [name] : name;
}

/** All possible names, including those by role. */
export const allNamesOf = (rule: AttributeRule): readonly string[] => [
  ...namesOf(rule),
  ...Object.values(fullRule(rule).byRole ?? {}),
];

/** Values of network.connection.state by the kernel's names, if they differ by more than case. */
const TCP_STATES: Readonly<Record<string, string>> = {
  CLOSE: 'closed',
  SYN_RECV: 'syn_received',
  NEW_SYN_RECV: 'syn_received',
  FIN_WAIT1: 'fin_wait_1',
  FIN_WAIT2: 'fin_wait_2',
  LISTEN: 'listen',
};

const DIRECTIONS: Readonly<Record<string, string>> = {
  send: 'transmit',
  sent: 'transmit',
  received: 'receive',
};

/** Conversions of values: to network.connection.state, to network.io.direction, or to lower case. */
export const CHANGES = {
  tcp_state: (name: string) => TCP_STATES[name] ?? name.toLowerCase(),
  direction: (name: string) => DIRECTIONS[name] ?? name,
  lower: (text: string) => text.toLowerCase(),
} as const;
