/**
 * Map in map: counts of an interval, complete and consistent, because the next interval is counted in another map.
 * Needs Linux 5.8.
 *
 * Build and run (../README.md has what comes before):
 *
 *     clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c map-in-map/map-in-map.bpf.c -o map-in-map/map-in-map.bpf.o
 *     npx snoopkit gen types map-in-map/map-in-map.bpf.o -o map-in-map/map-in-map.ts
 *     npx tsc
 *     sudo node map-in-map/main.js
 */
import { BpfMap } from 'snoopkit';
import { openMapInMap } from './map-in-map.js';

/** The number of getegid(2), of which this program makes more calls than anyone else. */
const GETEGID = process.arch === 'arm64' ? 177n : 108n;
const call = (times: number) => {
  for (let i = 0; i < times; i++) process.getegid?.();
};

const opened = openMapInMap();
opened.globals.need('only_pid').set(process.pid);
using object = opened.load();
const [even, odd, current] = [object.maps.need('even'), object.maps.need('odd'), object.maps.need('current')];
object.programs.need('count_calls').attach();

call(10);
// When set() returns, no program uses the previous map any more.
current.set(0, odd);
call(20);
console.log('even:', even.get(GETEGID), 'odd:', odd.get(GETEGID));

// Any map like the template will do, also a new one. It has no types: its keys and values are bytes.
using third = BpfMap.create({ type: 'hash', keySize: 8, valueSize: 8, maxEntries: 512 });
current.set(0, third);
call(30);
current.set(0, even);
const key = Buffer.alloc(8);
key.writeBigInt64LE(GETEGID);
console.log('third:', Buffer.from(third.get(key) as Uint8Array).readBigUInt64LE());
