import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lifetime } from '../../src/bpf/lifetime.js';
import { BpfLink } from '../../src/bpf/link.js';
import type { NativeLink } from '../../src/native/links.js';

describe('bpf: the output of an iterator', () => {
  it('is read on after EAGAIN, which the kernel returns where a million objects gave no output', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'snoopkit-read-'));
    try {
      const path = join(folder, 'fifo');
      execFileSync('mkfifo', [path]);
      const output = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const program = openSync(path, constants.O_WRONLY);
      const native = { fd: () => output, createIterator: () => output, close: () => {} } as unknown as NativeLink;
      const details = { what: 'the iterator', where: 'iter/task', programId: 1, forget: () => {} };
      const reading = text(new BpfLink(native, new Lifetime(), details).read());
      await sleep(20);
      writeSync(program, 'late');
      closeSync(program);
      assert.equal(await reading, 'late');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
