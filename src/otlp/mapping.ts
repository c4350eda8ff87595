/** How events are told by OpenTelemetry's semantic conventions (1.45.0), and by names of snoopkit's own where these have none. */
import type { ByName } from '../events/by-name.js';

/** What a column is as an attribute: a name, or several, or more. */
export type AttributeRule<Column extends string = string> =
  | string
  | readonly string[]
  | {
      readonly name: string | readonly string[];
      /** A value of the conventions for each of the kernel's or ours. */
      readonly as?: keyof typeof CHANGES;
      /** It is left out where this column is there. */
      readonly unless?: Column;
      /** It is left out where this column is not there, or 0. */
      readonly with?: Column;
      /** One more name, by what the column `role` says of who began. */
      readonly byRole?: Readonly<Record<'client' | 'server', string>>;
    };

/** How a tool's events are told, as data. What is left out follows from the names of event and columns. */
export interface OtlpMapping<Column extends string = string> {
  /** The event's name behind `snoopkit.`, such as `file.open`; else what JSON has as `event`. */
  readonly event?: string;
  /** By column; else as below, or `snoopkit.<event>.<column>` with JSON's names. */
  readonly attributes?: ByName<Column, AttributeRule<Column>>;
  /** Attributes that all its events have. */
  readonly constants?: Readonly<Record<string, string>>;
  /** What of it has a beginning and an end, and is a span with --otlp-spans. Processes need the flag --trace-context. */
  readonly spans?: 'processes' | 'connections';
  /** What is a warning: all, or those that have one of these columns, of which a number is not 0. Else those with `error`. */
  readonly warns?: 'always' | readonly Column[];
}

/** The prefix of what has no name in the conventions. */
export const OWN = 'snoopkit.';
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.45.0';

/** What the columns are that mean the same in every tool. */
const SHARED: Readonly<Record<string, AttributeRule>> = {
  pid: 'process.pid',
  tid: 'thread.id',
  ppid: 'process.parent_pid',
  // A name of 15 bytes that the process may choose: not that of the executable.
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
  // A socket that listens, or that nobody talks to, has no peer.
  remote_addr: { name: 'network.peer.address', with: 'remote_port' },
  remote_port: { name: 'network.peer.port', with: 'remote_port' },
  direction: { name: 'network.io.direction', as: 'direction' },
  remote_name: `${OWN}network.peer.name`,
  family: 'network.type',
  netns: `${OWN}network.namespace`,
};

/** What a column is as attributes. */
export function ruleOf(column: string, event: string, { attributes = {} }: OtlpMapping): AttributeRule {
  return attributes[column] ?? SHARED[column] ?? `${OWN}${event}.${column}`;
}

/** A rule with all that it says. */
type FullRule = Exclude<AttributeRule, string | readonly string[]>;

const fullRule = (rule: AttributeRule): FullRule =>
  typeof rule === 'string' || Array.isArray(rule) ? { name: rule } : (rule as FullRule);

/** What a rule says beside names. */
export const detailsOf = (rule: AttributeRule): Omit<FullRule, 'name'> => fullRule(rule);

/** The other columns that it depends on. */
export function othersOf(rule: AttributeRule): readonly string[] {
  const { unless, with: needed, byRole } = fullRule(rule);
  return [unless, needed, byRole && 'role'].filter((name) => name !== undefined);
}

/** The attributes' names, but for that by the role. */
export function namesOf(rule: AttributeRule): readonly string[] {
  const { name } = fullRule(rule);
  return typeof name === 'string' ? [name] : name;
}

/** All names that it may have. */
export const allNamesOf = (rule: AttributeRule): readonly string[] => [
  ...namesOf(rule),
  ...Object.values(fullRule(rule).byRole ?? {}),
];

/** Names of network.connection.state by those of the kernel, where these differ by more than case. */
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

/** What values become: those of network.connection.state and network.io.direction, or small letters. */
export const CHANGES = {
  tcp_state: (name: string) => TCP_STATES[name] ?? name.toLowerCase(),
  direction: (name: string) => DIRECTIONS[name] ?? name,
  lower: (text: string) => text.toLowerCase(),
} as const;
