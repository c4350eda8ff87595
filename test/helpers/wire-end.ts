// Runs in a network namespace: watches packets that arrive on a device, by test/bpf/fixtures/wire.bpf.c, and obeys its
// parent. wire.ts is the other end.
import { fileURLToPath } from 'node:url';
import { BpfObject } from '../../src/bpf/object.js';
import type { WireAnswer, WireRequest } from './wire.js';

const path = fileURLToPath(new URL('../bpf/fixtures/wire.bpf.o', import.meta.url));
const object = BpfObject.open(path).load();
object.programs.need('look_at_packet').attachXdp(process.argv[2] as string);

const set = (name: string, value: number) => object.globals.need(name).set(value);
const get = (name: string) => Number(object.globals.need(name).get());

function answer(request: WireRequest): WireAnswer {
  if (request.drop) {
    const { kinds, every, after, most, port } = request.drop;
    // Nothing is dropped while only some settings are in place.
    set('kinds', 0);
    for (const [name, value] of Object.entries({ matched: 0, dropped: 0, every, after, most, port })) set(name, value);
    set('kinds', kinds);
  }
  const count = get('count');
  const packets = object.maps.need('packets');
  const read = Math.min(count, packets.maxEntries) - request.from;
  const seen = Array.from({ length: Math.max(read, 0) }, (_, i) => packets.get(request.from + i));
  // 64-bit integers are bigints, which JSON lacks.
  return JSON.parse(JSON.stringify({ count, seen }, (_key, value) => (typeof value === 'bigint' ? `${value}` : value)));
}

process.on('message', (request) => process.send?.(answer(request as WireRequest)));
process.on('disconnect', () => process.exit());
process.send?.({ count: 0, seen: [] } satisfies WireAnswer);
