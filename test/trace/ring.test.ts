import assert from 'node:assert/strict';
import { MapError } from '../../src/bpf/errors.js';
import type { OpenedObject } from '../../src/bpf/object.js';
import { SnoopkitError } from '../../src/errors.js';
import { fittingRingSize, loadWithRing } from '../../src/trace/ring.js';

const KIB = 1 << 10;
const MIB = 1 << 20;
const GIB = 1 << 30;

describe('cli: the ring', () => {
  for (const [cpus, memory, size] of [
    [1, 16 * GIB, 8 * MIB],
    [2, 16 * GIB, 16 * MIB],
    [6, 16 * GIB, 32 * MIB],
    [256, 1024 * GIB, 64 * MIB],
    [8, 512 * MIB, 8 * MIB],
    [2, 100 * MIB, MIB],
    [2, 4 * MIB, 256 * KIB],
  ] as const)
    it(`of ${cpus} CPUs and ${memory / MIB} MiB has ${size / KIB} KiB`, () => {
      assert.equal(fittingRingSize({ cpus, memory }), size);
    });

  it('fits this machine', () => {
    const size = fittingRingSize();
    assert.ok(size >= 256 * KIB && size <= 64 * MIB, `${size}`);
    assert.equal(Math.log2(size) % 1, 0);
  });

  /** An object whose load the kernel refuses. */
  const refusing = (error: Error) =>
    ({
      maps: { need: () => ({}) },
      load: () => {
        throw error;
      },
    }) as unknown as OpenedObject;

  it('refused by the kernel is reported in one line', () => {
    const error = new MapError('cannot load opensnoop', 'events', 12, '');
    for (const [size, shown] of [
      [GIB, '1G'],
      [16 * MIB, '16M'],
      [64 * KIB, '64K'],
    ] as const)
      assert.throws(
        () => loadWithRing(refusing(error), size),
        (thrown) =>
          thrown instanceof SnoopkitError &&
          thrown.code === 'ERR_SNOOPKIT_RING' &&
          thrown.message === `the kernel refused a ring buffer of ${shown} (ENOMEM): use a smaller one`,
      );
  });

  it('refused by the limit of locked memory is reported with the limit', () => {
    const error = new MapError('cannot load opensnoop', 'events', 1, '');
    assert.throws(
      () => loadWithRing(refusing(error), MIB),
      /: the kernel refused a ring buffer of 1M \(EPERM\): use ulimit -l unlimited, CAP_SYS_RESOURCE or a smaller one$/,
    );
  });

  it('is not blamed for anything else', () => {
    for (const error of [new MapError('cannot load opensnoop', 'scratch', 12, ''), new Error('something else')])
      assert.throws(
        () => loadWithRing(refusing(error), MIB),
        (thrown) => thrown === error,
      );
  });
});
