/** An HTTP/2 server that sends the responses chosen by a test, well-formed or not. */
import { once } from 'node:events';
import {
  createServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

type Answer = (stream: ServerHttp2Stream) => void;

/** Response of a collector that accepts everything. */
export const taken: Answer = (stream) => answerWith(Buffer.alloc(5))(stream);

/** Sends these bytes, then a status. */
export const answerWith =
  (body: Uint8Array, trailers: Readonly<Record<string, string>> = { 'grpc-status': '0' }, headers = {}): Answer =>
  (stream) => {
    stream.respond({ 'content-type': 'application/grpc', ...headers }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end(body);
  };

export class Http2Server {
  readonly requests: IncomingHttpHeaders[] = [];
  /** One for each request; further requests are accepted. */
  readonly answers: Answer[] = [];
  readonly sessions = new Set<Http2Session>();
  /** Number of connections so far. */
  connections = 0;
  readonly #server = createServer({ maxSessionMemory: 1000 });

  static async start(host = '127.0.0.1'): Promise<Http2Server> {
    const server = new Http2Server();
    server.#server
      .on('session', (session: ServerHttp2Session) => {
        server.connections++;
        server.sessions.add(session);
        session.on('error', () => {}).on('close', () => server.sessions.delete(session));
      })
      .on('stream', (stream, headers) => {
        server.requests.push(headers);
        stream.on('error', () => {});
        (server.answers.shift() ?? taken)(stream);
      })
      .listen(0, host);
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(host = '127.0.0.1'): URL {
    return new URL(`http://${host}:${this.port}`);
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const session of this.sessions) session.destroy();
    await closed;
  }
}
