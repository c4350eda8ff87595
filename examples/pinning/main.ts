/**
 * Pinning: a program that stays attached, and a map that stays, after the process that made them. read.ts opens both,
 * and removes them. Needs Linux 5.9.
 *
 * Build and run (../README.md has what comes before):
 *
 *     clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c pinning/pinning.bpf.c -o pinning/pinning.bpf.o
 *     npx snoopkit gen types pinning/pinning.bpf.o -o pinning/pinning.ts
 *     npx tsc
 *     sudo node pinning/main.js
 *     sudo node pinning/read.js
 */
import { openPinning } from './pinning.js';

using object = openPinning().load();
const link = object.programs.need('count_packets').attachXdp('lo', { mode: 'generic' });

// Files of the BPF file system keep what they name. A pinned link keeps its program attached, and the program its maps.
link.pin('/sys/fs/bpf/example-link');
object.maps.need('packets').pin('/sys/fs/bpf/example-packets');
console.log('pinned');
