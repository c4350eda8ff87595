/**
 * Iterators: a program that the kernel runs for each task that there is. Its text is read as a stream. Needs Linux 5.8.
 *
 * Build and run (../README.md has what comes before):
 *
 *     clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c iterators/iterators.bpf.c -o iterators/iterators.bpf.o
 *     npx snoopkit gen types iterators/iterators.bpf.o -o iterators/iterators.ts
 *     npx tsc
 *     sudo node iterators/main.js
 */
import { createInterface } from 'node:readline';
import { openIterators } from './iterators.js';

using object = openIterators().load();
const link = object.programs.need('show_process').attachIterator();

// read() begins a walk. The kernel continues it as the stream is read, and anew for each stream.
let processes = 0;
for await (const line of createInterface(link.read())) {
  const [, pid, parent, name] = /^(\d+) (\d+) (.*)$/.exec(line) ?? [];
  processes++;
  if (Number(pid) === process.pid) console.log(`${name} (${pid}), child of ${parent}`);
}
console.log('processes:', processes);
