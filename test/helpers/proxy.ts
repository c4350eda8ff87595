/** A proxy for HTTP and for tunnels, which can refuse and hang. */
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

interface Asked {
  /** Method and target. */
  readonly asked: string;
  readonly authorization: string | undefined;
}

export class HttpProxy {
  readonly seen: Asked[] = [];
  /** Status for every request. */
  refuseWith: number | undefined;
  /** Whether requests stay unanswered. */
  hangs = false;
  readonly #server = createServer();
  readonly #sockets = new Set<Duplex>();

  static async start(): Promise<HttpProxy> {
    const proxy = new HttpProxy();
    proxy.#server
      .on('request', (request, response) => proxy.#forward(request, response))
      .on('connect', (request, socket) => proxy.#tunnel(request, socket))
      .on('connection', (socket) => proxy.#keep(socket))
      .listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** `credentials` including the @. */
  url(credentials = ''): URL {
    return new URL(`http://${credentials}127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    return socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
  }

  #note({ method, url, headers }: IncomingMessage): void {
    this.seen.push({ asked: `${method} ${url}`, authorization: headers['proxy-authorization'] });
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    this.#note(request);
    if (this.hangs) return;
    if (this.refuseWith !== undefined) {
      response.writeHead(this.refuseWith).end();
      return;
    }
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const onward = httpRequest(request.url ?? '', { method: request.method ?? '', headers, agent: false });
    onward.on('error', () => response.destroy());
    onward.on('response', (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 0, answer.headers)));
    request.pipe(onward);
  }

  #tunnel(request: IncomingMessage, client: Duplex): void {
    this.#note(request);
    if (this.hangs) return;
    if (this.refuseWith !== undefined) {
      client.end(`HTTP/1.1 ${this.refuseWith} No\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    const server = this.#keep(connect(Number(port), hostname));
    server.once('connect', () => {
      client.write('HTTP/1.1 200 Connected\r\n\r\n');
      client.pipe(server).pipe(client);
    });
    client.on('close', () => server.destroy());
  }
}
