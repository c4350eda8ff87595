import type { CallEvent } from './socket-events.js';

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
