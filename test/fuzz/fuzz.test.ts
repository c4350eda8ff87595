import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '../capability.js';
import { fewer, patient } from '../helpers/patience.js';
import { corpus, toolObjects } from './corpus.js';
import { type FuzzOptions, fuzz } from './fuzz.js';
import { mutate } from './mutate.js';
import { KINDS } from './work.js';

describe('fuzz: damaged objects', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = (options: Partial<FuzzOptions>) =>
    fuzz({ kind: 'objects', corpus: corpus(), seed: 7, load: false, folder, ...options });

  /** A child that does something at the object of this number. */
  const childThat = (number: number, action: string): string => {
    const path = join(folder, 'child.mjs');
    writeFileSync(
      path,
      `import { writeSync } from 'node:fs';
      const { first, count } = JSON.parse(process.argv[2]);
      for (let number = first; number < first + count; number++) {
        writeSync(1, number + '\\n');
        if (number === ${number}) { ${action} }
        writeSync(1, '0.\\n');
      }`,
    );
    return path;
  };

  it('never end the process, opened', async () => {
    const { failures, inputs, counts } = await run({ count: fewer(600) });
    assert.deepEqual(failures, []);
    assert.equal(inputs, fewer(600));
    assert.ok(counts.refused > inputs / 4 && counts.opened > inputs / 8, JSON.stringify(counts));
  });

  it('never end the process, loaded', async function () {
    needs(this, 'root');
    const { failures, counts } = await run({ count: fewer(40), load: true });
    assert.deepEqual(failures, []);
    assert.ok(counts.loaded > 0);
  });

  for (const kind of KINDS.filter((one) => one !== 'objects'))
    for (const load of [false, true])
      it(`and other input give nothing but typed errors: ${kind}, ${load ? 'with' : 'without'} the kernel`, async function () {
        if (load) needs(this, 'root');
        const objects = kind === 'records' ? toolObjects() : corpus();
        const { failures, inputs, counts } = await run({ kind, corpus: objects, count: fewer(60), load });
        assert.deepEqual(failures, []);
        assert.equal(inputs, fewer(60));
        assert.ok(counts.accepted > 0, JSON.stringify(counts));
      });

  it('are the same for a seed', () => {
    const [path = ''] = corpus();
    const original = readFileSync(path);
    const damaged = Array.from({ length: 50 }, (_, seed) => mutate(original, seed).toString('latin1'));
    assert.deepEqual(
      damaged,
      damaged.map((_, seed) => mutate(original, seed).toString('latin1')),
    );
    assert.ok(new Set(damaged).size > 40);
  });

  for (const [what, action, reason] of [
    ['a signal', "process.kill(process.pid, 'SIGSEGV'); for (;;);", /^SIGSEGV/],
    ['an abort', 'process.abort();', /^SIGABRT/],
    ['an error that is not ours', "throw new RangeError('outside');", /^exit status 1 RangeError: outside/],
    ['no end', 'for (;;);', /^not done after \d+ ms/],
  ] as const)
    it(`are saved, and counted once: ${what}`, async () => {
      const script = childThat(3, action);
      const patience = patient(what === 'no end' ? 500 : 20_000);
      const { failures, inputs, counts } = await run({ count: 6, script, patience });
      assert.deepEqual([inputs, counts.refused, failures.map(({ number }) => number)], [6, 5, [3]]);
      const [{ path, reason: why } = { path: '', reason: '' }] = failures;
      assert.match(why, reason);
      assert.deepEqual(readFileSync(path), mutate(readFileSync(corpus()[3] as string), 7 + 3));
    });
});
