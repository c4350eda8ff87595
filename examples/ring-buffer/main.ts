/**
 * Ring buffer: events with types, and a count of those that were lost because the ring was full. Needs Linux 5.8.
 *
 * Build and run (../README.md has what comes before):
 *
 *     clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c ring-buffer/ring-buffer.bpf.c -o ring-buffer/ring-buffer.bpf.o
 *     npx snoopkit gen types ring-buffer/ring-buffer.bpf.o -o ring-buffer/ring-buffer.ts
 *     npx tsc
 *     sudo node ring-buffer/main.js
 */
import { closeSync, openSync } from 'node:fs';
import { EventReader, eventSchema, liveContext, RingBuffer } from 'snoopkit';
import { openRingBuffer } from './ring-buffer.js';

const opened = openRingBuffer();
opened.globals.need('only_pid').set(process.pid);
using object = opened.load();
using ring = RingBuffer.open(object.maps.need('events'));
const reader = new EventReader(eventSchema(object.btf, 'open_event', liveContext()));
object.programs.need('handle_open').attach();

let received = 0;
/** Reads what is in the ring, in batches. `for await (... of ring.batches())` would wait for more, too. */
function receive(): void {
  for (const batch of ring.drain())
    batch.forEach((offset, length) => {
      const { number, comm, result, ret } = reader.read(batch.bytes, offset, length);
      received++;
      if (received <= 2) console.log(number, comm, result, ret);
    });
}

closeSync(openSync('/dev/null', 'r'));
try {
  openSync('/nonexistent', 'r');
} catch {
  // The event has the error: -2 is ENOENT.
}
receive();

// While this loop runs, nothing is read: the ring becomes full.
for (let i = 0; i < 200; i++) closeSync(openSync('/dev/null', 'r'));
receive();

const [calls, lost] = [object.globals.need('calls').get(), object.globals.need('lost').get()];
console.log(`lost events: ${lost > 0n}; all are accounted for: ${received + Number(lost) === calls}`);
