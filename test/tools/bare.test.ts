import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { patient } from '../helpers/patience.js';
import { run, SNOOPKIT } from '../helpers/run.js';
import { loadTools } from '../helpers/tools.js';

const tools = await loadTools();

/** How snoopkit ends in a shell that has taken something from it, started by the shell as a user does. */
async function without(what: string, ...words: string[]) {
  const { status, lines, stdout } = await run('bash', ['-c', `${what} exec "$@"`, 'bash', SNOOPKIT, ...words]);
  return { status, lines, stdout: stdout.toString() };
}

const unmounted = (where: string, ...words: string[]) =>
  run('unshare', ['-m', 'sh', '-c', `mount -t tmpfs none ${where}; exec "$@"`, 'sh', SNOOPKIT, ...words]);

describe('requirements that a machine lacks are reported in one line', () => {
  before(function () {
    needs(this, 'root');
  });

  for (const [where, type] of [
    ['/proc', 'proc'],
    ['/sys', 'sysfs'],
  ] as const)
    it(`${where}`, async () => {
      for (const words of [
        ['opensnoop', '--', 'true'],
        ['exitsnoop', '-d', '1'],
        ['tcptop', '-u', 'root'],
        ['doctor'],
      ]) {
        const { status, lines } = await unmounted(where, ...words);
        const line = `snoopkit: ${where} is not mounted: run mount -t ${type} ${type} ${where}`;
        assert.deepEqual([status, lines], [1, [line]], words.join(' '));
      }
      assert.equal((await unmounted(where, '--version')).status, 0);
    });

  for (const most of [14, 18, 64, 255])
    it(`${most} open files`, async () => {
      const { status, lines } = await without(`ulimit -n ${most};`, 'opensnoop', '--', 'true');
      const line = 'snoopkit: at least 256 open files must be allowed: raise the hard limit (ulimit -Hn)';
      assert.deepEqual([status, lines], [1, [line]]);
    });

  it('but 256 of them are enough for each tool, and a soft limit is nothing', async function () {
    this.timeout(patient(60_000));
    for (const { tool } of tools) {
      const { status, lines } = await without('ulimit -n 256;', tool.name, '-f', '--', 'sh', '-c', 'ulimit -Sn >&2');
      assert.deepEqual([status, lines.at(-1)], [0, '256'], tool.name);
    }
    const { status, lines } = await without('ulimit -Sn 18;', 'opensnoop', '--', 'sh', '-c', 'ulimit -Sn >&2');
    assert.deepEqual([status, lines], [0, ['18']]);
  });

  it('rights, for root of a user namespace', async () => {
    const { status, lines } = await run('unshare', ['-Ur', SNOOPKIT, 'opensnoop', '--', 'true']);
    assert.equal(status, 1);
    assert.match(
      lines.join('\n'),
      /^snoopkit: cannot trace the kernel: .*\(EPERM\); running in a user namespace, .*: run in the initial user namespace$/,
    );
  });

  it('and a duration may be long', async () => {
    for (const time of ['600h', '87600h'])
      assert.equal((await without('', 'opensnoop', '-d', time, '--', 'true')).status, 0);
    const { status, lines } = await without('', 'opensnoop', '-d', '87601h', '--', 'true');
    const line = 'snoopkit: --duration 87601h: expected a time such as 5, 500ms, 2m or 1h, at most 87600h';
    assert.deepEqual([status, lines], [2, [line]]);
  });
});
