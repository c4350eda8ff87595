import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { needs } from '../capability.js';
import { run, SNOOPKIT } from '../helpers/run.js';

/** Of a copy of the program, which other tests do not run. */
describe('cli: the bytecode of the program', function () {
  this.timeout(60_000);
  let folder: string;
  const kept = () => readdirSync(join(folder, 'dist/cli/bundle')).filter((name) => name !== 'main.cjs');
  const path = () => join(folder, 'dist/cli/bundle', kept()[0] ?? '');
  const snoopkit = async (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
    const { status, said } = await run(process.execPath, [join(folder, 'bin/snoopkit.cjs'), ...args], {
      env: { ...process.env, ...env },
    });
    assert.deepEqual([status, said], [0, '']);
  };
  const trace = (env?: NodeJS.ProcessEnv) => snoopkit(['opensnoop', '--', 'true'], env);

  beforeEach(function () {
    needs(this, 'root');
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-bytecode-'));
    const root = dirname(dirname(SNOOPKIT));
    for (const part of ['bin', 'package.json', 'oclif.manifest.json', 'dist/cli/bundle/main.cjs', 'dist/native'])
      cpSync(join(root, part), join(folder, part), { recursive: true });
    symlinkSync(join(root, 'dist/bpf'), join(folder, 'dist/bpf'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is kept by the first run that traces, and used by the next', async () => {
    await snoopkit(['opensnoop', '--help']);
    assert.deepEqual(kept(), []);
    await trace();
    assert.match(kept().join(), /^v[\d.]+-\w+-[-\w]+\.bytecode$/);
    const { ino, size } = statSync(path());
    assert.ok(size > 100_000, `${size} bytes`);
    await trace();
    assert.deepEqual([kept().length, statSync(path()).ino], [1, ino]);
  });

  it('is made anew where it is damaged, or of another program', async () => {
    await trace();
    const { size } = statSync(path());
    truncateSync(path(), size / 2);
    await trace();
    assert.ok(statSync(path()).size > size / 2);
    const before = kept();
    utimesSync(join(folder, 'dist/cli/bundle/main.cjs'), 1, 1);
    await trace();
    assert.equal(kept().length, 1);
    assert.notDeepEqual(kept(), before);
  });

  it('is nothing that a run needs', async () => {
    await trace({ NODE_DISABLE_COMPILE_CACHE: '1' });
    await trace({ NODE_OPTIONS: '--max-old-space-size=200' });
    assert.deepEqual(kept(), []);
    await trace();
    const file = path();
    rmSync(file);
    mkdirSync(file);
    await trace();
    assert.deepEqual([kept().length, statSync(file).isDirectory()], [1, true]);
  });
});
