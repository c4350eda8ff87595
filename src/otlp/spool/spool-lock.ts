import { open } from 'node:fs/promises';
import { connect, createServer } from 'node:net';

const NAME = 'alive';

/** A socket's path must be short: it goes by way of the folder's descriptor. */
const socketPath = (fd: number) => `/proc/self/fd/${fd}/${NAME}`;

/**
 * Says that the owner of a folder lives, until this is closed: a socket that listens there. The kernel ends that with the
 * process, however that ends, and any container that has the folder can ask; a process's number would mean another one there.
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

/** Whether the owner of a folder lives. Where that can't be told, it does. */
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
