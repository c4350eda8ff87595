/**
 * XDP: a program that sees packets before the network stack, and counts them by source address. Needs Linux 5.9.
 *
 * Build and run (../README.md has what comes before):
 *
 *     clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c xdp/xdp.bpf.c -o xdp/xdp.bpf.o
 *     npx snoopkit gen types xdp/xdp.bpf.o -o xdp/xdp.ts
 *     npx tsc
 *     sudo node xdp/main.js
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { openXdp } from './xdp.js';

using object = openXdp().load();
// Generic mode works on every interface. Without `mode`, the driver runs the program if it can, which is faster.
object.programs.need('count_sources').attachXdp('lo', { mode: 'generic' });

/** Sends a datagram over lo to itself, from one of its many addresses. */
async function send(source: string): Promise<void> {
  const socket = createSocket('udp4').bind(0, source);
  await once(socket, 'listening');
  socket.send('hello', socket.address().port, source);
  await once(socket, 'message');
  socket.close();
}

for (const source of ['127.0.0.1', '127.0.0.2', '127.0.0.2']) await send(source);
for (const [address, count] of object.maps.need('packets')) console.log(address.join('.'), count);
