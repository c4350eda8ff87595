/**
 * Global functions: one function of two programs, which the verifier checks once. Needs Linux 5.8.
 *
 * Build and run (../README.md has what comes before):
 *
 *     clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c global-functions/global-functions.bpf.c -o global-functions/global-functions.bpf.o
 *     npx snoopkit gen types global-functions/global-functions.bpf.o -o global-functions/global-functions.ts
 *     npx tsc
 *     sudo node global-functions/main.js
 */
import { openGlobalFunctions } from './global-functions.js';

using object = openGlobalFunctions().load();
const received = object.programs.need('count_received');
for (const length of [64, 100, 1500]) received.run({ data: new Uint8Array(length) });
object.programs.need('count_sent').run({ data: new Uint8Array(300) });

for (const name of ['received', 'sent'] as const)
  for (const [size, count] of object.globals.need(name).get().entries())
    if (count > 0n) console.log(`${name}, from ${2 ** size} bytes: ${count}`);
