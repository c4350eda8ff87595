import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [MOCHA, REPORTER] = ['../../node_modules/mocha/bin/mocha.js', './reporter.js'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
) as [string, string];

describe('the reporter of tests', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-reporter-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs a file of tests. */
  function run(tests: string) {
    const file = join(folder, 'some.test.mjs');
    writeFileSync(file, tests);
    const args = [MOCHA, '--no-config', '--reporter', REPORTER, file];
    const env = { ...process.env, SNOOPKIT_LINGERING_MS: '300' };
    return spawnSync(process.execPath, args, { encoding: 'utf8', env, timeout: 60_000 });
  }

  it('ends in the sum', () => {
    const { status, stdout } = run(`it('is well', () => {}); it('is not', () => { throw new Error('no'); });`);
    assert.match(stdout, /\n {2}FAILED is not: no\n\n1 passed, 1 failed\n$/);
    assert.equal(status, 1);
  });

  it('counts a skip without a reason as failed', () => {
    const { status, stdout } = run(`it('is well', () => {}); it.skip('is not done', () => {});`);
    assert.match(stdout, /\n1 passed, 1 failed\n$/);
    assert.equal(status, 1);
  });

  it('ends though something is still open, and fails', () => {
    const { status, stdout } = run(`import { createServer } from 'node:net';
      it('leaves a server', (done) => { createServer().listen(0, '127.0.0.1', done); });`);
    assert.match(stdout, /\n1 passed, 0 failed\n {2}FAILED the tests have ended, but .* open: .*TCPServerWrap.*\n$/s);
    assert.equal(status, 1);
  });
});
