import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Destination } from '../../src/output/destination.js';
import { type FileOptions, OutputFile } from '../../src/output/output-file.js';
import { needs } from '../capability.js';

const NOBODY = 65534;
const HEADER = 'NAME,COUNT\n';

describe('output: files', () => {
  let folder: string;
  let count = 0;
  const path = () => join(folder, `file-${count}`);
  beforeEach(() => {
    folder ??= mkdtempSync(join(tmpdir(), 'snoopkit-'));
    count++;
  });
  after(() => rmSync(folder, { recursive: true }));

  const lines = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `line ${from + i}\n`).join('');
  const texts = () =>
    readdirSync(folder)
      .filter((name) => name.startsWith(`file-${count}`))
      .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
      .map((name) => readFileSync(join(folder, name), 'utf8'));
  /** Opened, begun, and with a complaint that makes the test fail. */
  function open(options: FileOptions = {}, header = HEADER): Destination {
    const destination = Destination.file(path(), options);
    destination.onTrouble = (error) => assert.fail(error);
    destination.begin(Buffer.from(header));
    return destination;
  }
  async function write(text: string, options: FileOptions = {}): Promise<void> {
    const destination = open(options);
    destination.write(Buffer.from(text));
    await destination.close();
    assert.equal(destination.error, undefined);
  }

  describe('what is there', () => {
    it('stays, under one header', async () => {
      await write('a,1\n');
      await write('b,2\n');
      assert.deepEqual(texts(), [`${HEADER}a,1\nb,2\n`]);
    });

    it('gets the end of the line that a killed run has left torn', async () => {
      writeFileSync(path(), `${HEADER}a,1\nb,`);
      await write('c,3\n');
      assert.deepEqual(texts(), [`${HEADER}a,1\nb,\nc,3\n`]);
    });

    it('goes where that is asked for, and not before something is written', async () => {
      writeFileSync(path(), 'old and long, and torn');
      const file = OutputFile.openNow(path(), { truncate: true });
      assert.deepEqual(texts(), ['old and long, and torn']);
      const destination = new Destination(file);
      destination.begin(Buffer.from(HEADER));
      destination.write(Buffer.from('a,1\n'));
      await destination.close();
      assert.deepEqual(texts(), [`${HEADER}a,1\n`]);
    });

    it('keeps its mode, and a new one is for its owner only, whatever the umask', async () => {
      const usual = process.umask(0);
      try {
        await write('a,1\n');
        assert.equal(statSync(path()).mode & 0o777, 0o600);
        chmodSync(path(), 0o640);
        await write('a,1\n');
        assert.equal(statSync(path()).mode & 0o777, 0o640);
      } finally {
        process.umask(usual);
      }
    });
  });

  describe('opened anew', () => {
    it('after it was renamed: the old one has what came before, and no line is torn', async () => {
      const destination = open();
      for (let i = 0; i < 1000; i++) {
        destination.write(Buffer.from(`line ${i}\n`));
        if (i !== 499) continue;
        await destination.drained();
        renameSync(path(), `${path()}.1`);
        destination.reopen();
      }
      await destination.close();
      assert.deepEqual(texts(), [HEADER + lines(0, 500), HEADER + lines(500, 1000)]);
    });

    it('where a new one with a mode of its own was made: that is taken', async () => {
      const destination = open();
      renameSync(path(), `${path()}.1`);
      writeFileSync(path(), '', { mode: 0o640 });
      destination.reopen();
      destination.write(Buffer.from('a,1\n'));
      await destination.close();
      assert.deepEqual(texts(), [HEADER, `${HEADER}a,1\n`]);
      assert.equal(statSync(path()).mode & 0o777, 0o640);
    });

    it('and nothing changes where it is the same', async () => {
      const destination = open();
      destination.reopen();
      destination.write(Buffer.from('a,1\n'));
      destination.reopen();
      await destination.close();
      assert.deepEqual(texts(), [`${HEADER}a,1\n`]);
    });

    it('goes on in the old one where it can not, and says so', async () => {
      mkdirSync(join(folder, `away-${count}`));
      const there = join(folder, `away-${count}`, 'file');
      const destination = Destination.file(there);
      const said: string[] = [];
      destination.onTrouble = ({ message }) => said.push(message);
      destination.begin(Buffer.alloc(0));
      renameSync(join(folder, `away-${count}`), join(folder, `moved-${count}`));
      destination.reopen();
      destination.write(Buffer.from('more\n'));
      await destination.close();
      assert.equal(readFileSync(join(folder, `moved-${count}`, 'file'), 'utf8'), 'more\n');
      assert.deepEqual(said, [
        `cannot reopen ${there}: no such file or directory (ENOENT); still writing to the old file`,
      ]);
    });

    it('says so also where what has its name is not to be written to', async () => {
      const destination = open();
      const said: string[] = [];
      destination.onTrouble = ({ message }) => said.push(message);
      renameSync(path(), `${path()}.1`);
      mkdirSync(path());
      destination.reopen();
      await destination.drained();
      rmSync(path(), { recursive: true });
      symlinkSync(path(), path());
      destination.reopen();
      destination.write(Buffer.from('more\n'));
      await destination.close();
      rmSync(path());
      assert.deepEqual(texts(), [`${HEADER}more\n`]);
      assert.deepEqual(
        said,
        ['illegal operation on a directory (EISDIR)', 'too many symbolic links'].map(
          (reason) => `cannot reopen ${path()}: ${reason}; still writing to the old file`,
        ),
      );
    });
  });

  it('has no hole when somebody copies and empties it, as copytruncate of logrotate', async () => {
    for (const options of [{}, { rotate: { size: 10_000, keep: 1 } }]) {
      const destination = open(options);
      destination.write(Buffer.from(lines(0, 500)));
      await destination.drained();
      truncateSync(path(), 0);
      destination.write(Buffer.from('after\n'));
      await destination.close();
      assert.deepEqual(texts(), [`${HEADER}after\n`]);
    }
  });

  describe('rotated', () => {
    it('is never too large, loses no line, and each begins with the header', async () => {
      const destination = open({ rotate: { size: 1024, keep: 100 } });
      for (let i = 0; i < 1000; i += 50) destination.write(Buffer.from(lines(i, i + 50)));
      await destination.close();
      const all = texts();
      assert.ok(all.length > 8, `${all.length}`);
      for (const text of all) {
        assert.ok(text.startsWith(HEADER) && text.endsWith('\n') && text.length <= 1024, text);
        assert.ok(text.length > 1000 || text === all.at(-1), `${text.length}`);
      }
      assert.equal(all.map((text) => text.slice(HEADER.length)).join(''), lines(0, 1000));
    });

    it('a limited number is kept, including those of an earlier run', async () => {
      const rotate = { size: 1024, keep: 3 };
      await write(lines(0, 300), { rotate });
      await write(lines(300, 400), { rotate });
      const all = texts();
      assert.equal(all.length, 4);
      const kept = all.map((text) => text.slice(HEADER.length)).join('');
      assert.ok(lines(0, 400).endsWith(kept) && kept.length > 3 * 900, `${kept.length}`);
    });

    it('a line that is longer than any may be has a file of its own', async () => {
      const long = `${'x'.repeat(3000)}\n`;
      await write(`a\n${long}b\n`, { rotate: { size: 1024, keep: 9 } });
      assert.deepEqual(texts(), [`${HEADER}a\n`, HEADER + long, `${HEADER}b\n`]);
    });

    it('has the mode of the one before', async () => {
      writeFileSync(path(), '');
      chmodSync(path(), 0o644);
      await write(lines(0, 300), { rotate: { size: 1024, keep: 9 } });
      assert.equal(statSync(path()).mode & 0o777, 0o644);
      assert.equal(statSync(`${path()}.1`).mode & 0o777, 0o644);
    });

    for (const [blocked, from, keep] of [
      ['.1', '', 1],
      ['.2', '.1', 2],
      ['.3', '.2', 3],
    ] as const)
      it(`grows on where FILE${from} can not be renamed, and says so once`, async () => {
        mkdirSync(join(`${path()}${blocked}`, 'full'), { recursive: true });
        if (from !== '') writeFileSync(`${path()}${from}`, 'old\n');
        const destination = Destination.file(path(), { rotate: { size: 1024, keep } });
        const said: string[] = [];
        destination.onTrouble = ({ message }) => said.push(message);
        destination.begin(Buffer.from(HEADER));
        destination.write(Buffer.from(lines(0, 1000)));
        await destination.close();
        assert.equal(destination.error, undefined);
        assert.deepEqual(said, [
          `cannot rotate ${path()}: renaming ${path()}${from} to ${path()}${blocked}: illegal operation on a directory (EISDIR); ` +
            'rotation is off for the rest of the run, and the file grows',
        ]);
        assert.equal(readFileSync(path(), 'utf8'), HEADER + lines(0, 1000));
      });

    it('is nothing for a device or a FIFO', () => {
      const rotate = { size: 1024, keep: 1 };
      assert.throws(() => OutputFile.openNow('/dev/null', { rotate }), /cannot rotate .*: not a regular file$/);
    });
  });

  describe('in a folder where everybody may put files', () => {
    let open_: string;
    let victim: string;
    beforeEach(function () {
      needs(this, 'root');
      open_ = join(folder, `open-${count}`);
      mkdirSync(open_);
      chmodSync(open_, 0o1777);
      victim = join(folder, `victim-${count}`);
      writeFileSync(victim, 'precious\n');
    });
    const refused = (there: string, reason: RegExp) => {
      assert.throws(() => OutputFile.openNow(there, { truncate: true }), {
        message: reason,
        code: 'ERR_SNOOPKIT_OUTPUT',
      });
      assert.equal(readFileSync(victim, 'utf8'), 'precious\n');
    };
    /** Without what the kernel itself forbids, where it does. */
    const lchown = (there: string) => assert.equal(spawnSync('chown', ['-h', `${NOBODY}`, there]).status, 0);

    it("a stranger's link is not followed, wherever in the path", () => {
      symlinkSync(victim, join(open_, 'link'));
      symlinkSync(folder, join(open_, 'folder'));
      symlinkSync('nowhere', join(open_, 'dangling'));
      for (const name of ['link', 'folder', 'dangling']) lchown(join(open_, name));
      refused(join(open_, 'link'), /link is a symbolic link of user 65534 in a world-writable folder$/);
      refused(join(open_, 'folder', `victim-${count}`), /folder is a symbolic link of user 65534/);
      refused(join(open_, 'x/../link/'), /symbolic link|no such file/);
      refused(join(open_, 'dangling'), /dangling is a symbolic link of user 65534/);
      assert.ok(!existsSync(join(open_, 'nowhere')));
    });

    it("nor is a stranger's file or FIFO written to, or waited for", () => {
      writeFileSync(join(open_, 'file'), '');
      assert.equal(spawnSync('mkfifo', [join(open_, 'fifo')]).status, 0);
      for (const name of ['file', 'fifo']) {
        chownSync(join(open_, name), NOBODY, NOBODY);
        refused(join(open_, name), /it belongs to user 65534 and is in a world-writable folder$/);
      }
      const reader = openSync(join(open_, 'fifo'), constants.O_RDONLY | constants.O_NONBLOCK);
      refused(join(open_, 'fifo'), /it belongs to user 65534/);
      closeSync(reader);
    });

    it('nor is a file that has another name elsewhere', () => {
      linkSync(victim, join(open_, 'hard'));
      refused(join(open_, 'hard'), /it has several hard links and is in a world-writable folder$/);
    });

    it('our own are', async () => {
      const target = join(open_, 'target');
      symlinkSync('target', join(open_, 'ours'));
      writeFileSync(target, '');
      for (const name of ['ours', 'target']) OutputFile.openNow(join(open_, name)).close();
      // Of whoever has the folder, too.
      chownSync(open_, NOBODY, NOBODY);
      lchown(join(open_, 'ours'));
      chownSync(target, NOBODY, NOBODY);
      for (const name of ['ours', 'target']) OutputFile.openNow(join(open_, name)).close();
      assert.ok(lstatSync(join(open_, 'ours')).isSymbolicLink());
    });

    it('and elsewhere links are followed as ever, by their own folders and through many', () => {
      chmodSync(open_, 0o755);
      symlinkSync(victim, join(open_, 'link'));
      lchown(join(open_, 'link'));
      OutputFile.openNow(join(open_, 'link')).close();
      mkdirSync(join(open_, 'deep'));
      symlinkSync('../deep/../link', join(open_, 'deep/again'));
      const again = OutputFile.openNow(join(open_, 'deep/again'));
      assert.equal(statSync(`/proc/self/fd/${again.fd}`).ino, statSync(victim).ino);
      again.close();
      symlinkSync('loop', join(open_, 'loop'));
      assert.throws(() => OutputFile.openNow(join(open_, 'loop')), /too many symbolic links$/);
    });
  });
});
