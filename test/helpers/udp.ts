import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { type CallEvent, traceSteps } from './socket-events.js';
import { Trace } from './trace.js';

/** A line of `udpsnoop -o json`. */
export interface UdpEvent extends CallEvent {
  direction: string;
  bytes: number;
}

/** Each way, with what it needs. */
export const WAYS = [
  ['tp_btf,raw_tp,tracepoint', 'sock-lengths'],
  ['raw_tp,tracepoint', 'sock-lengths'],
  ['fentry', 'fentry'],
  ['kprobe', 'kprobe-pmu'],
] as const;

/** How the other end is shown where there is none, or nobody knows it. */
export const nobody = (local: string) => (local.includes(':') ? ':: 0' : '0.0.0.0 0');

/** For the tests of a suite: the trace, once it has begun, and what udpsnoop shows of some steps of fixtures/sockets.c. */
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
