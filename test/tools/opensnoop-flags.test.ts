import assert from 'node:assert/strict';
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '../capability.js';
import { Workbench } from '../helpers/opens.js';
import { snoopkit } from '../helpers/run.js';

const isX64 = process.arch === 'x64';
const [WRONLY, RDWR, CREAT, TRUNC, APPEND, SYNC, DSYNC, CLOEXEC, PATH] = [
  ...[1, 2, 0o100, 0o1000, 0o2000, 0o4010000, 0o10000, 0o2000000, 0o10000000],
] as [number, number, number, number, number, number, number, number, number];
const DIRECTORY = isX64 ? 0o200000 : 0o40000;
const TMPFILE = 0o20000000 | DIRECTORY;

describe('opensnoop', () => {
  let bench: Workbench;
  let base: string;
  before(function () {
    needs(this, 'root');
    needs(this, 'own-root');
    bench = new Workbench();
    base = realpathSync(bench.folder);
    mkdirSync(join(base, 'a/b'), { recursive: true });
    for (const file of ['f', 'a/f', 'a/b/f', 'af']) writeFileSync(join(base, file), '');
    symlinkSync('a', join(base, 'link'));
  });
  after(() => bench?.remove());

  const paths = async (flags: readonly string[], steps: readonly (string | number)[]) => {
    const words = steps.map((word) => String(word).replace('@', base));
    const { events } = await bench.opens(flags, words);
    return events.map(({ path }) => path?.replace(base, '@'));
  };

  describe('by how a file is opened', () => {
    const OPENS: [name: string, flags: number][] = [
      ['read', 0],
      ['cloexec', CLOEXEC],
      ['write', WRONLY],
      ['both', RDWR | SYNC],
      ['create', CREAT],
      ['truncate', TRUNC],
      ['append', APPEND | DSYNC],
      ['folder', DIRECTORY],
      ['unnamed', TMPFILE | RDWR],
      ['path', PATH | WRONLY | CREAT],
    ];
    // Below a file, so that each fails, and none changes anything.
    const steps = OPENS.flatMap(([name, flags]) => ['openat', 'cwd', `/etc/hostname/${name}`, flags, 0o600]);
    const seen = async (...flags: string[]) => (await paths(flags, steps)).map((path) => path?.split('/').at(-1));

    it('--write: what may change a file, or make one', async () => {
      assert.deepEqual(await seen('--write'), ['write', 'both', 'create', 'truncate', 'unnamed']);
    });

    it('--flags: what has one of them', async () => {
      assert.deepEqual(await seen('--flags', 'O_CREAT,O_TRUNC'), ['create', 'truncate', 'path']);
      assert.deepEqual(await seen('--flags', 'trunc', '--flags', 'O_CLOEXEC'), ['cloexec', 'truncate']);
      // What is made of several bits, or of two that are one number.
      assert.deepEqual(await seen('--flags', 'O_TMPFILE'), ['unnamed']);
      assert.deepEqual(await seen('--flags', 'O_DIRECTORY'), ['folder', 'unnamed']);
      assert.deepEqual(await seen('--flags', 'O_SYNC'), ['both']);
      assert.deepEqual(await seen('--flags', 'O_DSYNC'), ['both', 'append']);
      assert.deepEqual(await seen('--flags', 'O_WRONLY'), ['write', 'path']);
      assert.deepEqual(await seen('--flags', 'O_RDWR'), ['both', 'unnamed']);
      assert.deepEqual(await seen('--flags', 'O_RDONLY', '--flags', 'O_RDWR', '--write'), [
        ...['both', 'create', 'truncate', 'unnamed'],
      ]);
    });

    it('refuses what is no flag', async () => {
      const { status, lines } = await snoopkit(['opensnoop', '--flags', 'O_NOPE']);
      const line = 'snoopkit: --flags O_NOPE: expected flags of open(2), such as O_CREAT or O_TRUNC';
      assert.deepEqual([status, lines], [2, [line]]);
    });
  });

  describe('--path', () => {
    const open = (...names: string[]) => names.flatMap((name) => ['openat', 'cwd', name, 0, 0]);

    for (const hooks of ['tracepoint', 'tp_btf'])
      it(`goes by where a file is, by ${hooks}`, async () => {
        const inside = ['@/a/f', '@/a/b/../f', '@/link/f', '@/a', 'f', '../a/b/f', '@/a/none', './none'];
        const outside = ['@/f', '@/af', '@/none', '../f', '../../etc/hostname', '@/a/../f', '@/none/../f'];
        const flags = ['--hooks', hooks, '--path', join(base, 'a')];
        assert.deepEqual(await paths(flags, ['cd', '@/link', ...open(...inside, ...outside)]), inside);
      });

    it('finds by a resolved path, too, what is given through a link', async () => {
      assert.deepEqual(await paths(['--path', join(base, 'link')], open('@/a/f', '@/link/f', '@/f', '@/link/none')), [
        ...['@/a/f', '@/link/f', '@/link/none'],
      ]);
    });

    it('does with --full-path what that shows', async () => {
      const { events } = await bench.opens(
        ['--full-path', '--path', join(base, 'a/b')],
        ['cd', `${base}/a/b`, ...open('f', '../f', 'no')],
      );
      assert.deepEqual(
        events.map(({ full_path }) => full_path),
        ['f', 'no'].map((name) => join(base, 'a/b', name)),
      );
    });

    it('finds what is made there, and one file', async () => {
      const steps = ['openat', 'cwd', '@/a/new', CREAT | RDWR, 0o600, 'openat', 'cwd', '@/a/new2', CREAT | RDWR, 0o600];
      assert.deepEqual(await paths(['--write', '--path', join(base, 'a/new')], steps), ['@/a/new']);
    });
  });
});
