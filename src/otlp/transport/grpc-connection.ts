import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  type ClientUnaryCall,
  type Metadata,
} from '@grpc/grpc-js';

/** Of the connection for which something is done, then or later. */
const owned = new AsyncLocalStorage<Set<Socket>>();

subscribe('net.client.socket', (message) => {
  const sockets = owned.getStore();
  if (sockets === undefined) return;
  const { socket } = message as { socket: Socket };
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
});

/** Milliseconds in which sockets may end in order. */
const GRACE = 100;

/** Requests come encoded, and answers are decoded elsewhere. */
const identity = (bytes: Buffer): Buffer => bytes;

/** A client of grpc-js that, once closed, leaves nothing behind. */
export class GrpcConnection {
  readonly #client: Client;
  readonly #calls = new Set<ClientUnaryCall>();
  readonly #sockets = new Set<Socket>();

  constructor(target: string, credentials: ChannelCredentials, options: ChannelOptions) {
    this.#client = owned.run(this.#sockets, () => new Client(target, credentials, options));
  }

  /** The answer to a request; or it fails with a ServiceError. */
  call(method: string, request: Buffer, metadata: Metadata): Promise<Buffer> {
    const made = (resolve: (answer: Buffer) => void, reject: (error: Error) => void) => {
      const call = this.#client.makeUnaryRequest(method, identity, identity, request, metadata, {}, (error, answer) => {
        this.#calls.delete(call);
        if (error) reject(error);
        else resolve(answer ?? Buffer.alloc(0));
      });
      this.#calls.add(call);
    };
    return owned.run(this.#sockets, () => new Promise(made));
  }

  close(): void {
    for (const call of this.#calls) call.cancel();
    this.#client.close();
    // grpc-js forgets a socket that is still connecting: it would stay open, and keep the process from its end, until
    // the kernel gives up, or forever. Where only this timer is left, there is none.
    setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, GRACE).unref();
  }
}
