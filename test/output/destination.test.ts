import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SnoopkitError } from '../../src/errors.js';
import { Destination } from '../../src/output/destination.js';
import { OutputFile } from '../../src/output/output-file.js';

describe('output: Destination', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const outputError = (pattern: RegExp) => (error: unknown) =>
    error instanceof SnoopkitError &&
    error.code === 'ERR_SNOOPKIT_OUTPUT' &&
    pattern.test(error.message) &&
    !error.message.includes('\n');

  /** A pipe with a name, and its reading end, which does not wait. */
  function fifo(name: string): { path: string; reader: number } {
    const path = join(folder, name);
    assert.equal(spawnSync('mkfifo', [path]).status, 0);
    return { path, reader: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK) };
  }

  /** Everything that waits in the pipe. */
  function empty(reader: number): number {
    const chunk = Buffer.alloc(1 << 20);
    let total = 0;
    for (;;) {
      try {
        const size = readSync(reader, chunk);
        if (size === 0) return total;
        total += size;
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
        return total;
      }
    }
  }

  it('creates a file, and writes to it in order', async () => {
    const path = join(folder, 'created');
    const destination = Destination.file(path);
    let expected = '';
    for (let i = 0; i < 1000; i++) {
      destination.write(Buffer.from(`${i}\n`));
      expected += `${i}\n`;
    }
    destination.write(Buffer.alloc(0));
    await destination.close();
    assert.equal(readFileSync(path, 'utf8'), expected);
    assert.equal(destination.error, undefined);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  for (const [what, path, reason] of [
    ['a folder that is not there', 'no/such/file', /no such file or directory \(ENOENT\)/],
    ['a folder', '.', /illegal operation on a directory \(EISDIR\)/],
  ] as const)
    it(`refuses ${what} in one line`, () => {
      const wanted = join(folder, path);
      assert.throws(() => Destination.file(wanted), outputError(reason));
      assert.throws(() => Destination.file(wanted), outputError(/^cannot write to /));
    });

  it('reports a full disk, once', async () => {
    const destination = Destination.file('/dev/full');
    let ends = 0;
    destination.onEnd = () => ends++;
    destination.write(Buffer.from('one'));
    destination.write(Buffer.from('two'));
    await destination.drained();
    assert.equal(ends, 1);
    assert.equal(destination.isOpen, false);
    assert.ok(outputError(/^cannot write to \/dev\/full: .*\(ENOSPC\)$/)(destination.error));
    destination.write(Buffer.from('three'));
    await destination.close();
    assert.equal(ends, 1);
  });

  it('ends quietly with its reader', async () => {
    const { path, reader } = fifo('gone');
    const destination = Destination.file(path);
    let ends = 0;
    destination.onEnd = () => ends++;
    destination.write(Buffer.from('read'));
    await destination.drained();
    assert.equal(empty(reader), 4);
    closeSync(reader);
    destination.write(Buffer.from('not read'));
    destination.write(Buffer.from('nor this'));
    await destination.drained();
    assert.deepEqual([ends, destination.isOpen, destination.error, destination.isFull], [1, false, undefined, false]);
    await destination.close();
  });

  it('says when a slow reader makes too much wait, and goes on when it reads', async () => {
    const { path, reader } = fifo('slow');
    const destination = Destination.file(path);
    let written = 0;
    while (!destination.isFull) {
      destination.write(Buffer.alloc(1 << 20, 'x'));
      written += 1 << 20;
      assert.ok(written < 64 << 20, 'never full');
    }
    let isDrained = false;
    const drained = destination.drained().then(() => {
      isDrained = true;
    });
    await sleep(20);
    assert.equal(isDrained, false);
    let read = 0;
    while (!isDrained) {
      read += empty(reader);
      await sleep(1);
    }
    await drained;
    assert.equal(destination.isFull, false);
    read += empty(reader);
    assert.equal(read, written);
    await destination.close();
    closeSync(reader);
  });

  /** How often a file is closed. */
  function closesOf(file: OutputFile): () => number {
    let closes = 0;
    const close = file.close.bind(file);
    file.close = () => {
      closes++;
      close();
    };
    return () => closes;
  }

  it('closes its file once, also after an error, and while it is being closed', async () => {
    for (const close of [
      (destination: Destination) => destination.abandon(),
      (destination: Destination) => destination.close(),
      (destination: Destination) => [destination.abandon(), destination.close(), destination.abandon()],
    ]) {
      const full = OutputFile.openNow('/dev/full');
      const failed = new Destination(full);
      const fullCloses = closesOf(full);
      failed.write(Buffer.from('x'));
      await failed.drained();
      await close(failed);
      assert.equal(fullCloses(), 1, 'after an error');
    }

    const { path, reader } = fifo('stalled');
    const file = OutputFile.openNow(path);
    const stalled = new Destination(file);
    const closes = closesOf(file);
    stalled.write(Buffer.alloc(1 << 20, 'x'));
    const closed = stalled.close();
    await sleep(20);
    stalled.abandon();
    stalled.abandon();
    assert.equal(closes(), 0, 'a write is in progress');
    closeSync(reader);
    await closed;
    await sleep(1);
    assert.equal(closes(), 1);
  });

  it('waits where somebody made standard output non-blocking', async () => {
    const size = 3_000_001;
    const script = fileURLToPath(new URL('./fixtures/nonblocking.js', import.meta.url));
    const child = spawn(process.execPath, [script, String(size)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let read = 0;
    // Not from the start: the pipe is full by then.
    await sleep(300);
    for await (const chunk of child.stdout) read += (chunk as Buffer).length;
    assert.equal(read, size);
    if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
    assert.equal(child.exitCode, 0);
  });
});
