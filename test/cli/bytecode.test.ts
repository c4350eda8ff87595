import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
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
    assert.match(kept().join(), /^main\.cjs\.v[\d.]+-\w+\.bytecode$/);
    const { ino, size } = statSync(path());
    assert.ok(size > 100_000, `${size} bytes`);
    await trace();
    assert.deepEqual([kept().length, statSync(path()).ino], [1, ino]);
  });

  it('is made anew where it is damaged, wherever that is', async () => {
    await trace();
    const whole = readFileSync(path());
    const from = (share: number) => Math.floor(whole.length * share);
    // In our checksum, in what V8 has at the start, and all over the rest: V8 itself would run these, or crash.
    for (const at of [0, 3, 4, 12, 36, ...[0.1, 0.3, 0.5, 0.7, 0.9].map(from), whole.length - 1]) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] as number) ^ 0x55;
      writeFileSync(path(), damaged);
      await trace();
      assert.notDeepEqual(readFileSync(path()), damaged, `byte ${at}`);
    }
    for (const size of [0, 1, 32, whole.length / 2]) {
      writeFileSync(path(), whole.subarray(0, size));
      await trace();
      assert.ok(statSync(path()).size > whole.length / 2, `${size} bytes`);
    }
  });

  it('is made anew for another program, be it of the same size and time', async () => {
    await trace();
    const before = readFileSync(path());
    const main = join(folder, 'dist/cli/bundle/main.cjs');
    const { atime, mtime } = statSync(main);
    const source = readFileSync(main, 'latin1');
    const changed = source.replace('trace open(2), openat(2)', 'TRACE OPEN(2), OPENAT(2)');
    assert.notEqual(changed, source);
    writeFileSync(main, changed, 'latin1');
    utimesSync(main, atime, mtime);
    await trace();
    assert.equal(kept().length, 1);
    assert.notDeepEqual(readFileSync(path()), before);
  });

  it('leaves that of other versions alone', async () => {
    const other = join(folder, 'dist/cli/bundle/main.cjs.v99.0.0-x64.bytecode');
    writeFileSync(other, 'theirs');
    await trace();
    assert.equal(readFileSync(other, 'latin1'), 'theirs');
    assert.equal(kept().length, 2);
  });

  it('is not for others to write, whatever the umask', async () => {
    for (const mask of ['000', '002', '077']) {
      const { status, said } = await run('sh', [
        '-c',
        `umask ${mask} && exec "$0" "$1" opensnoop -- true`,
        process.execPath,
        join(folder, 'bin/snoopkit.cjs'),
      ]);
      assert.deepEqual([status, said], [0, '']);
      assert.equal(statSync(path()).mode & 0o777, 0o644, mask);
      rmSync(path());
    }
  });

  it('is not taken from others, nor where others may write it', async () => {
    await trace();
    const ino = () => statSync(path()).ino;
    const spoil: Record<string, () => void> = {
      'writable by others': () => chmodSync(path(), 0o646),
      'writable by a group': () => chmodSync(path(), 0o664),
      "somebody else's": () => chownSync(path(), 65534, 65534),
      'a link': () => {
        const real = `${folder}/elsewhere`;
        writeFileSync(real, readFileSync(path()));
        const link = path();
        rmSync(link);
        symlinkSync(real, link);
      },
    };
    for (const [what, change] of Object.entries(spoil)) {
      change();
      const before = ino();
      await trace();
      assert.notEqual(ino(), before, what);
      const { uid, mode } = lstatSync(path());
      assert.deepEqual([uid, mode], [0, 0o100644], what);
    }
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
