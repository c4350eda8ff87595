/**
 * Maps: a hash with structs as keys, a per-CPU array, an LRU hash, an LPM trie, and reads of many entries in one call.
 * Needs Linux 5.8.
 *
 * Build and run (../README.md has what comes before):
 *
 *     clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c maps/maps.bpf.c -o maps/maps.bpf.o
 *     npx snoopkit gen types maps/maps.bpf.o -o maps/maps.ts
 *     npx tsc
 *     sudo node maps/main.js
 */
import { openMaps } from './maps.js';

using object = openMaps().load();
const networks = object.maps.need('networks');
networks.set({ length: 8, address: [10, 0, 0, 0] }, 0n);
networks.set({ length: 16, address: [10, 7, 0, 0] }, 0n);

/** Runs the program on a packet, which no network has to carry. */
function receive(source: readonly number[], destination: readonly number[]): void {
  const packet = Buffer.alloc(64);
  packet.writeUInt16BE(0x0800, 12);
  packet.set(source, 26);
  packet.set(destination, 30);
  object.programs.need('count_packet').run({ data: packet });
}

for (let i = 0; i < 200; i++) receive([10, 7, 0, i], [10, 0, 0, 1]);
for (let i = 0; i < 3; i++) receive([10, 1, 1, 1], [10, 0, 0, 1]);

// A struct is an object, a 64-bit integer a bigint.
const pair = { source: [10, 1, 1, 1], destination: [10, 0, 0, 1] };
console.log('one pair:', object.maps.need('pairs').get(pair));

// The loop could be over the map itself; entries() reads up to 100 of them in one call.
let packets = 0n;
for (const [, traffic] of object.maps.need('pairs').entries({ batch: 100 })) packets += traffic.packets;
console.log('all pairs:', packets);

// A value of a per-CPU map is an array, with an element for each CPU.
const bytes = (object.maps.need('total').get(0) ?? []).reduce((sum, traffic) => sum + traffic.bytes, 0n);
console.log('bytes:', bytes);

const recent = [...object.maps.need('last_seen').keys()];
console.log(
  'an LRU hash keeps the latest:',
  recent.length <= 64,
  recent.some((source) => source.join('.') === '10.1.1.1'),
);

// The longest prefix counts: 10.7.0.0/16 for the first 200, 10.0.0.0/8 for the others.
for (const [{ length, address }, count] of networks) console.log(`${address.join('.')}/${length}:`, count);
