import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { needs } from '../capability.js';
import { fewer, patient } from '../helpers/patience.js';
import type { Growth } from './fixtures/rounds.js';

const SCRIPT = fileURLToPath(new URL('./fixtures/rounds.js', import.meta.url));
/** `make rounds` sets it. */
const ROUNDS = Number(process.env.SNOOPKIT_ROUNDS ?? fewer(400));

/** Bytes that the second half may add, all rounds together, in what V8 has allocated. */
const NOISE = 4 << 20;
/** And of them in JavaScript's heap, where most of what is collected late stays. */
const HEAP_NOISE = 512 << 10;

describe('bpf: rounds of open, load, attach and close', function () {
  this.timeout(patient(60_000) + ROUNDS * 200);
  before(function () {
    needs(this, 'root');
  });

  it('leave no descriptors, kernel objects or memory', () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--expose-gc', SCRIPT, `${ROUNDS}`], {
      encoding: 'utf8',
    });
    assert.deepEqual([stderr, status], ['', 0]);
    const growth = JSON.parse(stdout) as Growth;
    if (process.env.SNOOPKIT_ROUNDS !== undefined) console.log(growth);
    assert.deepEqual([growth.left, growth.descriptors], [[], []]);
    // Two records, and a program, maps and a link in each round.
    assert.equal(growth.records, 2 * ROUNDS);
    assert.ok(growth.kernelObjects > 5 * ROUNDS, `${growth.kernelObjects} kernel objects`);
    const measured = JSON.stringify(growth);
    assert.ok((growth.allocated * ROUNDS) / 2 < NOISE, measured);
    assert.ok((growth.heap * ROUNDS) / 2 < HEAP_NOISE, measured);
  });
});
