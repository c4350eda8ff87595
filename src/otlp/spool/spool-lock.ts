import { open } from 'node:fs/promises';
import { connect, createServer } from 'node:net';

const NAME = 'alive';

/** Paths of sockets must be short: this one uses the folder's descriptor. */
const socketPath = (fd: number) => `/proc/self/fd/${fd}/${NAME}`;

/**
 * Locks a folder until the returned function is called, with a listening socket in it. The kernel closes the socket
 * with the process, however that ends, and it can be checked from any container that has the folder. A pid would denote
 * another process there.
 */
export async function holdFolder(path: string): Promise<() => Promise<void>> {
  const folder = await open(path);
  const server = createServer((socket) => socket.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(socketPath(folder.fd), resolve);
    });
  } catch (error) {
    await folder.close();
    throw error;
  }
  server.unref();
  return async () => {
    await new Promise((resolve) => server.close(resolve));
    await folder.close();
  };
}

/** Whether the owner of a folder is alive; true if that can't be determined. */
export async function isHeld(path: string): Promise<boolean> {
  const folder = await open(path);
  try {
    return await new Promise((resolve) => {
      const socket = connect(socketPath(folder.fd));
      const end = (held: boolean) => {
        socket.destroy();
        resolve(held);
      };
      socket.once('connect', () => end(true));
      socket.once('error', ({ code }: NodeJS.ErrnoException) => end(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
    });
  } finally {
    await folder.close();
  }
}
