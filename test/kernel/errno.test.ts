import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { errnoName, errnoText } from '../../src/kernel/errno.js';
import { needs } from '../capability.js';

describe('kernel: errno', () => {
  it('is named as Node names it, where it does', () => {
    // Two names for one number: the kernel's own is the first.
    const aliases = new Map([
      ['EWOULDBLOCK', 'EAGAIN'],
      ['EDEADLOCK', 'EDEADLK'],
      ['ENOTSUP', 'EOPNOTSUPP'],
    ]);
    for (const [name, number] of Object.entries(constants.errno)) {
      const wanted = [name, aliases.get(name) ?? name];
      assert.ok(wanted.includes(errnoName(number)), `${number}: ${errnoName(number)}, not ${name}`);
    }
  });

  it("is named as the C library's headers do, all of it", function () {
    needs(this, 'cc');
    const { stdout, status } = spawnSync('cc', ['-E', '-dM', '-x', 'c', '-'], {
      input: '#include <errno.h>\n',
      encoding: 'utf8',
    });
    assert.equal(status, 0);
    const rows = [...stdout.matchAll(/^#define (E[A-Z0-9]+) (\d+)$/gm)];
    assert.ok(rows.length > 120, `${rows.length}`);
    for (const [, name, number] of rows) assert.equal(errnoName(Number(number)), name);
  });

  for (const [number, name] of [
    [512, 'ERESTARTSYS'],
    [516, 'ERESTART_RESTARTBLOCK'],
    [524, 'ENOTSUPP'],
    [530, 'EIOCBQUEUED'],
    [134, '134'],
    [4095, '4095'],
  ] as const)
    it(`${number} is ${name}`, () => assert.equal(errnoName(number), name));

  it('is shown to people in words', () => {
    assert.equal(errnoText(2), 'no such file or directory (ENOENT)');
    assert.equal(errnoText(133), 'EHWPOISON');
    assert.equal(errnoText(4095), '4095');
  });
});
