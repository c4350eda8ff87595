/** OpenTelemetry's own collector as a reference: it sends its understanding of requests, as JSON, to a sink of ours. */

import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OtlpHttpServer } from './otlp-server.js';
import { patient } from './patience.js';
import { Running } from './run.js';

/** Files with certificates; of clients, too, if there is a `clientCa`. */
export interface CollectorTls {
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** JSON is YAML. The collector passes on the sink's answers: it neither waits nor retries. */
function config(ports: { grpc: number; http: number }, sink: URL, tls?: CollectorTls): string {
  const secure = tls && {
    tls: { cert_file: tls.cert, key_file: tls.key, ...(tls.clientCa && { client_ca_file: tls.clientCa }) },
  };
  const pipeline = { receivers: ['otlp'], exporters: ['otlphttp/json'] };
  return JSON.stringify({
    receivers: {
      otlp: {
        protocols: {
          grpc: { endpoint: `127.0.0.1:${ports.grpc}`, ...secure },
          http: { endpoint: `127.0.0.1:${ports.http}`, ...secure },
        },
      },
    },
    exporters: {
      'otlphttp/json': {
        endpoint: sink.origin,
        encoding: 'json',
        compression: 'none',
        retry_on_failure: { enabled: false },
        sending_queue: { enabled: false },
      },
    },
    service: {
      // It would open a port of its own.
      telemetry: { metrics: { level: 'none' } },
      pipelines: { logs: pipeline, metrics: pipeline, traces: pipeline },
    },
  });
}

export class Collector {
  readonly #running: Running;
  readonly #folder: string;
  readonly #scheme: string;
  readonly ports: { readonly grpc: number; readonly http: number };
  /** Destination of the data received, as JSON over HTTP. The collector passes its answers to clients. */
  readonly sink: OtlpHttpServer;

  private constructor(
    running: Running,
    folder: string,
    scheme: string,
    ports: Collector['ports'],
    sink: OtlpHttpServer,
  ) {
    this.#running = running;
    this.#folder = folder;
    this.#scheme = scheme;
    this.ports = ports;
    this.sink = sink;
  }

  /** Starts it on ports of its own, and waits until it listens. The test `needs` otelcol. */
  static async start(tls?: CollectorTls): Promise<Collector> {
    const sink = await OtlpHttpServer.start();
    const ports = { grpc: await freePort(), http: await freePort() };
    const folder = mkdtempSync(join(tmpdir(), 'snoopkit-otelcol-'));
    const file = join(folder, 'config.yaml');
    writeFileSync(file, config(ports, sink.url(), tls));
    const running = new Running(process.env.OTELCOL || 'otelcol', ['--config', file], { timeout: 120_000 });
    const collector = new Collector(running, folder, tls ? 'https' : 'http', ports, sink);
    try {
      const end = performance.now() + patient(20_000);
      for (const port of [ports.grpc, ports.http]) {
        while (!(await listens(port))) {
          if (performance.now() > end || running.child.exitCode !== null) throw new Error('it does not listen');
          await sleep(20);
        }
      }
    } catch (error) {
      const { said } = await collector.stop();
      throw new Error(`the collector did not start: ${said}`, { cause: error });
    }
    return collector;
  }

  url(protocol: 'grpc' | 'http', path = '/', host = '127.0.0.1'): URL {
    return new URL(`${this.#scheme}://${host}:${this.ports[protocol]}${path}`);
  }

  /** The requests for the data received since the last call. */
  received(): { readonly path: string; readonly json: unknown }[] {
    return this.sink.requests.splice(0).map(({ path, body }) => ({ path, json: JSON.parse(body.toString()) }));
  }

  async stop(): Promise<{ said: string }> {
    this.#running.kill();
    const { said } = await this.#running.finished;
    await this.sink.stop();
    rmSync(this.#folder, { recursive: true, force: true });
    return { said };
  }
}
