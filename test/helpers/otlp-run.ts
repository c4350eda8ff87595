/** Runs of snoopkit that send to a collector: OpenTelemetry's own if installed, else one of ours. */
import assert from 'node:assert/strict';
import { needs, whyMissing } from '../capability.js';
import { Collector } from './otelcol.js';
import { type Arrivals, arrivalsOf } from './otlp-arrivals.js';
import { OtlpHttpServer } from './otlp-server.js';

export class Receiver {
  readonly #collector: Collector | undefined;
  readonly server: OtlpHttpServer;

  private constructor(server: OtlpHttpServer, collector?: Collector) {
    this.server = server;
    this.#collector = collector;
  }

  static async start(): Promise<Receiver> {
    if (whyMissing('otelcol') !== undefined) return new Receiver(await OtlpHttpServer.start());
    const collector = await Collector.start();
    return new Receiver(collector.sink, collector);
  }

  get flags(): string[] {
    return ['--otlp-endpoint', (this.#collector?.url('http') ?? this.server.url()).origin];
  }

  /** Data received since the last call. */
  take(): Arrivals {
    return arrivalsOf(this.server.requests.splice(0));
  }

  async stop(): Promise<void> {
    await (this.#collector ?? this.server).stop();
  }
}

/** A receiver for the tests of a suite, which trace and so need root. */
export function useReceiver(): () => Receiver {
  let receiver: Receiver | undefined;
  before(async function () {
    needs(this, 'root');
    receiver = await Receiver.start();
  });
  after(() => receiver?.stop());
  return () => receiver ?? assert.fail('it has not begun');
}

/** The environment without variables that affect exports. */
export function plainEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(OTEL_|TRACE(PARENT|STATE)$|GRPC_|.*_proxy$)/i.test(name),
  );
  return { ...Object.fromEntries(own), ...more };
}

/** The line that accounts for all records of a signal. */
export const ACCOUNT = /^snoopkit: \d+ (log records?|spans?|metrics?)( and \d+ from an earlier run)?: \d+ delivered/;

/** Number of records, and their numbers by outcome: `delivered`, `dropped: why`... */
export interface Account {
  readonly seen: number;
  readonly earlier: number;
  readonly parts: Readonly<Record<string, number>>;
}

/** Reads that line, and checks that the parts add up. */
export function accountOf(lines: readonly string[], noun = 'log records'): Account {
  const found = lines.filter((line) => ACCOUNT.test(line) && line.includes(` ${noun.replace(/s$/, '')}`));
  assert.equal(found.length, 1, `one account of ${noun}: ${lines.join('\n')}`);
  const [, seen, earlier = '0', rest = ''] =
    /^snoopkit: (\d+) [a-z ]+(?: and (\d+) from an earlier run)?: (.*)$/.exec(found[0] ?? '') ?? assert.fail(found[0]);
  const parts = Object.fromEntries(
    rest.split('; ').map((part) => {
      const [, count, what = ''] = /^(\d+) (.*)$/.exec(part) ?? assert.fail(part);
      return [what, Number(count)];
    }),
  );
  const sum = Object.values(parts).reduce((all, one) => all + one, 0);
  assert.equal(sum, Number(seen) + Number(earlier), found[0]);
  return { seen: Number(seen), earlier: Number(earlier), parts };
}
