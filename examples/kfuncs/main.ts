/**
 * Kfuncs: functions of the kernel that programs may call, here to find a process by its pid. Needs Linux 6.2.
 *
 * Build and run (../README.md has what comes before):
 *
 *     clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c kfuncs/kfuncs.bpf.c -o kfuncs/kfuncs.bpf.o
 *     npx snoopkit gen types kfuncs/kfuncs.bpf.o -o kfuncs/kfuncs.ts
 *     npx tsc
 *     sudo node kfuncs/main.js
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openKfuncs } from './kfuncs.js';

const opened = openKfuncs();
opened.globals.need('only_pid').set(process.pid);
// Kfuncs may change with the kernel: this shows whether the running one has them, before anything is loaded.
for (const { name, isAvailable } of opened.requirements().kfuncs) console.log(name, isAvailable);
using object = opened.load();
object.programs.need('handle_call').attach();

const child = spawn('sleep', ['60']);
await once(child, 'spawn');
child.kill();
await once(child, 'exit');
console.log(object.globals.need('killed').get() === child.pid, object.globals.need('name').get());
