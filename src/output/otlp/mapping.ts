/** How events are told by OpenTelemetry's semantic conventions (1.45.0), and by names of snoopkit's own where these have none. */

/** What a column is as an attribute: a name, or several, or more. */
export type AttributeRule =
  | string
  | readonly string[]
  | {
      readonly name: string;
      /** `tcp_state`: as network.connection.state has it; `lower`: in lower case. */
      readonly as?: 'tcp_state' | 'lower';
      /** It is left out where this column is there. */
      readonly unless?: string;
    };

/** How a tool's events are told, as data. What is left out follows from the names of event and columns. */
export interface OtlpMapping {
  /** The event's name behind `snoopkit.`, such as `file.open`; else what JSON has as `event`. */
  readonly event?: string;
  /** By column; else as below, or `snoopkit.<event>.<column>` with JSON's names. */
  readonly attributes?: Readonly<Record<string, AttributeRule>>;
  /** Attributes that all its events have. */
  readonly constants?: Readonly<Record<string, string>>;
  /** What of it has a beginning and an end, and is a span with --otlp-spans. Processes need the flag --trace-context. */
  readonly spans?: 'processes' | 'connections';
  /** What is a warning: all, or those that have one of these columns, of which a number is not 0. Else those with `error`. */
  readonly warns?: 'always' | readonly string[];
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
  remote_addr: 'network.peer.address',
  remote_port: 'network.peer.port',
  remote_name: `${OWN}network.peer.name`,
  family: 'network.type',
  netns: `${OWN}network.namespace`,
};

/** What a column is as attributes. */
export function ruleOf(column: string, event: string, { attributes = {} }: OtlpMapping): AttributeRule {
  return attributes[column] ?? SHARED[column] ?? `${OWN}${event}.${column}`;
}

/** The column that takes the place of another one where it is there. */
export function exceptionOf(column: string, event: string, mapping: OtlpMapping): string | undefined {
  const rule = ruleOf(column, event, mapping);
  return typeof rule === 'object' && 'name' in rule ? rule.unless : undefined;
}

/** The attributes' names. */
export const namesOf = (rule: AttributeRule): readonly string[] =>
  typeof rule === 'string' ? [rule] : 'name' in rule ? [rule.name] : rule;

/** Names of network.connection.state by those of the kernel, where these differ by more than case. */
const TCP_STATES: Readonly<Record<string, string>> = {
  CLOSE: 'closed',
  SYN_RECV: 'syn_received',
  NEW_SYN_RECV: 'syn_received',
  FIN_WAIT1: 'fin_wait_1',
  FIN_WAIT2: 'fin_wait_2',
  LISTEN: 'listen',
};

export const tcpState = (name: string) => TCP_STATES[name] ?? name.toLowerCase();
