import assert from 'node:assert/strict';
import { chmodSync, chownSync, lchownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpoolFolder } from '../../../src/otlp/spool/spool-folder.js';
import { needs } from '../../capability.js';

const STRANGER = 12_345;

describe('OTLP: whose the folder of a spool is', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'snoopkit-own-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const open = async (path: string) => (await SpoolFolder.open(path, 1 << 20, assert.fail)).close();
  const made = (mode: number, ...names: string[]) => {
    const path = join(root, ...names);
    mkdirSync(path, { recursive: true });
    chmodSync(path, mode);
    return path;
  };
  const refused = async (path: string, why: RegExp) => {
    await assert.rejects(open(path), ({ message }: Error) => why.test(message) && !message.includes('\n'));
    assert.deepEqual(readdirSync(path), [], 'nothing was written');
  };

  it('takes one that others may look into', async () => {
    for (const mode of [0o700, 0o750, 0o755]) await open(made(mode, `${mode}`));
  });

  it('takes none that others can write to, sticky or not', async () => {
    for (const mode of [0o777, 0o1777, 0o770, 0o702, 0o775]) {
      const path = made(mode, `${mode}`);
      await refused(
        path,
        new RegExp(
          `others can write to ${path} \\(mode ${mode.toString(8).padStart(4, '0')}\\): (chmod go-w|use a folder)`,
        ),
      );
    }
  });

  it('takes none that others can put another one in the place of', async () => {
    made(0o777, 'open');
    await refused(made(0o700, 'open', 'spool'), /others can write to .*open \(mode 0777\)/);
    made(0o1777, 'sticky');
    await open(made(0o700, 'sticky', 'spool'));
  });

  it('takes none of somebody else, nor one below such a one', async function () {
    needs(this, 'root');
    const path = made(0o755, 'theirs');
    const below = made(0o700, 'theirs', 'ours');
    chownSync(path, STRANGER, STRANGER);
    await refused(below, /theirs belongs to another user \(uid 12345\)/);
    rmSync(below, { recursive: true });
    await refused(path, /theirs belongs to another user/);
  });

  it('follows no link of somebody else, but one of its own', async function () {
    needs(this, 'root');
    const path = made(0o700, 'real');
    const [ours, theirs] = [join(root, 'ours'), join(root, 'theirs')];
    symlinkSync(path, ours);
    symlinkSync(path, theirs);
    lchownSync(theirs, STRANGER, STRANGER);
    await open(ours);
    await refused(theirs, /theirs is a symbolic link of another user \(uid 12345\)/);
    await assert.rejects(open(join(theirs, 'new')), /theirs is a symbolic link of another user/);
    assert.deepEqual(readdirSync(path), []);
  });
});
