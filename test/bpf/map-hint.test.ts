import assert from 'node:assert/strict';
import { MapError } from '../../src/bpf/errors.js';
import { BpfMap } from '../../src/bpf/map.js';
import { MAP_FLAGS } from '../../src/bpf/map-flags.js';
import { mapHint } from '../../src/bpf/map-hint.js';
import type { MapOptions } from '../../src/bpf/map-open.js';
import { ERRNO } from '../../src/kernel/errno.js';
import { needs } from '../capability.js';
import { kernelIsSince } from '../helpers/kernel.js';
import { open } from './helpers.js';

const PREFIX_LENGTH = 'for the length of the prefix, and 1 to 256 for the data';

/** Maps that the kernel refuses, and what is wrong with them. */
const ROWS: readonly [options: MapOptions, hint: string][] = [
  [{ type: 'hash', valueSize: 4 }, 'its max_entries is 0'],
  [{ type: 'hash', maxEntries: 3 }, 'its value size is 0'],
  [{ type: 'lru_hash', keySize: 0, valueSize: 4, maxEntries: 3 }, 'its key size is 0'],
  [{ type: 'array', keySize: 8, valueSize: 4, maxEntries: 2 }, 'its key size is 8, and must be 4'],
  [{ type: 'lpm_trie', keySize: 8, valueSize: 4, maxEntries: 2, flags: 0 }, 'its map_flags lack BPF_F_NO_PREALLOC'],
  [{ type: 'lpm_trie', keySize: 4, valueSize: 4, maxEntries: 2 }, `its key size is 4, and must be 4 ${PREFIX_LENGTH}`],
  [{ type: 'stack_trace', valueSize: 81, maxEntries: 3 }, 'its value size, 81, is not a multiple of 8'],
  [{ type: 'stack_trace', valueSize: 40, maxEntries: 3, flags: 32 }, 'its value size, 40, is not a multiple of 32'],
  [{ type: 'stack_trace', keySize: 8, valueSize: 8, maxEntries: 3 }, 'its key size is 8, and must be 4'],
  [{ type: 'queue', keySize: 4, valueSize: 4, maxEntries: 3 }, 'its key size is 4, and must be 0'],
  [{ type: 'ringbuf', maxEntries: 5000 }, 'its size, 5000, is not a power of two and a multiple of the page size'],
  [{ type: 'ringbuf', valueSize: 8, maxEntries: 4096 }, 'its value size is 8, and must be 0'],
  [{ type: 'prog_array', valueSize: 8, maxEntries: 2 }, 'its value size is 8, and must be 4'],
  [{ type: 'sockmap', valueSize: 2, maxEntries: 2 }, 'its value size is 2, and must be 4 or 8'],
  [{ type: 'devmap', valueSize: 3, maxEntries: 2 }, 'its value size is 3, and must be 4 or 8'],
  [{ type: 'sk_storage', valueSize: 4, maxEntries: 2 }, 'its max_entries is 2, and must be 0'],
  [
    { type: 'lru_hash', valueSize: 4, maxEntries: 2, flags: MAP_FLAGS.NO_PREALLOC },
    'its map_flags have BPF_F_NO_PREALLOC, which maps with LRU may not',
  ],
  [{ type: 'cgroup_storage', valueSize: 8 }, 'its key size is 4, and must be 8 or 16 (struct bpf_cgroup_storage_key)'],
  [
    { type: 'hash', valueSize: 4, maxEntries: 2, flags: 1 << 30 },
    'are its map_flags, 0x40000000, for this type of map and known to this kernel?',
  ],
  [{ type: 'sk_storage', valueSize: 4, flags: 0 }, 'its map_flags lack BPF_F_NO_PREALLOC'],
];

const hintOf = (make: () => object): string | undefined => {
  try {
    make();
  } catch (error) {
    assert.ok(error instanceof MapError, String(error));
    assert.ok(error.hint === undefined || error.message.endsWith(`; ${error.hint}`), error.message);
    return error.hint;
  }
  return assert.fail('the kernel took it');
};

describe('bpf: the reason why a map is refused', () => {
  before(function () {
    needs(this, 'root');
  });

  for (const [options, hint] of ROWS)
    it(`is told: ${options.type}: ${hint}`, () =>
      assert.equal(
        hintOf(() => BpfMap.create(options)),
        hint,
      ));

  it('is that its stacks are too long', () => {
    const hint = hintOf(() => BpfMap.create({ type: 'stack_trace', valueSize: 2 ** 18, maxEntries: 2 }));
    assert.match(String(hint), /^its stacks of 32768 frames are longer than kernel\.perf_event_max_stack, \d+$/);
  });

  it('is that it is too large', () => {
    const hint = hintOf(() => BpfMap.create({ type: 'array', valueSize: 2 ** 31, maxEntries: 2 ** 20 }));
    assert.equal(hint, 'its 1048576 entries of 4 + 2147483648 bytes are too many or too large');
  });

  it('is that the kernel has no such maps', function () {
    needs(this, 'a kernel without arenas', !kernelIsSince(6, 9) || 'it has them');
    const make = () => BpfMap.create({ type: 'arena', maxEntries: 1, flags: MAP_FLAGS.MMAPABLE });
    assert.equal(hintOf(make), 'this kernel has no maps of type arena');
  });

  it('is a template or a type that the declaration of an object lacks', () => {
    const declared = { keySize: 4, valueSize: 4, maxEntries: 2, flags: 0 };
    assert.match(mapHint({ ...declared, type: 'hash_of_maps' }, ERRNO.EINVAL) ?? '', /^is there a template, __array/);
    assert.match(mapHint({ ...declared, type: 'unknown' }, ERRNO.EINVAL) ?? '', /^its type is a number that/);
  });

  it('is told of the maps of objects, as they were changed', () => {
    const opened = open('maps');
    opened.maps.need('places').maxEntries = 0;
    assert.equal(
      hintOf(() => opened.load()),
      'its max_entries is 0',
    );
  });
});
