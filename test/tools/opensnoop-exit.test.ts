import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { needs } from '../capability.js';
import { Workbench } from '../helpers/opens.js';
import { complaints, LAST_ATTACHED, OPENS, Running, run, SNOOPKIT, snoopkit, startOpensnoop } from '../helpers/run.js';

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

describe('opensnoop is told of mistakes in one line', () => {
  before(function () {
    needs(this, 'root');
  });

  for (const [what, args, status, line] of [
    ['an unknown flag', ['--nope'], 2, /--nope/],
    ['an unknown format', ['-o', 'xml'], 2, /xml.*table, json/],
    ['a flag without its value', ['-p'], 2, /--pid/],
    ['a number that is none', ['-p', 'one'], 2, /^snoopkit: --pid one: give a whole number/],
    ['a user who is not there', ['-u', 'no-such-user'], 2, /^snoopkit: --uid no-such-user: there is no user/],
    ['a cgroup that is not there', ['-c', '/no/such'], 2, /^snoopkit: --cgroup/],
    [
      'a process that is not there',
      ['--netns', 'pid:4194305'],
      2,
      /^snoopkit: --netns pid:4194305: there is no such process/,
    ],
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

  it('missing rights, and what to do about them', async function () {
    needs(this, 'setpriv');
    const node = `${dirname(dirname(SNOOPKIT))}`;
    const rights = ['--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all', '--inh-caps=-all'];
    const probe = await run(
      'setpriv',
      [...rights, process.execPath, '-e', `require('node:fs').accessSync('${SNOOPKIT}')`],
      { cwd: '/' },
    );
    needs(this, 'a folder that everybody may read', probe.status === 0 || `${node} is not readable for others`);
    const { status, lines, stdout } = await run(
      'setpriv',
      [...rights, process.execPath, SNOOPKIT, 'opensnoop', '--', 'true'],
      { cwd: '/' },
    );
    assert.deepEqual([status, lines.length, stdout.toString()], [1, 1, '']);
    assert.match(lines[0] ?? '', /^snoopkit: cannot trace the kernel: .*CAP_BPF, CAP_PERFMON.*sudo/);
  });

  it('an object that is not built', async () => {
    const root = dirname(dirname(SNOOPKIT));
    const copy = join(bench.folder, 'unbuilt');
    mkdirSync(copy);
    for (const part of ['bin', 'dist/cli', 'dist/native', 'package.json'])
      cpSync(join(root, part), join(copy, part), { recursive: true });
    chmodSync(copy, 0o755);
    const { status, lines } = await run(process.execPath, [join(copy, 'bin/snoopkit.js'), 'opensnoop', '--', 'true']);
    assert.deepEqual([status, lines.length], [1, 1]);
    assert.match(lines[0] ?? '', /opensnoop\.bpf\.o is missing: build it with make build$/);
  });
});

describe('opensnoop ends with its output', () => {
  before(function () {
    needs(this, 'root');
  });
  const shell = (line: string) => run('bash', ['-c', line, process.execPath, SNOOPKIT, OPENS]);

  it('on a full disk: status 1 and one line', async () => {
    const { status, lines } = await shell('"$0" "$1" opensnoop -- true >/dev/full');
    assert.deepEqual(
      [status, lines],
      [1, ['snoopkit: cannot write to standard output: no space left on device (ENOSPC)']],
    );
  });

  it('of | head, quietly, also when nothing more is opened', async () => {
    const workload = new Running(OPENS, ['wait', 'burst', '3', '/dev/null', 'wait']);
    try {
      const line = `set -o pipefail; "$0" "$1" opensnoop -v -F path -p ${workload.pid} | { head -2; echo x >&3; }`;
      const piped = new Running('bash', ['-c', `exec 3>&2; ${line}`, process.execPath, SNOOPKIT]);
      await piped.says(LAST_ATTACHED);
      workload.child.stdin?.write('x');
      const finished = await piped.finished;
      assert.deepEqual(
        [finished.status, finished.stdout.toString(), complaints(finished)],
        [0, 'PATH\n/dev/null\n', ['x']],
      );
    } finally {
      workload.kill();
    }
  });

  it('of | true, with a command that goes on: it is ended', async () => {
    const { status, said } = await shell('set -o pipefail; "$0" "$1" opensnoop -- sleep 60 | true');
    assert.deepEqual([status, said], [0, '']);
  });

  it('that is closed: nothing is shown, and that is all', async () => {
    const { said } = await shell('"$0" "$1" opensnoop -- true >&-');
    assert.equal(said, '');
  });
});

describe('opensnoop ends with a signal', () => {
  let workload: Running;
  before(function () {
    needs(this, 'root');
    needs(this, 'bpftool');
    workload = new Running(OPENS, ['wait']);
  });
  after(() => workload?.kill());

  /** The numbers of the programs that a process has in the kernel, by its descriptors: proc(5). */
  function programs({ pid }: Running): Set<number> {
    const found = new Set<number>();
    for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
      const [, id] = /^prog_id:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')) ?? [];
      if (id !== undefined) found.add(Number(id));
    }
    assert.ok(found.size > 0);
    return found;
  }

  /** Which of them are still there; they go a moment after their last reference. */
  async function left(ids: ReadonlySet<number>): Promise<number[]> {
    for (let i = 0; ; i++) {
      const all = JSON.parse(execFileSync('bpftool', ['prog', 'show', '-j'], { encoding: 'utf8' })) as { id: number }[];
      const still = all.map(({ id }) => id).filter((id) => ids.has(id));
      if (still.length === 0 || i === 50) return still;
      await sleep(20);
    }
  }

  for (const [signal, status] of [
    ['SIGINT', 0],
    ['SIGTERM', 0],
  ] as const)
    it(`${signal}: in order, status 0, and nothing stays attached`, async () => {
      const tool = await startOpensnoop(['-f', '-p', `${workload.pid}`]);
      const ids = programs(tool);
      assert.ok(ids.size >= 4, 'the hooks, and what follows');
      tool.signal(signal);
      const finished = await tool.finished;
      assert.deepEqual([finished.status, finished.signal, complaints(finished)], [status, null, []]);
      assert.deepEqual(await left(ids), []);
    });

  it('SIGINT twice: at once', async () => {
    const tool = await startOpensnoop(['-p', `${workload.pid}`]);
    const ids = programs(tool);
    tool.signal('SIGINT');
    tool.signal('SIGINT');
    const { status, signal } = await tool.finished;
    assert.ok(status === 0 || signal === 'SIGINT', `${status} ${signal}`);
    assert.deepEqual(await left(ids), []);
  });

  it('SIGKILL: nothing stays attached', async () => {
    const tool = await startOpensnoop(['-p', `${workload.pid}`]);
    const ids = programs(tool);
    tool.signal('SIGKILL');
    assert.equal((await tool.finished).signal, 'SIGKILL');
    assert.deepEqual(await left(ids), []);
  });

  it('SIGINT with a command: the command is ended', async () => {
    const tool = await startOpensnoop(['--', 'sleep', '60']);
    const ids = programs(tool);
    tool.signal('SIGINT');
    const finished = await tool.finished;
    assert.deepEqual([finished.status, finished.signal, complaints(finished)], [0, null, []]);
    assert.deepEqual(await left(ids), []);
  });

  it('to the command alone: the status is its own', async () => {
    const pidFile = join(bench.folder, 'pid');
    const tool = await startOpensnoop([
      '--out',
      '/dev/null',
      '--',
      'sh',
      '-c',
      `echo $$ > ${pidFile}; echo there; exec sleep 60`,
    ]);
    await tool.says(/there/, 'stdout');
    process.kill(Number(execFileSync('cat', [pidFile], { encoding: 'utf8' })), 'SIGTERM');
    assert.equal((await tool.finished).status, 143);
  });

  it('to one of two that see the same: the other goes on', async () => {
    const target = new Running(OPENS, ['wait', 'burst', '100', '/dev/null', 'wait', 'burst', '50', '/dev/zero']);
    const flags = ['-F', 'path', '-p', `${target.pid}`];
    const [one, two] = [await startOpensnoop(flags), await startOpensnoop(flags)];
    target.child.stdin?.write('x');
    const hundred = `PATH\n${'/dev/null\n'.repeat(100)}`;
    for (const tool of [one, two]) await tool.says(new RegExp(`^${hundred}$`), 'stdout');
    one.signal('SIGINT');
    assert.equal((await one.finished).stdout.toString(), hundred);
    target.child.stdin?.end('x');
    await target.finished;
    two.signal('SIGINT');
    assert.equal((await two.finished).stdout.toString(), hundred + '/dev/zero\n'.repeat(50));
  });
});
