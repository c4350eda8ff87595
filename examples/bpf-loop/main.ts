/**
 * bpf_loop(): a loop in a program, here from a process to its ancestors. Needs Linux 5.17.
 *
 * Build and run (../README.md has what comes before):
 *
 *     clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c bpf-loop/bpf-loop.bpf.c -o bpf-loop/bpf-loop.bpf.o
 *     npx snoopkit gen types bpf-loop/bpf-loop.bpf.o -o bpf-loop/bpf-loop.ts
 *     npx tsc
 *     sudo node bpf-loop/main.js
 */
import { openBpfLoop } from './bpf-loop.js';

const opened = openBpfLoop();
opened.globals.need('only_pid').set(process.pid);
using object = opened.load();
object.programs.need('find_ancestors').attach();
process.getegid?.();

// bpf_loop() returns the number of iterations, the last one included.
const count = object.globals.need('count').get();
const ancestors = object.globals.need('ancestors').get().slice(0, count);
console.log([process.pid, ...ancestors].join(' < '));
