/** Events of socket tools for the steps of fixtures/sockets.c. */
import type { Step } from './sockets.js';
import { parseSteps, socketsWords } from './sockets.js';
import type { Trace, TraceOptions } from './trace.js';

/** Common members of their events, and of rows of a tally by connection. */
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

/** Common members of their events. */
export interface SocketEvent extends Connection {
  time: string;
  tid: number;
  uid: number;
  thread_comm: string;
  cgroup: string | null;
  family: string;
}

/** Common members of events that report a call. */
export interface CallEvent extends SocketEvent {
  ret: number;
  error?: string;
}

/** An address as in events: IPv4 also if mapped. */
export const plainAddress = (address = '') => address.replace(/^::ffff:(?=.*\.)/, '');

/** Traces the steps; `before` precedes the command. Returns the events, and the fixture's own report. */
export async function traceSteps<Event extends Connection>(
  trace: Trace<Event>,
  flags: readonly string[],
  steps: readonly (string | number)[],
  { before = [], ...options }: TraceOptions & { before?: readonly string[] } = {},
): Promise<{ events: Event[]; told: Step[] }> {
  const { events, stdout } = await trace.run(flags, [...before, ...socketsWords(...steps)], options);
  return { events, told: parseSteps(stdout) };
}
