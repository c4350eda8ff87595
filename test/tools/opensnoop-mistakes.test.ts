import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { needs } from '../capability.js';
import { Workbench } from '../helpers/opens.js';
import { run, SNOOPKIT, snoopkit } from '../helpers/run.js';

let bench: Workbench;
before(() => {
  bench = new Workbench();
});
after(() => bench.remove());

describe('opensnoop reports wrong usage in one line', () => {
  before(function () {
    needs(this, 'root');
  });

  for (const [what, args, status, line] of [
    ['an unknown flag', ['--nope'], 2, /--nope/],
    ['an unknown format', ['-o', 'xml'], 2, /xml.*table, json/],
    ['a flag without its value', ['-p'], 2, /--pid/],
    ['a number that is none', ['-p', 'one'], 2, /^snoopkit: --pid one: expected an integer/],
    ['an empty number', ['--pid='], 2, /^snoopkit: --pid '': expected an integer/],
    ['an empty path', ['--btf', ''], 1, /^snoopkit: --btf '': no such file or directory \(ENOENT\)$/],
    ['a value for a switch', ['--otlp=http://[::1]:4318'], 2, /^snoopkit: --otlp takes no value$/],
    ['an empty value for a switch', ['--failed='], 2, /^snoopkit: --failed takes no value$/],
    ['a user who is not there', ['-u', 'no-such-user'], 2, /^snoopkit: --uid no-such-user: no such user/],
    ['a cgroup that is not there', ['-c', '/no/such'], 2, /^snoopkit: --cgroup/],
    ['a process that is not there', ['--netns', 'pid:4194305'], 2, /^snoopkit: --netns pid:4194305: no such process/],
    ['an argument without --', ['cat', '/etc/hostname'], 2, /cat/],
    ['-- without a command', ['--'], 2, /^snoopkit: a command must follow --/],
    ['--follow of nothing', ['-f'], 2, /^snoopkit: --follow needs/],
    ['a size that is none', ['--buffer', 'huge', '--', 'true'], 2, /^snoopkit: --buffer huge/],
    ['types that are none', ['--btf', '/etc/hostname', '--', 'true'], 1, /^snoopkit: --btf \/etc\/hostname: /],
    [
      'types that are not there',
      ['--btf', '/no/such', '--', 'true'],
      1,
      /^snoopkit: --btf \/no\/such: no such file or directory/,
    ],
    [
      'a file that can not be written',
      ['--out', '/no/such/file', '--', 'true'],
      1,
      /^snoopkit: cannot write to \/no\/such\/file: no such file/,
    ],
  ] as const)
    it(what, async () => {
      const { status: ended, lines, stdout } = await snoopkit(['opensnoop', ...args]);
      assert.deepEqual([ended, lines.length, stdout.toString()], [status, 1, ''], lines.join('\n'));
      assert.match(lines[0] ?? '', line);
    });

  it('a command line that is not built', async () => {
    const copy = join(bench.folder, 'source');
    cpSync(dirname(SNOOPKIT), join(copy, 'bin'), { recursive: true });
    const { status, lines } = await run(process.execPath, [join(copy, 'bin/snoopkit.cjs'), 'opensnoop']);
    assert.deepEqual([status, lines], [1, ['snoopkit: not built yet: run make build']]);
  });

  it('an object that is not built', async () => {
    const root = dirname(dirname(SNOOPKIT));
    const copy = join(bench.folder, 'unbuilt');
    mkdirSync(copy);
    for (const part of ['bin', 'dist/cli', 'dist/native', 'package.json'])
      cpSync(join(root, part), join(copy, part), { recursive: true });
    chmodSync(copy, 0o755);
    const { status, lines } = await run(process.execPath, [join(copy, 'bin/snoopkit.cjs'), 'opensnoop', '--', 'true']);
    assert.deepEqual([status, lines.length], [1, 1]);
    assert.match(lines[0] ?? '', /opensnoop\.bpf\.o is missing: run make build$/);
  });
});
