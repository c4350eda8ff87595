import assert from 'node:assert/strict';
import { join } from 'node:path';
import { O_PATH, useFileBench } from '../helpers/files.js';
import { percent } from '../helpers/opens.js';

const [AT_REMOVEDIR, AT_SYMLINK_FOLLOW] = [0x200, 0x400];

describe('filesnoop: names and paths', () => {
  const bench = useFileBench();

  it('makes one path of folders and names, whatever these are', async () => {
    const cases: [path: string, full: string, isResolved: boolean][] = [
      ['./f1', '@/f1', true],
      ['a/../f2', '@/f2', false],
      ['link/f3', '@/link/f3', false],
      ['a//b/./f4', '@/a/b/f4', false],
      ['../f5', '@/../f5', true],
      ['.././../f6', '@/../../f6', true],
      ['/f7', '/f7', true],
      ['//f8', '/f8', true],
      ['/../../f9', '/f9', true],
      ['a/b/../../../f10', '@/../f10', false],
      ['a/', '@/a', true],
      ['.', '@', true],
      ['..', '@/..', true],
      ['a/..', '@', false],
      ['...', '@/...', true],
      ['..a', '@/..a', true],
      ['.a', '@/.a', true],
    ];
    const events = await bench().files([], ...cases.flatMap(([path]) => ['unlinkat', 'cwd', path, AT_REMOVEDIR]));
    assert.deepEqual(
      events.map(({ path, full_path, full_path_resolved }) => [path, full_path, full_path_resolved]),
      cases.map(([path, full, isResolved]) => [
        path,
        join(full.replace('@', bench().here)).replace(/(.)\/$/, '$1'),
        isResolved,
      ]),
    );
  });

  it('shows where a working directory really is, and a folder that is open', async () => {
    const [below, open, upper] = await bench().files(
      [],
      ...['cd', 'link/b', 'unlinkat', 'cwd', 'x', 0, 'keep', '@/link', O_PATH, 'unlinkat', 'kept', 'x', 0],
      ...['unlinkat', 'kept', '../x', 0],
    );
    assert.deepEqual(
      [below, open, upper].map((event) => [event?.full_path, event?.full_path_resolved]),
      ['a/b/x', 'a/x', 'x'].map((path) => [join(bench().here, path), true]),
    );
  });

  it('shows a changed root in front, which no name leads out of', async () => {
    const remove = (path: string) => ['unlinkat', 'cwd', path, 0];
    const steps = ['root', '@/a', ...remove('/b/x'), ...remove('/../../x'), 'cd', '/b', ...remove('x')];
    const events = await bench().files([], ...steps);
    assert.deepEqual(
      events.map(({ full_path, full_path_resolved }) => [full_path, full_path_resolved]),
      [
        [join(bench().here, 'a/b/x'), false],
        [join(bench().here, 'a/x'), true],
        // It may have led further up than the root.
        [join(bench().here, 'a/b/x'), false],
      ],
    );
    const seen = await bench().files(['--path', join(bench().here, 'a')], ...steps);
    assert.equal(seen.length, 3);
  });

  it('shows names of any bytes and any length', async () => {
    const bytes = Buffer.from([0xff, 0x0a, 0x1b, 0x5b, 0x22, 0x5c, 0xc3]);
    const [odd, longest, path] = await bench().files(
      [],
      ...['mkdirat', 'cwd', percent(bytes), 0o755, 'mkdirat', 'cwd', 'n'.repeat(255), 0o755],
      ...['mkdirat', 'cwd', `${'./'.repeat(2046)}end`, 0o755],
    );
    assert.deepEqual(Buffer.from(odd?.path_base64 ?? '', 'base64'), bytes);
    assert.deepEqual(
      Buffer.from(odd?.full_path_base64 ?? '', 'base64'),
      Buffer.concat([Buffer.from(`${bench().here}/`), bytes]),
    );
    assert.deepEqual([longest?.ret, longest?.full_path], [0, join(bench().here, 'n'.repeat(255))]);
    assert.deepEqual([path?.ret, path?.path?.length, path?.full_path], [0, 4095, join(bench().here, 'end')]);
  });

  it('shows two paths of 4095 bytes, and marks one that is too long', async () => {
    const name = `${'d/'.repeat(2047)}x`;
    const [both, long] = await bench().files(
      [],
      ...[
        'renameat2',
        'cwd',
        name,
        'cwd',
        `/${name.slice(0, -2)}y`,
        0,
        'unlinkat',
        'cwd',
        `${name}${'z'.repeat(10)}`,
        0,
      ],
    );
    assert.deepEqual([both?.error, both?.path, both?.new_path], ['ENOENT', name, `/${name.slice(0, -2)}y`]);
    assert.deepEqual([both?.full_path, both?.new_full_path], [`${bench().here}/${name}`, `/${name.slice(0, -2)}y`]);
    assert.deepEqual([long?.error, long?.path_truncated], ['ENAMETOOLONG', true]);
  });

  it('sees them in threads, and in all kinds of links', async () => {
    const events = await bench().files(
      [],
      ...['thread', 'unlinkat', 'cwd', 'none', 0, 'symlinkat', 'x', 'cwd', 'dangling'],
      ...['linkat', 'cwd', 'dangling', 'cwd', 'hard', 0, 'linkat', 'cwd', 'link', 'cwd', 'other', AT_SYMLINK_FOLLOW],
    );
    const [thread, , hard, other] = events;
    assert.notEqual(thread?.tid, thread?.pid);
    assert.deepEqual([hard?.full_path_resolved, other?.full_path_resolved], [true, false]);
  });
});
