/** What the kernel refuses of a map, in words. */
import assert from 'node:assert/strict';
import { MAP_FLAGS } from '../../src/bpf/map-flags.js';
import { needs } from '../capability.js';
import { makerOfMaps } from './helpers.js';

const u32 = (value: number) => new Uint8Array(new Uint32Array([value]).buffer);

describe('bpf: the error of a map', () => {
  const make = makerOfMaps();
  before(function () {
    needs(this, 'root');
  });

  it('says what a descriptor has to be of', () => {
    const innerMap = make({ type: 'array', valueSize: 4, maxEntries: 2 });
    const other = make({ type: 'array', valueSize: 8, maxEntries: 2 });
    for (const [type, hint] of [
      ['array_of_maps', /invalid argument \(EINVAL\); is the value a map like the template: /],
      ['hash_of_maps', /; is the value a map like the template: /],
      ['prog_array', /; is the value a program of the same type as /],
    ] as const) {
      const map = make(type === 'prog_array' ? { type, maxEntries: 2 } : { type, maxEntries: 2, innerMap });
      const key = type === 'hash_of_maps' ? u32(1) : 1;
      assert.throws(() => map.set(key, other), { code: 'ERR_SNOOPKIT_BPF', errno: 'EINVAL', message: hint });
    }
  });

  it('says that a map is frozen', () => {
    const map = make({ type: 'array', name: 'kept', valueSize: 4, maxEntries: 2 });
    map.freeze();
    assert.throws(() => map.set(0, u32(1)), { message: 'cannot write to the map kept: it is frozen (EPERM)' });
    assert.throws(() => map.freeze(), { message: /^cannot freeze the map kept: it is frozen \(E(PERM|BUSY)\)$/ });
  });

  it('says that a map which is mapped to be written can not be frozen', () => {
    const { MMAPABLE } = MAP_FLAGS;
    const map = make({ type: 'array', name: 'kept', valueSize: 4, maxEntries: 2, flags: MMAPABLE });
    const memory = map.mmap();
    assert.throws(() => map.freeze(), { message: 'cannot freeze the map kept: its memory is mapped (EBUSY)' });
    assert.equal(memory[0], 0);
  });

  it('says that cookies of sockets need room', () => {
    const map = make({ type: 'reuseport_sockarray', name: 'group', maxEntries: 2 });
    const message = 'cannot read the map group: it needs values of 8 bytes, for the cookies of its sockets (ENOSPC)';
    assert.throws(() => map.get(0), { errno: 'ENOSPC', message });
  });

  it('says that a prefix is longer than the key', () => {
    const map = make({ type: 'lpm_trie', name: 'routes', keySize: 8, valueSize: 4, maxEntries: 2 });
    const tooLong = Buffer.from([33, 0, 0, 0, 10, 0, 0, 0]);
    const refusal = { errno: 'EINVAL', message: / the map routes: .*\(EINVAL\); the prefix has 32 bits at most$/ };
    assert.throws(() => map.set(tooLong, u32(1)), refusal);
    assert.throws(() => map.delete(tooLong), refusal);
  });
});
