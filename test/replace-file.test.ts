import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { replaceFile } from '../src/replace-file.js';
import { needs } from './capability.js';

const NOBODY = 65534;
const BYTES = Buffer.from('new\n');

describe('replacing a file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-replace-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Makes the old file, and returns its path. */
  function old(name = 'file', mode = 0o640): string {
    const file = join(folder, name);
    writeFileSync(file, 'old\n');
    chmodSync(file, mode);
    return file;
  }
  function wasReplaced(file: string, names: readonly string[]): void {
    assert.equal(readFileSync(file, 'utf8'), 'new\n');
    assert.deepEqual(readdirSync(folder).sort(), names);
  }

  it('makes one with the mode that the umask leaves', () => {
    const umask = process.umask(0o027);
    try {
      replaceFile(join(folder, 'file'), BYTES);
    } finally {
      process.umask(umask);
    }
    assert.equal(statSync(join(folder, 'file')).mode & 0o777, 0o640);
    wasReplaced(join(folder, 'file'), ['file']);
  });

  it('keeps owner and mode, whatever the umask', function () {
    needs(this, 'root');
    const file = old('file', 0o666);
    chownSync(file, NOBODY, NOBODY);
    const { ino } = statSync(file);
    replaceFile(file, BYTES);
    const { mode, uid, gid, ino: newIno } = statSync(file);
    assert.deepEqual([mode & 0o7777, uid, gid], [0o666, NOBODY, NOBODY]);
    assert.notEqual(newIno, ino);
    wasReplaced(file, ['file']);
  });

  it('keeps a link, which may lead to nothing yet', () => {
    old('target');
    for (const target of ['target', 'none']) {
      const link = join(folder, `to-${target}`);
      symlinkSync(target, link);
      replaceFile(link, BYTES);
      assert.ok(lstatSync(link).isSymbolicLink());
      assert.equal(readFileSync(join(folder, target), 'utf8'), 'new\n');
    }
    assert.deepEqual(readdirSync(folder).sort(), ['none', 'target', 'to-none', 'to-target']);
  });

  it('takes a name of any length', () => {
    const file = old('x'.repeat(255));
    replaceFile(file, BYTES);
    wasReplaced(file, ['x'.repeat(255)]);
  });

  it('writes in place where the folder refuses', function () {
    needs(this, 'root');
    const file = old('file', 0o666);
    chmodSync(folder, 0o755);
    const { ino } = statSync(file);
    process.seteuid?.(NOBODY);
    try {
      replaceFile(file, BYTES);
      assert.throws(() => replaceFile(join(folder, 'other'), BYTES), {
        code: 'ERR_SNOOPKIT_OUTPUT',
        message: `cannot write to ${folder}/other: permission denied (EACCES)`,
      });
    } finally {
      process.seteuid?.(0);
    }
    assert.equal(statSync(file).ino, ino);
    wasReplaced(file, ['file']);
  });

  it("writes in place where the folder is everyone's and the owner another", function () {
    needs(this, 'root');
    const file = old('file', 0o666);
    chownSync(file, NOBODY - 1, NOBODY - 1);
    chmodSync(folder, 0o777);
    process.seteuid?.(NOBODY);
    try {
      replaceFile(file, BYTES);
    } finally {
      process.seteuid?.(0);
    }
    assert.equal(statSync(file).uid, NOBODY - 1);
    wasReplaced(file, ['file']);
  });

  it('writes in place where the owner has no number in the user namespace', function () {
    needs(this, 'root');
    needs(this, 'unshare');
    const { status } = spawnSync('unshare', ['-r', 'true']);
    needs(this, 'user namespaces', status === 0 || 'unshare -r fails');
    const file = old('file', 0o666);
    chownSync(file, NOBODY, NOBODY);
    const module = new URL('../src/replace-file.js', import.meta.url);
    const script = `import('${module}').then(({ replaceFile }) => replaceFile('${file}', Buffer.from('new\\n')))`;
    assert.equal(spawnSync('unshare', ['-r', process.execPath, '-e', script], { encoding: 'utf8' }).stderr, '');
    assert.equal(statSync(file).uid, NOBODY);
    wasReplaced(file, ['file']);
  });

  it('replaces what a path through /proc leads to, and appends to an open file', () => {
    const file = old();
    symlinkSync('file', join(folder, 'link'));
    const before = process.cwd();
    process.chdir(folder);
    try {
      for (const path of ['file', 'link', `./../${basename(folder)}/file`])
        replaceFile(`/proc/self/cwd/${path}`, BYTES);
    } finally {
      process.chdir(before);
    }
    wasReplaced(file, ['file', 'link']);
    const fd = openSync(file, 'r');
    try {
      replaceFile(`/proc/self/fd/${fd}`, BYTES);
    } finally {
      closeSync(fd);
    }
    assert.equal(readFileSync(file, 'utf8'), 'new\nnew\n');
  });

  it("follows no stranger's link in a world-writable folder", function () {
    needs(this, 'root');
    const [victim, open] = [old(), join(folder, 'open')];
    mkdirSync(open);
    chmodSync(open, 0o1777);
    symlinkSync(victim, join(open, 'link'));
    assert.equal(spawnSync('chown', ['-h', `${NOBODY}`, join(open, 'link')]).status, 0);
    writeFileSync(join(open, 'file'), 'old\n');
    chownSync(join(open, 'file'), NOBODY, NOBODY);
    for (const [name, reason] of [
      ['link', /is a symbolic link of user 65534 in a world-writable folder$/],
      ['file', /it belongs to user 65534 and is in a world-writable folder$/],
    ] as const) {
      assert.throws(() => replaceFile(join(open, name), BYTES), { code: 'ERR_SNOOPKIT_OUTPUT', message: reason });
    }
    const throughProc = `/proc/self/root${join(open, 'link')}`;
    assert.throws(
      () => replaceFile(throughProc, BYTES),
      /is a symbolic link of user 65534 in a world-writable folder$/,
    );
    assert.equal(readFileSync(victim, 'utf8'), 'old\n');
  });
});
