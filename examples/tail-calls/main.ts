/**
 * Tail calls: a program continues as another one, which is replaced while it runs. Needs Linux 5.9.
 *
 * Build and run (../README.md has what comes before):
 *
 *     clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c tail-calls/tail-calls.bpf.c -o tail-calls/tail-calls.bpf.o
 *     npx snoopkit gen types tail-calls/tail-calls.bpf.o -o tail-calls/tail-calls.ts
 *     npx tsc
 *     sudo node tail-calls/main.js
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { openTailCalls } from './tail-calls.js';

const UDP = 17;
using object = openTailCalls().load();
const byProtocol = object.maps.need('by_protocol');
object.programs.need('dispatch').attachXdp('lo', { mode: 'generic' });

const socket = createSocket('udp4').bind(0, '127.0.0.1');
await once(socket, 'listening');
let received = 0;
socket.on('message', () => received++);

/** Sends a datagram to itself, and shows which program has seen it. */
async function send(which: string): Promise<void> {
  socket.send('hello', socket.address().port, '127.0.0.1');
  await setTimeout(250);
  const [counted, dropped, others] = (['counted', 'dropped', 'others'] as const).map((name) =>
    object.globals.need(name).get(),
  );
  console.log(`${which}: counted ${counted}, dropped ${dropped}, others ${others}, received ${received}`);
}

await send('filled at load');
// The next packet is passed to the new program. There is no moment without one.
byProtocol.set(UDP, object.programs.need('drop_udp'));
await send('replaced');
byProtocol.delete(UDP);
await send('removed');
socket.close();
