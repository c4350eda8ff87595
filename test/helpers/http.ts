/** Two real peers: an HTTP server in Node, and curl. */
import assert from 'node:assert/strict';
import type { NetEnd } from './net.js';
import { Running } from './run.js';

/** Answers /N with N bytes, after it has read the request's body. */
const SERVER = `import { createServer } from 'node:http';
const server = createServer((request, response) => {
  request.resume().on('end', () => response.end(Buffer.alloc(Number(request.url.slice(1)), 'x')));
});
const [host, port] = process.argv.slice(1);
server.listen(Number(port), host, () => console.log('listens on ' + server.address().port));`;

export class HttpServer {
  readonly #running: Running;
  readonly host: string;
  readonly port: number;

  private constructor(running: Running, host: string, port: number) {
    this.#running = running;
    this.host = host;
    this.port = port;
  }

  /** Listens on an address, in a namespace of a lab or, by default, in that of this process. */
  static async start(host: string, { end, port = 0 }: { end?: NetEnd; port?: number } = {}): Promise<HttpServer> {
    const node = [process.execPath, '--input-type=module', '-e', SERVER, host, `${port}`];
    const [file = '', ...words] = end ? end.words(node) : node;
    const running = new Running(file, words, { timeout: 60_000 });
    await running.says(/^listens on \d+\n/, 'stdout');
    return new HttpServer(running, host, Number(/\d+/.exec(running.written)?.[0]));
  }

  get pid(): number {
    return this.#running.pid;
  }

  /** URL of a response with this many bytes. */
  url(bytes: number): string {
    return `http://${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.port}/${bytes}`;
  }

  async stop(): Promise<void> {
    this.#running.kill();
    await this.#running.finished;
  }
}

/** curl's report of a transfer, a part of it: `%{json}` in curl(1). */
export interface Transfer {
  readonly http_code: number;
  readonly local_ip: string;
  readonly local_port: number;
  readonly remote_ip: string;
  readonly remote_port: number;
  readonly num_connects: number;
  /** Without the header. */
  readonly size_download: number;
  readonly size_upload: number;
  readonly size_header: number;
  readonly size_request: number;
  /** Seconds from its start. */
  readonly time_connect: number;
  readonly time_namelookup: number;
  readonly time_total: number;
  readonly errormsg: string | null;
  readonly exitcode: number;
}

/** The command that fetches a URL and reports the transfer on standard output; flags such as `--data-binary @FILE`. */
export function curlWords(url: string, flags: readonly string[] = []): string[] {
  return ['curl', '--silent', '--noproxy', '*', '--output', '/dev/null', '--write-out', '%{json}\n', ...flags, url];
}

export function parseCurl(stdout: Buffer | string): Transfer {
  const line = stdout
    .toString()
    .split('\n')
    .find((text) => text.startsWith('{'));
  assert.ok(line !== undefined, `curl said: ${stdout}`);
  return JSON.parse(line);
}
