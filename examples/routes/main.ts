/**
 * Routes: a program that decides about each packet of one route. Needs Linux 5.8.
 *
 * Build and run (../README.md has what comes before):
 *
 *     clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c routes/routes.bpf.c -o routes/routes.bpf.o
 *     npx snoopkit gen types routes/routes.bpf.o -o routes/routes.ts
 *     npx tsc
 *     sudo node routes/main.js
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { openRoutes } from './routes.js';

// One of the addresses of lo, all of which share a route. This one gets a route of its own.
const ADDRESS = '127.0.0.42';

const server = createSocket('udp4').bind(0, '0.0.0.0');
await once(server, 'listening');
const { port } = server.address();

const opened = openRoutes();
opened.globals.need('port').set(port);
using object = opened.load();
// Like `ip route add local 127.0.0.42 dev lo encap bpf out ...`. ip(8) shows the route as `proto 153`.
const link = object.programs.need('only_port').attachRoute(ADDRESS, { device: 'lo', type: 'local' });

const client = createSocket('udp4');
const send = (to: number) =>
  new Promise<string>((resolve) =>
    client.send('hello', to, ADDRESS, (error) =>
      resolve(error ? ((error as NodeJS.ErrnoException).code ?? '') : 'sent'),
    ),
  );
const received = once(server, 'message');
console.log('to the port:', await send(port));
const [text] = await received;
console.log('received:', `${text}`);
console.log('to another:', await send(port === 9 ? 7 : 9));

const { globals } = object;
console.log(`passed: ${globals.need('passed').get()}, dropped: ${globals.need('dropped').get()}`);
link.close(); // The route is removed.
client.close();
server.close();
