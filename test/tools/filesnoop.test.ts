import assert from 'node:assert/strict';
import { chmodSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '../capability.js';
import { FILES, type FileEvent, O_PATH, O_RDWR_CREAT, useFileBench } from '../helpers/files.js';
import { kernelIsSince } from '../helpers/kernel.js';
import { snoopkit } from '../helpers/run.js';

const isX64 = process.arch === 'x64';
const [AT_REMOVEDIR, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH] = [0x200, 0x100, 0x1000];
const FIFO = 0o10600;

describe('filesnoop', () => {
  const bench = useFileBench();

  /** An event's report of the call, without the caller and the result. */
  function shown(event: FileEvent): Record<string, unknown> {
    const { event: _event, pid: _pid, tid: _tid, comm: _comm, error: _error, ret: _ret, ...rest } = event;
    for (const name of ['time', 'ppid', 'uid', 'user', 'thread_comm', 'cgroup'])
      delete (rest as Record<string, unknown>)[name];
    return rest;
  }

  /** The same, as a test expects it: with what most calls have. */
  function expected(operation: string, path: string, more: Record<string, unknown> = {}): Record<string, unknown> {
    const full = { full_path: join(bench().here, path), full_path_resolved: true, full_path_deleted: false };
    return { operation, flags: '', dirfd: -100, new_dirfd: -100, path, ...full, ...more };
  }
  const second = (path: string) => ({
    new_path: path,
    new_full_path: join(bench().here, path),
    new_full_path_resolved: true,
    new_full_path_deleted: false,
  });
  const followed = { full_path_resolved: false };
  const owner = (uid: number, gid: number) => ({ owner_uid: uid, owner_gid: gid });

  /** Without the names of owners, which are those of this machine. */
  const bare = (event: FileEvent) => {
    const { owner_user: _user, owner_group: _group, ...rest } = shown(event);
    return rest;
  };

  for (const hooks of ['tracepoint', 'tp_btf'])
    describe(`by ${hooks}`, () => {
      it('sees each call that has a folder', async () => {
        const events = await bench().files(
          ['--hooks', hooks],
          ...['mkdirat', 'cwd', 'd', 0o755, 'mknodat', 'cwd', 'd/p', FIFO, 0, 'keep', 'd', O_PATH],
          ...['symlinkat', '../else/where', 'kept', 's', 'linkat', 'cwd', 'f', 'kept', 'h', 0],
          ...['renameat2', 'kept', 'h', 'cwd', 'i', 1, 'renameat2', 'cwd', 'i', 'kept', 's', 2],
          ...['fchmodat', 'cwd', 'f', 0o640, 'fchownat', 'cwd', 'f', 1, -1, 0],
          ...['fchownat', 'kept', 's', -1, 2, AT_SYMLINK_NOFOLLOW, 'truncate', 'f', 5_000_000_000],
          ...['unlinkat', 'kept', 's', 0, 'unlinkat', 'cwd', 'i', 0, 'unlinkat', 'kept', 'p', 0],
          ...['unlinkat', 'cwd', 'd', AT_REMOVEDIR],
        );
        const fd = events[2]?.dirfd as number;
        assert.ok(fd > 2);
        const inD = (path: string) => ({ dirfd: fd, path, full_path: join(bench().here, 'd', path) });
        assert.deepEqual(events.map(bare), [
          expected('mkdir', 'd', { mode: '0755' }),
          expected('mknod', 'd/p', { mode: '10600', ...followed }),
          expected('symlink', 's', { ...inD('s'), target: '../else/where' }),
          expected('link', 'f', { ...second('d/h'), new_path: 'h', new_dirfd: fd }),
          expected('rename', 'h', { ...inD('h'), ...second('i'), flags: 'RENAME_NOREPLACE' }),
          expected('rename', 'i', { ...second('d/s'), new_path: 's', new_dirfd: fd, flags: 'RENAME_EXCHANGE' }),
          expected('chmod', 'f', { mode: '0640', ...followed }),
          expected('chown', 'f', { owner_uid: 1, ...followed }),
          expected('chown', 's', { ...inD('s'), owner_gid: 2, flags: 'AT_SYMLINK_NOFOLLOW' }),
          expected('truncate', 'f', { size: 5_000_000_000, ...followed }),
          expected('unlink', 's', inD('s')),
          expected('unlink', 'i'),
          expected('unlink', 'p', inD('p')),
          expected('rmdir', 'd'),
        ]);
        assert.ok(events.every(({ event, comm, ret }) => event === 'file' && comm === 'files' && ret === 0));
        assert.ok(events.every((event) => !('owner_user' in event) || event.owner_uid !== undefined));
      });

      it('sees each call without one', async function () {
        needs(this, 'the older calls', isX64 || 'arm64 has only those with a directory');
        const events = await bench().files(
          ['--hooks', hooks],
          ...['mkdir', 'd', 0o700, 'mknod', 'p', FIFO, 0, 'symlink', 'f', 's', 'link', 'f', 'h', 'rename', 'h', 'd/h'],
          ...['renameat', 'cwd', 'd/h', 'cwd', 'h', 'chmod', 'f', 0o4755, 'chown', 'f', 3, 4, 'lchown', 's', 5, 6],
          ...['unlink', 'h', 'unlink', 's', 'unlink', 'p', 'rmdir', 'd'],
        );
        assert.deepEqual(events.map(bare), [
          expected('mkdir', 'd', { mode: '0700' }),
          expected('mknod', 'p', { mode: '10600' }),
          expected('symlink', 's', { target: 'f' }),
          expected('link', 'f', second('h')),
          expected('rename', 'h', { ...second('d/h'), new_full_path_resolved: false }),
          expected('rename', 'd/h', { ...second('h'), ...followed }),
          expected('chmod', 'f', { mode: '4755', ...followed }),
          expected('chown', 'f', { ...owner(3, 4), ...followed }),
          expected('chown', 's', { ...owner(5, 6), flags: 'AT_SYMLINK_NOFOLLOW' }),
          ...['h', 's', 'p'].map((path) => expected('unlink', path)),
          expected('rmdir', 'd'),
        ]);
      });

      it('sees each call with nothing but a descriptor', async () => {
        const events = await bench().files(
          ['--hooks', hooks],
          ...[
            'keep',
            'link/new',
            O_RDWR_CREAT,
            'ftruncate',
            'kept',
            100,
            'fchmod',
            'kept',
            0o600,
            'fchown',
            'kept',
            7,
            8,
          ],
          ...['fchownat', 'kept', '', 9, 10, AT_EMPTY_PATH, 'fsetxattr', 'kept', 'user.one', 'x', 1],
          ...['fremovexattr', 'kept', 'user.two', 'ftruncate', 99, 1],
        );
        const dirfd = events[0]?.dirfd as number;
        const full = { full_path_resolved: true, full_path_deleted: false };
        const where = { dirfd, new_dirfd: -100, full_path: join(bench().here, 'a/new'), ...full };
        const lost = { operation: 'truncate', flags: '', dirfd: 99, new_dirfd: -100, size: 1 };
        assert.deepEqual(events.map(bare), [
          { ...where, operation: 'truncate', flags: '', size: 100 },
          { ...where, operation: 'chmod', flags: '', mode: '0600' },
          { ...where, operation: 'chown', flags: '', ...owner(7, 8) },
          { ...where, operation: 'chown', flags: '', path: '', ...owner(9, 10) },
          { ...where, operation: 'setxattr', flags: 'XATTR_CREATE', attribute: 'user.one' },
          { ...where, operation: 'removexattr', flags: '', attribute: 'user.two' },
          { ...lost, ...full, full_path: null, full_path_resolved: false },
        ]);
        assert.equal(events.at(-1)?.error, 'EBADF');
      });

      it('sees what is done to attributes', async () => {
        const steps = ['setxattr', 'f', 'user.a', 'value', 0, 'setxattr', 'f', 'user.a', 'value', 2];
        const more = ['lsetxattr', 'f', 'user.b', 'v', 1, 'removexattr', 'f', 'user.a', 'lremovexattr', 'f', 'user.b'];
        const attribute = (name: string, flags = '') => ({ attribute: name, flags });
        const expect = [
          expected('setxattr', 'f', { ...attribute('user.a'), ...followed }),
          expected('setxattr', 'f', { ...attribute('user.a', 'XATTR_REPLACE'), ...followed }),
          expected('setxattr', 'f', attribute('user.b', 'XATTR_CREATE|AT_SYMLINK_NOFOLLOW')),
          expected('removexattr', 'f', { ...attribute('user.a'), ...followed }),
          expected('removexattr', 'f', attribute('user.b', 'AT_SYMLINK_NOFOLLOW')),
        ];
        assert.deepEqual((await bench().files(['--hooks', hooks], ...steps, ...more)).map(bare), expect);
      });

      it('sees the newest calls', async function () {
        needs(this, 'fchmodat2(2)', kernelIsSince(6, 6) || 'it came with 6.6');
        const steps = [
          ...['fchmodat2', 'cwd', 'link', 0o700, AT_SYMLINK_NOFOLLOW],
          ...(kernelIsSince(6, 13) ? ['setxattrat', 'cwd', 'f', AT_SYMLINK_NOFOLLOW, 'user.c', 'v', 1] : []),
          ...(kernelIsSince(6, 13) ? ['removexattrat', 'cwd', 'f', 0, 'user.c'] : []),
        ];
        assert.deepEqual((await bench().files(['--hooks', hooks], ...steps)).map(bare), [
          expected('chmod', 'link', { mode: '0700', flags: 'AT_SYMLINK_NOFOLLOW' }),
          ...(kernelIsSince(6, 13)
            ? [
                expected('setxattr', 'f', { attribute: 'user.c', flags: 'XATTR_CREATE|AT_SYMLINK_NOFOLLOW' }),
                expected('removexattr', 'f', { attribute: 'user.c', ...followed }),
              ]
            : []),
        ]);
      });
    });

  it('reports why something is refused', async () => {
    const long = 'x'.repeat(256);
    const events = await bench().files(
      [],
      ...['unlinkat', 'cwd', 'none', 0, 'unlinkat', 'cwd', 'a', AT_REMOVEDIR, 'unlinkat', 'cwd', 'a', 0],
      ...['unlinkat', 'cwd', 'f/x', 0, 'mkdirat', 'cwd', 'a', 0o755, 'renameat2', 'cwd', 'f', 'cwd', '/proc/f', 0],
      ...['linkat', 'cwd', 'a', 'cwd', 'h', 0, 'renameat2', 'cwd', 'a', 'cwd', 'a/b/c', 0, 'unlinkat', 'cwd', long, 0],
      ...['unlinkat', 'cwd', 'fault', 0, 'symlinkat', 'fault', 'cwd', 's', 'renameat2', 'cwd', 'f', 'cwd', 'fault', 0],
      ...['truncate', 'f', -1, 'unlinkat', 'cwd', '', 0],
    );
    assert.deepEqual(
      events.map(({ error }) => error),
      [
        ...['ENOENT', 'ENOTEMPTY', 'EISDIR', 'ENOTDIR', 'EEXIST', 'EXDEV', 'EPERM', 'EINVAL', 'ENAMETOOLONG'],
        ...['EFAULT', 'EFAULT', 'EFAULT', 'EINVAL', 'ENOENT'],
      ],
    );
    const [none, , , , , across, , , tooLong, fault, noTarget, noNew] = events;
    assert.deepEqual([none?.full_path, none?.full_path_resolved], [join(bench().here, 'none'), true]);
    assert.equal(across?.new_full_path, '/proc/f');
    assert.deepEqual([tooLong?.path, tooLong?.full_path], [long, join(bench().here, long)]);
    assert.deepEqual([fault?.path, fault?.full_path], [null, null]);
    assert.deepEqual([noTarget?.target, noTarget?.full_path], [null, join(bench().here, 's')]);
    assert.deepEqual([noNew?.new_path, noNew?.new_full_path, noNew?.full_path], [null, null, join(bench().here, 'f')]);
  });

  it('shows only failures with -x', async () => {
    const events = await bench().files(['-x'], 'unlinkat', 'cwd', 'f', 0, 'unlinkat', 'cwd', 'f', 0);
    assert.deepEqual(
      events.map(({ path, error }) => [path, error]),
      [['f', 'ENOENT']],
    );
  });

  it('reports the process that was not permitted', async function () {
    needs(this, 'setpriv');
    chmodSync(bench().folder, 0o755);
    const words = ['--reuid', '65534', '--clear-groups', FILES, 'unlinkat', 'cwd', join(bench().here, 'f'), '0'];
    const event = await bench().one([], ['setpriv', ...words]);
    assert.deepEqual([event.error, event.full_path], ['EACCES', join(bench().here, 'f')]);
    assert.ok(lstatSync(join(bench().here, 'f')).isFile());
  });

  it('has a table that people read', async () => {
    const words = ['renameat2', 'cwd', 'f', 'cwd', 'g', '0', 'unlinkat', 'cwd', 'a/x', '0'];
    const { stdout } = await snoopkit([
      'filesnoop',
      '--',
      'sh',
      '-c',
      `exec "$@"`,
      'sh',
      FILES,
      'cd',
      bench().here,
      ...words,
    ]);
    const [header, rename, refused] = stdout.toString().split('\n');
    assert.equal(header, '    PID COMM             OPERATION       RET FULL_PATH            NEW_FULL_PATH');
    const pid = /^ *\d+ files {12}/;
    assert.equal(rename?.replace(pid, ''), `rename            0 ${bench().here}/f ${bench().here}/g`);
    assert.equal(refused?.replace(pid, ''), `unlink       ENOENT [unresolved]${bench().here}/a/x -`);
  });
});
