/**
 * Timers: entries of a map that expire, by timers in the kernel. Needs Linux 5.15.
 *
 * Build and run (../README.md has what comes before):
 *
 *     clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c timers/timers.bpf.c -o timers/timers.bpf.o
 *     npx snoopkit gen types timers/timers.bpf.o -o timers/timers.ts
 *     npx tsc
 *     sudo node timers/main.js
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { openTimers } from './timers.js';

const opened = openTimers();
opened.globals.need('silence_ns').set(2_000_000_000n);
using object = opened.load();
object.programs.need('note_source').attachXdp('lo', { mode: 'generic' });
const sources = object.maps.need('sources');

const socket = createSocket('udp4').bind(0, '127.0.0.1');
await once(socket, 'listening');
async function send(): Promise<void> {
  socket.send('hello', socket.address().port, '127.0.0.1');
  await once(socket, 'message');
}

// Each packet restarts the timer: the entry outlives its two seconds.
for (let i = 0; i < 5; i++) {
  await send();
  await setTimeout(500);
}
for (const [address, { packets }] of sources) console.log(address.join('.'), packets);

// No process is needed for the rest: the kernel removes the entry.
while (sources.has([127, 0, 0, 1])) await setTimeout(50);
console.log('expired:', object.globals.need('expired').get());
socket.close();
