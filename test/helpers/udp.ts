import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { type CallEvent, traceSteps } from './socket-events.js';
import { Trace } from './trace.js';

/** A line of `udpsnoop -o json`. */
export interface UdpEvent extends CallEvent {
  direction: string;
  bytes: number;
}

/** Each kind of receive, with its requirement. */
export const WAYS = [
  ['tp_btf,raw_tp,tracepoint', 'sock-lengths'],
  ['raw_tp,tracepoint', 'sock-lengths'],
  ['fentry', 'fentry'],
  ['kprobe', 'kprobe-pmu'],
] as const;

/** Display of a remote endpoint that does not exist or is not known. */
export const nobody = (local: string) => (local.includes(':') ? ':: 0' : '0.0.0.0 0');

/** For the tests of a suite: the running trace, and the events of udpsnoop for steps of fixtures/sockets.c. */
export function useUdp() {
  let trace: Trace<UdpEvent> | undefined;
  before(function () {
    needs(this, 'root');
    needs(this, 'ipv6');
    trace = new Trace('udpsnoop');
  });
  after(() => trace?.remove());
  const begun = () => trace ?? assert.fail('it has not begun');
  return { trace: begun, udp: (flags: readonly string[], ...steps: string[]) => traceSteps(begun(), flags, steps) };
}
