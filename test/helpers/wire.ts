/** One direction of a NetLab's wire: the TCP packets that arrive there, and those that are dropped. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Kind of a packet: RST and SYN before all else, DATA if it has some, else FIN, or an ACK and nothing else. */
export const KIND = { DATA: 1, SYN: 2, FIN: 4, RST: 8, ACK: 16 } as const;
export type Kind = keyof typeof KIND;

/** A TCP packet, as it left the wire. */
export interface Packet {
  /** Nanoseconds of CLOCK_MONOTONIC. */
  readonly time: number;
  readonly version: 4 | 6;
  readonly source: number;
  readonly target: number;
  readonly seq: number;
  readonly ack: number;
  /** Length of the data. */
  readonly length: number;
  /** The byte of the header: 1 FIN, 2 SYN, 4 RST, 8 PSH, 16 ACK. */
  readonly flags: number;
  readonly kind: Kind;
  readonly dropped: boolean;
}

/** Packets to drop from now on. */
export interface Drop {
  readonly kinds: readonly Kind[];
  /** Drops every Nth of those kinds; by default all. */
  readonly every?: number;
  /** Number of first packets that are not dropped. */
  readonly after?: number;
  /** Maximum number of drops. */
  readonly most?: number;
  /** Only packets from or to this port. */
  readonly port?: number;
}

export interface WireRequest {
  readonly drop?: { kinds: number; every: number; after: number; most: number; port: number };
  /** The first packet to report. */
  readonly from: number;
}

export interface WireAnswer {
  readonly count: number;
  readonly seen: readonly (Omit<Packet, 'time' | 'kind'> & { time: string; kind: number })[];
}

/** Retransmitted packets: they begin before the end of data seen earlier in the same direction. */
export function sentAgain(packets: readonly Packet[]): Packet[] {
  const ends = new Map<string, number>();
  return packets.filter(({ kind, version, source, target, seq, length, flags }) => {
    // A packet without a place in the sequence can't be retransmitted.
    const end = (seq + length + (flags & 1) + ((flags >> 1) & 1)) | 0;
    if (kind === 'RST' || end === (seq | 0)) return false;
    const flow = `${version} ${source} ${target}`;
    const last = ends.get(flow);
    if (kind === 'SYN' ? last !== end : last === undefined || ((seq - last) | 0) >= 0) {
      ends.set(flow, end);
      return false;
    }
    if (last !== undefined && ((end - last) | 0) > 0) ends.set(flow, end);
    return true;
  });
}

export class Wire {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;
  readonly #packets: Packet[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'exit').then(() => assert.fail('the end of the wire has died'));
    this.#ended.catch(() => {});
  }

  /** Watches a device of the namespace that these words enter. */
  static async on(device: string, [nsenter = '', ...options]: readonly string[]): Promise<Wire> {
    const script = fileURLToPath(new URL('./wire-end.js', import.meta.url));
    // The channel of fork() is inherited by what nsenter executes.
    const execArgv = [...options, process.execPath];
    const wire = new Wire(fork(script, [device], { execPath: nsenter, execArgv }));
    await wire.#answer();
    return wire;
  }

  async #answer(): Promise<WireAnswer> {
    const [answer] = await Promise.race([once(this.#child, 'message'), this.#ended]);
    return answer as WireAnswer;
  }

  async #ask(drop?: WireRequest['drop']): Promise<void> {
    this.#child.send({ from: this.#packets.length, ...(drop && { drop }) } satisfies WireRequest);
    const { count, seen } = await this.#answer();
    const kinds = Object.keys(KIND) as Kind[];
    for (const { time, kind, ...packet } of seen) {
      this.#packets.push({ ...packet, time: Number(time), kind: kinds.find((name) => KIND[name] === kind) as Kind });
    }
    assert.equal(this.#packets.length, count, 'more packets than the wire has room for');
  }

  /** Drops these packets from now on; none without kinds. */
  drop({ kinds, every = 1, after = 0, most = 2 ** 32 - 1, port = 0 }: Drop): Promise<void> {
    return this.#ask({ kinds: kinds.reduce((mask, kind) => mask | KIND[kind], 0), every, after, most, port });
  }

  /** Drops all TCP packets. */
  cut(): Promise<void> {
    return this.drop({ kinds: Object.keys(KIND) as Kind[] });
  }

  /** Stops dropping. */
  mend(): Promise<void> {
    return this.drop({ kinds: [] });
  }

  /** All packets so far, including dropped ones, in their order. */
  async packets(): Promise<readonly Packet[]> {
    await this.#ask();
    return this.#packets;
  }

  async close(): Promise<void> {
    const gone = once(this.#child, 'exit');
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await gone;
  }
}
