import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '../capability.js';
import { FILES, O_PATH, O_RDWR_CREAT, useFileBench } from '../helpers/files.js';
import { percent } from '../helpers/opens.js';
import { snoopkit } from '../helpers/run.js';

describe('filesnoop --path', () => {
  const bench = useFileBench();

  const remove = (...paths: string[]) => paths.flatMap((path) => ['unlinkat', 'cwd', path, 0]);

  /** The paths that are seen. */
  async function seen(
    path: string | readonly string[],
    ...steps: (string | number)[]
  ): Promise<(string | undefined)[]> {
    const flags = [path].flat().flatMap((one) => ['--path', one.replace('@', bench().here)]);
    const events = await bench().files(flags, ...steps);
    return events.map((event) => event.path ?? event.full_path?.replace(bench().here, '@'));
  }

  for (const hooks of ['tracepoint', 'tp_btf'])
    it(`goes by whole names, by ${hooks}`, async () => {
      const all = [
        'a/x',
        'a',
        'ab',
        'ab/x',
        './a/x',
        'a/../ab',
        'ab/../a/x',
        '../x',
        'b/a',
        '@/a/x',
        '@/ab',
        '@//a/./b/',
      ];
      const flags = ['--hooks', hooks, '--path', `${bench().here}/a`];
      const { events } = await bench().run(flags, [
        FILES,
        ...['cd', bench().here, ...remove(...all)].map((word) => String(word).replace('@', bench().here)),
      ]);
      assert.deepEqual(
        events.map(({ path }) => path),
        ['a/x', 'a', './a/x', 'ab/../a/x', `${bench().here}/a/x`, `${bench().here}//a/./b/`],
      );
    });

  it('finds what is at either end', async () => {
    const move = (from: string, to: string) => ['renameat2', 'cwd', from, 'cwd', to, 0];
    assert.deepEqual(
      await seen(
        '@/a',
        ...move('f', 'a/in'),
        ...move('a/in', 'out'),
        ...move('out', 'f'),
        'linkat',
        'cwd',
        'f',
        'cwd',
        'a/h',
        0,
      ),
      ['f', 'a/in', 'f'],
    );
  });

  it('finds what is relative to a folder, wherever that is', async () => {
    const steps = [
      'cd',
      'link/b',
      ...remove('x', '../x', '../../x'),
      'keep',
      '@/link',
      O_PATH,
      'unlinkat',
      'kept',
      'y',
      0,
    ];
    assert.deepEqual(await seen('@/a', ...steps), ['x', '../x', 'y']);
    assert.deepEqual(await seen('@/a/b', ...steps), ['x']);
  });

  it('finds what is known by a descriptor', async () => {
    const steps = [
      'keep',
      '@/f',
      2,
      'fchmod',
      'kept',
      0o600,
      'keep',
      '@/link/new',
      O_RDWR_CREAT,
      'fchmod',
      'kept',
      0o600,
    ];
    assert.deepEqual(await seen('@/a', ...steps), ['@/a/new']);
  });

  it('finds one file, also one that is yet to be', async () => {
    const steps = [
      'mkdirat',
      'cwd',
      'new',
      0o755,
      'mkdirat',
      'cwd',
      'new/er',
      0o755,
      'mkdirat',
      'cwd',
      'new/er/x',
      0o755,
    ];
    assert.deepEqual(await seen('@/new/er', ...steps, ...remove('new/er.', 'f')), ['new/er', 'new/er/x']);
    assert.deepEqual(await seen('@/f', ...remove('f', 'f/x', 'ff')), ['f', 'f/x']);
  });

  it('takes several, and the root', async () => {
    const steps = remove('a/x', 'b/x', 'c/x', 'a/b/x', '/none');
    assert.deepEqual(await seen(['@/a', '@/c', '@/a/b'], ...steps), ['a/x', 'c/x', 'a/b/x']);
    assert.deepEqual(await seen('/', ...steps), ['a/x', 'b/x', 'c/x', 'a/b/x', '/none']);
    // What is named beneath does not widen what is named above.
    assert.deepEqual(await seen('@/a/b', ...steps), ['a/b/x']);
  });

  it('is itself resolved, and counts as given, too', async () => {
    assert.deepEqual(await seen('@/link/b', ...remove('link/b/x', 'a/b/x', 'a/x', 'link/c')), ['link/b/x', 'a/b/x']);
    const { events } = await bench().run(
      ['--path', 'a/../a'],
      [FILES, 'cd', bench().here, ...remove('a/x', 'x').map(String)],
      {
        cwd: bench().here,
      },
    );
    assert.deepEqual(
      events.map(({ path }) => path),
      ['a/x'],
    );
  });

  it('follows names of any bytes and any length', async () => {
    const [long, longer] = ['n'.repeat(255), 'n'.repeat(256)];
    assert.deepEqual(await seen(`@/${long}`, ...remove(long, `${long}/x`, longer, `${longer}/x`, 'n')), [
      long,
      `${long}/x`,
    ]);
    const odd = 'ö "\n\\';
    assert.deepEqual(await seen(`@/${odd}`, ...remove(percent(odd), percent(`${odd}x`))), [odd]);
    const far = `${'./'.repeat(2000)}a/x`;
    assert.deepEqual(await seen('@/a', ...remove(far, far.replace('a/x', 'b/x'))), [far]);
    const up = `${'a/../'.repeat(800)}a/x`;
    assert.deepEqual(await seen('@/a', ...remove(up, `${up}/../../f`)), [up]);
    // Where a part of the text that is looked at in one go ends, and one byte around.
    const edges = Array.from({ length: 6 }, (_, i) => `${'/'.repeat(60 + i)}${bench().here.slice(1)}/a/x`);
    assert.deepEqual(await seen('@/a', ...remove(...edges)), edges);
  });

  it('finds what is deep down, and what goes up from there', async () => {
    const deep = 'd/'.repeat(300);
    mkdirSync(join(bench().here, deep), { recursive: true });
    const steps = ['cd', deep, ...remove('x', `${'../'.repeat(300)}x`, `${'../'.repeat(300)}a/x`)];
    assert.deepEqual(await seen('@/d', ...steps), ['x']);
    assert.deepEqual(await seen('@/a', ...steps), [`${'../'.repeat(300)}a/x`]);
    assert.deepEqual(await seen(`@/${deep}x`, ...steps), ['x']);
  });

  it('sees a mount by where it is, in whatever mount namespace', async function () {
    needs(this, 'unshare');
    const script = `mount --bind ${bench().here}/a ${bench().here}/link/b && cd ${bench().here}/a/b && exec "$@"`;
    const command = [
      'unshare',
      '--mount',
      'sh',
      '-c',
      script,
      'sh',
      FILES,
      ...remove('x', '../y', '../../z').map(String),
    ];
    const { events } = await bench().run(['-n', 'files', '--path', `${bench().here}/a`], command);
    assert.deepEqual(
      events.map(({ full_path }) => full_path),
      [join(bench().here, 'a/b/x'), join(bench().here, 'a/y')],
    );
  });

  it('refuses what is no path', async () => {
    for (const [path, line] of [
      ['', '--path: expected the path of a file or folder'],
      [`/${'x'.repeat(256)}`, `--path: path too long: /${'x'.repeat(39)}...`],
    ] as const) {
      const { status, lines } = await snoopkit(['filesnoop', '--path', path]);
      assert.deepEqual([status, lines[0]], [2, `snoopkit: ${line}`]);
    }
  });
});
