/**
 * Dynptrs: memory whose size is known when the program runs, here records of a ring buffer that are as long as their
 * text. Needs Linux 5.19.
 *
 * Build and run (../README.md has what comes before):
 *
 *     clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c dynptrs/dynptrs.bpf.c -o dynptrs/dynptrs.bpf.o
 *     npx snoopkit gen types dynptrs/dynptrs.bpf.o -o dynptrs/dynptrs.ts
 *     npx tsc
 *     sudo node dynptrs/main.js
 */
import { opendirSync } from 'node:fs';
import { RingBuffer } from 'snoopkit';
import { openDynptrs } from './dynptrs.js';

const opened = openDynptrs();
opened.globals.need('only_pid').set(process.pid);
using object = opened.load();
object.programs.need('handle_openat').attach();
using ring = RingBuffer.open(object.maps.need('events'));

const wanted = ['/', '/proc/self/fd'];
for (const path of wanted) opendirSync(path).closeSync();

for await (const record of ring.records()) {
  // A pid of 4 bytes, and the path with the NUL at its end.
  const path = record.toString('utf8', 4, record.length - 1);
  if (path !== wanted[0]) continue;
  console.log(`${record.length} bytes: ${path}`);
  wanted.shift();
  if (wanted.length === 0) break;
}
console.log('lost:', object.globals.need('lost').get());
