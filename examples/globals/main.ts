/**
 * Globals: the variables of a C source as its configuration and its counters. Needs Linux 5.8.
 *
 * Build and run (../README.md has what comes before):
 *
 *     clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c globals/globals.bpf.c -o globals/globals.bpf.o
 *     npx snoopkit gen types globals/globals.bpf.o -o globals/globals.ts
 *     npx tsc
 *     sudo node globals/main.js
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { openGlobals } from './globals.js';

const opened = openGlobals();
const wanted = opened.globals.need('wanted');
console.log('as the C source has it:', wanted.get());
wanted.set({ pid: process.pid, at_least: 1000 });

using object = opened.load();
object.programs.need('handle_read').attach();
console.log('loaded:', object.constants.need('wanted').get().at_least);

const zero = openSync('/dev/zero', 'r');
const [reads, bytes, paused] = [
  object.globals.need('reads'),
  object.globals.need('bytes'),
  object.globals.need('paused'),
];
for (const size of [10, 999, 1000, 4000]) readSync(zero, Buffer.alloc(size));
console.log('reads:', reads.get(), 'bytes:', bytes.get());

paused.set(true);
readSync(zero, Buffer.alloc(4000));
paused.set(false);
console.log('while paused:', reads.get());

reads.set(0n);
readSync(zero, Buffer.alloc(4000));
console.log('after a reset:', reads.get());
closeSync(zero);
