import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '../capability.js';
import { Workbench } from '../helpers/opens.js';
import { run, SNOOPKIT, snoopkit } from '../helpers/run.js';

let bench: Workbench;
before(() => {
  bench = new Workbench();
});
after(() => bench.remove());

describe('opensnoop ends with the status of its command', () => {
  before(function () {
    needs(this, 'root');
  });

  for (const [what, command, status] of [
    ['0', ['true'], 0],
    ['1', ['false'], 1],
    ['its own', ['sh', '-c', 'exit 42'], 42],
    ['255', ['sh', '-c', 'exit 255'], 255],
    ['128 and the signal that ended it', ['sh', '-c', 'kill -SEGV $$'], 139],
    ['143 for SIGTERM', ['sh', '-c', 'kill $$'], 143],
    ['137 for SIGKILL', ['sh', '-c', 'kill -9 $$'], 137],
  ] as const)
    it(what, async () => {
      const { status: ended, said } = await snoopkit(['opensnoop', '--', ...command]);
      assert.deepEqual([ended, said], [status, '']);
    });

  it('and with the priority that it would have anyway, which snoopkit raises for itself alone', async () => {
    // The nice value is the 19th field, proc(5).
    const script = `nice; cut -d' ' -f19 /proc/$PPID/stat`;
    const out = join(bench.folder, 'priority');
    const own = await snoopkit(['opensnoop', '--out', out, '--', 'sh', '-c', script]);
    const plain = await run('nice', []);
    const usual = plain.stdout.toString();
    assert.equal(own.stdout.toString(), `${usual}${Number(usual) === 0 ? '-5\n' : usual}`);
    const words = [process.execPath, SNOOPKIT, 'opensnoop', '--out', out, '--', 'sh', '-c', script];
    const { stdout } = await run('nice', ['-n', '3', ...words]);
    assert.equal(stdout.toString(), `${Number(usual) + 3}\n`.repeat(2));
  });

  it('127 where there is none', async () => {
    const { status, lines } = await snoopkit(['opensnoop', '--', 'no-such-command']);
    assert.deepEqual(
      [status, lines],
      [127, ['snoopkit: cannot run no-such-command: no such file or directory (ENOENT)']],
    );
  });

  it('126 where it can not be executed', async () => {
    const path = join(bench.folder, 'plain');
    writeFileSync(path, 'no program\n', { mode: 0o644 });
    for (const command of [path, '/etc']) {
      const { status, lines } = await snoopkit(['opensnoop', '--', command]);
      assert.deepEqual([status, lines], [126, [`snoopkit: cannot run ${command}: permission denied (EACCES)`]]);
    }
  });
});

describe('opensnoop gives its command what it has itself', () => {
  before(function () {
    needs(this, 'root');
  });

  it('standard input', async () => {
    const { stdout, status } = await snoopkit(['opensnoop', '--out', '/dev/null', '--', 'cat'], {
      input: 'some\0data\n',
    });
    assert.deepEqual([status, stdout.toString()], [0, 'some\0data\n']);
  });

  it('the environment, unchanged', async () => {
    const env = { PATH: process.env.PATH, HOME: '/nowhere', ODD: 'a=b\nc', EMPTY: '' };
    const plain = await run('env', ['-0'], { env });
    const traced = await snoopkit(['opensnoop', '--out', '/dev/null', '--', 'env', '-0'], { env });
    const sort = (text: string) => text.split('\0').sort();
    assert.deepEqual(sort(traced.stdout.toString()), sort(plain.stdout.toString()));
  });

  it('its words, the first included', async () => {
    const { stdout } = await snoopkit([
      'opensnoop',
      '--out',
      '/dev/null',
      '--',
      'cat',
      '/proc/self/cmdline',
      '--',
      '-x',
    ]);
    assert.equal(stdout.toString(), 'cat\0/proc/self/cmdline\0--\0-x\0');
  });

  it('its folder, no other descriptor, and no signal that is blocked or ignored', async () => {
    const script = 'ls /proc/$$/fd; pwd; exec grep -E "Sig(Blk|Ign)" /proc/self/status';
    const options = { cwd: '/usr' };
    const plain = await run('sh', ['-c', script], options);
    const traced = await snoopkit(['opensnoop', '--out', '/dev/null', '--', 'sh', '-c', script], options);
    // Whoever runs the tests may leave it descriptors of his: these it has both times.
    assert.equal(traced.stdout.toString(), plain.stdout.toString());
  });
});
