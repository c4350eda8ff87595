import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { BpfMap } from '../../src/bpf/map.js';
import { MAP_FLAGS } from '../../src/bpf/map-flags.js';
import { UsageError } from '../../src/errors.js';
import { needs } from '../capability.js';
import { collected } from './helpers.js';

const mappings = () => readFileSync('/proc/self/maps', 'utf8').split('bpf-map').length - 1;

function make(entries: number, flags: number = MAP_FLAGS.MMAPABLE): BpfMap {
  return BpfMap.create({ type: 'array', name: 'numbers', valueSize: 4, maxEntries: entries, flags });
}

describe('bpf: arrays in memory', () => {
  before(function () {
    needs(this, 'root');
  });

  it('are what get() and set() work on', () => {
    using map = make(1000);
    const memory = map.mmap();
    assert.equal(memory.length, 8000);
    map.set(999, Buffer.from([1, 2, 3, 4]));
    assert.deepEqual([...memory.subarray(7992)], [1, 2, 3, 4, 0, 0, 0, 0]);
    memory[0] = 9;
    assert.deepEqual(map.get(0), new Uint8Array([9, 0, 0, 0]));
    const other = map.mmap();
    assert.notEqual(other.buffer, memory.buffer);
    assert.equal(other[0], 9);
  });

  it('take bytes of another realm, as Jest has them', () => {
    using map = make(10);
    map.set(3, runInNewContext('new Uint8Array([1, 2, 3, 4])'));
    assert.deepEqual(map.get(runInNewContext('new Uint8Array([3, 0, 0, 0])')), new Uint8Array([1, 2, 3, 4]));
  });

  it('stay mapped as long as a view of them is in use, and no longer', async () => {
    // Those of other tests.
    await collected();
    const before = mappings();
    let memory: Uint8Array | undefined;
    {
      using map = make(10);
      map.set(1, Buffer.from([5, 0, 0, 0]));
      memory = map.mmap().subarray(8, 12);
    }
    await collected();
    assert.equal(mappings(), before + 1);
    assert.deepEqual([...memory], [5, 0, 0, 0]);
    // It can't be moved to another thread, which would unmap it there. Node copies it, or since 21 refuses.
    try {
      structuredClone(memory, { transfer: [memory.buffer as ArrayBuffer] });
    } catch (error) {
      assert.equal((error as Error).name, 'DataCloneError');
    }
    assert.equal(memory[0], 5);
    memory = undefined;
    await collected();
    assert.equal(mappings(), before);
  });

  it('are refused where they could not be written to', () => {
    using map = make(1);
    const memory = map.mmap();
    // Frozen only when no view can write.
    assert.throws(() => map.freeze(), { errno: 'EBUSY' });
    assert.equal(memory[0], 0);
    using frozen = make(1);
    frozen.freeze();
    assert.throws(() => frozen.mmap(), {
      code: 'ERR_SNOOPKIT_BPF',
      message: 'cannot map the memory of the map numbers: it is frozen (EPERM)',
    });
    using readOnly = make(1, MAP_FLAGS.MMAPABLE | MAP_FLAGS.RDONLY);
    assert.throws(() => readOnly.mmap(), { errno: 'EACCES' });
    using plain = make(1, 0);
    assert.throws(
      () => plain.mmap(),
      (error) => error instanceof UsageError && /was not made with MAP_FLAGS.MMAPABLE/.test(error.message),
    );
    using hash = BpfMap.create({ type: 'hash', valueSize: 4, maxEntries: 1 });
    assert.throws(() => hash.mmap(), UsageError);
    map.close();
    assert.throws(() => map.mmap(), { code: 'ERR_SNOOPKIT_CLOSED' });
  });
});
