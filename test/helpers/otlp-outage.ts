/** Events at a fixed rate, and a collector that goes away and comes back. */
import assert from 'node:assert/strict';
import type { OpenEvent } from './opens.js';
import { type ArrivedLog, arrivalsOf } from './otlp-arrivals.js';
import { unixNano } from './otlp-expected.js';
import { type HttpRequest, OtlpHttpServer } from './otlp-server.js';
import { fewer } from './patience.js';

/** Groups of events per second. */
const GROUPS = 20;

/** A command that opens a file 10,000 times a second, for `seconds`; less often on slow machines. */
export function opensFor(seconds: number): string[] {
  const each = fewer(10_000 / GROUPS);
  // Paced by a clock, as a group takes time, too.
  const program = `use Time::HiRes qw(time sleep); my $t = time; for my $g (1 .. ${seconds * GROUPS}) {
    for (1 .. ${each}) { open my $f, '<', '/dev/null' or die; close $f }
    my $left = $t + $g / ${GROUPS} - time; sleep $left if $left > 0 }`;
  return ['perl', '-e', program];
}

/** A collector that keeps its port. */
export class ReturningServer {
  readonly requests: HttpRequest[] = [];
  readonly port: number;
  #server: OtlpHttpServer | undefined;

  private constructor(server: OtlpHttpServer) {
    this.port = server.port;
    this.#server = server;
  }

  static async start(): Promise<ReturningServer> {
    return new ReturningServer(await OtlpHttpServer.start());
  }

  /** Creates one that is away from the start. */
  static async away(): Promise<ReturningServer> {
    const server = await ReturningServer.start();
    await server.leave();
    return server;
  }

  get flags(): string[] {
    return ['--otlp-endpoint', `http://127.0.0.1:${this.port}`];
  }

  /** Closes all connections and refuses new ones. */
  async leave(): Promise<void> {
    await this.#server?.stop();
    this.requests.push(...(this.#server?.requests.splice(0) ?? []));
    this.#server = undefined;
  }

  async comeBack(): Promise<void> {
    assert.equal(this.#server, undefined);
    this.#server = await OtlpHttpServer.start(undefined, this.port);
  }

  /** The log records received, except those that report losses. */
  async logs(): Promise<ArrivedLog[]> {
    await this.leave();
    return arrivalsOf(this.requests).logs.filter(({ name }) => name !== 'snoopkit.events.lost');
  }
}

/** Unique key of a record: the time and the thread. */
export const keyOfEvent = ({ time, tid }: OpenEvent): string => `${unixNano(time)} ${tid}`;
export const keyOfLog = ({ time, attributes }: ArrivedLog): string => `${time} ${attributes['thread.id']}`;
