import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockdown, memlockLimit, sysctl } from '../../src/kernel/settings.js';

describe('kernel: settings', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-settings-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are read by their name', () => {
    assert.match(sysctl('kernel.osrelease') ?? '', /^\d+\.\d+/);
    assert.equal(sysctl('kernel.no_such_thing'), undefined);
  });

  for (const [modes, mode] of [
    ['[none] integrity confidentiality\n', 'none'],
    ['none [integrity] confidentiality\n', 'integrity'],
    ['none integrity [confidentiality]\n', 'confidentiality'],
  ] as const)
    it(`lockdown is ${mode}`, () => {
      writeFileSync(join(folder, 'lockdown'), modes);
      assert.equal(lockdown(folder), mode);
    });

  it('lockdown is none where the kernel has no such thing, and unknown where nobody can see', () => {
    assert.equal(lockdown(undefined), undefined);
    assert.equal(lockdown(folder), 'none');
    writeFileSync(join(folder, 'lsm'), 'lockdown,capability,bpf');
    assert.equal(lockdown(folder), undefined);
  });

  it('the limit of locked memory is a number, or none', () => {
    assert.equal(memlockLimit('Max locked memory         65536                65536                bytes\n'), 65536);
    assert.equal(
      memlockLimit('Max locked memory         unlimited            unlimited            bytes\n'),
      Number.POSITIVE_INFINITY,
    );
    assert.equal(memlockLimit('Max open files 5 5 files\n'), undefined);
    assert.ok((memlockLimit() ?? 0) > 0);
  });
});
