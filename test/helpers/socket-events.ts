/** What the tools that look at sockets show of what fixtures/sockets.c does. */
import type { Step } from './sockets.js';
import { parseSteps, socketsWords } from './sockets.js';
import type { Trace, TraceOptions } from './trace.js';

/** What each of their events has, and each row of a tally by connection. */
export interface Connection {
  event: string;
  pid: number;
  comm: string;
  local_addr: string;
  local_port: number;
  remote_addr: string;
  remote_port: number;
  netns: number;
}

/** What each of their events has. */
export interface SocketEvent extends Connection {
  time: string;
  tid: number;
  uid: number;
  thread_comm: string;
  cgroup: string | null;
  family: string;
}

/** What those have that tell of a call. */
export interface CallEvent extends SocketEvent {
  ret: number;
  error?: string;
}

/** An address as events have it: IPv4 also where it is mapped. */
export const plainAddress = (address = '') => address.replace(/^::ffff:(?=.*\.)/, '');

/** Traces the steps; `before` goes in front of the command. Returns the events, and what is true. */
export async function traceSteps<Event extends Connection>(
  trace: Trace<Event>,
  flags: readonly string[],
  steps: readonly (string | number)[],
  { before = [], ...options }: TraceOptions & { before?: readonly string[] } = {},
): Promise<{ events: Event[]; told: Step[] }> {
  const { events, stdout } = await trace.run(flags, [...before, ...socketsWords(...steps)], options);
  return { events, told: parseSteps(stdout) };
}
