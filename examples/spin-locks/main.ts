/**
 * Spin locks: two numbers of a map's value that always change together. Needs Linux 5.9.
 *
 * Build and run (../README.md has what comes before):
 *
 *     clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c spin-locks/spin-locks.bpf.c -o spin-locks/spin-locks.bpf.o
 *     npx snoopkit gen types spin-locks/spin-locks.bpf.o -o spin-locks/spin-locks.ts
 *     npx tsc
 *     sudo node spin-locks/main.js
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { UPDATE } from 'snoopkit';
import { openSpinLocks } from './spin-locks.js';

/** What stands in the place of the lock does not matter: with UPDATE.LOCK it is taken, and not written. */
const lock = { val: 0 };

using object = openSpinLocks().load();
const quotas = object.maps.need('quotas');
quotas.set(0, { lock, packets: 5, bytes: 10_000n }, UPDATE.LOCK);
object.programs.need('enforce').attachXdp('lo', { mode: 'generic' });

const socket = createSocket('udp4').bind(0, '127.0.0.1');
await once(socket, 'listening');
let received = 0;
socket.on('message', () => received++);
async function send(count: number, size: number): Promise<void> {
  for (let i = 0; i < count; i++) socket.send(Buffer.alloc(size), socket.address().port, '127.0.0.1');
  await setTimeout(300);
  console.log(`sent ${count} of ${size} bytes, received ${received}, left:`, quotas.getLocked(0));
  received = 0;
}

await send(8, 10); // 52 bytes each, with the headers of Ethernet, IP and UDP
quotas.set(0, { lock, packets: 100, bytes: 2500n }, UPDATE.LOCK);
await send(8, 1000);
socket.close();
