import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { needs } from '../capability.js';
import { Workbench } from '../helpers/opens.js';
import { complaints, LAST_ATTACHED, OPENS, Running, run, SNOOPKIT, startOpensnoop } from '../helpers/run.js';

let bench: Workbench;
before(() => {
  bench = new Workbench();
});
after(() => bench.remove());

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

  it('to a pipe that is as it was: others may hold it, and do not expect writes that fail for now', async () => {
    const { lines } = await shell(`"$0" "$1" opensnoop -- sh -c 'cat /proc/$PPID/fdinfo/1' | cat >/dev/null`);
    const [, flags = ''] = /^flags:\s*(\d+)$/m.exec(lines.join('\n')) ?? assert.fail(`${lines}`);
    assert.equal(Number.parseInt(flags, 8) & constants.O_NONBLOCK, 0);
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
      try {
        const [, id] = /^prog_id:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')) ?? [];
        if (id !== undefined) found.add(Number(id));
      } catch {
        // Closed since.
      }
    }
    assert.ok(found.size > 0);
    return found;
  }

  /** The remaining ones; they go a moment after their last reference. */
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
