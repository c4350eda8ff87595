import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { needs } from '../capability.js';
import { complaints, OPENS, Running, run, SNOOPKIT, snoopkit, startOpensnoop } from '../helpers/run.js';

/** The id of a process that has ended, and was waited for. */
async function ended(): Promise<number> {
  const { stdout } = await run('sh', ['-c', 'echo $$']);
  return Number(stdout);
}

const EXITS = fileURLToPath(new URL('../fixtures/exits', import.meta.url));

describe('whom a run traces', () => {
  before(function () {
    needs(this, 'root');
  });

  for (const tool of ['opensnoop', 'exitsnoop', 'tcptop', 'sigsnoop'])
    it(`must be there: ${tool}`, async () => {
      const pid = await ended();
      for (const [flag, what] of [
        ['-p', 'pid', 'process'],
        ['-t', 'tid', 'thread'],
        ['--ppid', 'ppid', 'process'],
      ].map(([flag, name, what]) => [flag as string, `${name} ${pid}: no such ${what}`] as const)) {
        const { status, lines } = await snoopkit([tool, flag, String(pid)]);
        assert.deepEqual([status, lines], [2, [`snoopkit: ${what}`]]);
      }
    });

  it('must be there, and not only wait for its parent to take notice', async () => {
    const parent = new Running('sh', ['-c', 'sh -c "echo \\$\\$; exit 0" & exec sleep 60']);
    try {
      await parent.says(/^\d+\n/, 'stdout');
      const { status, lines } = await snoopkit(['opensnoop', '-p', parent.written.trim()]);
      assert.deepEqual([status, lines], [2, [`snoopkit: pid ${parent.written.trim()}: no such process`]]);
    } finally {
      parent.kill();
    }
  });

  it('may be missing where others are there, which is told', async () => {
    const [pid, target] = [await ended(), new Running(OPENS, ['wait'])];
    const tool = await startOpensnoop(['-p', `${pid},${target.pid}`]);
    assert.match(tool.heard, new RegExp(`^snoopkit: pid ${pid}: no such process$`, 'm'));
    target.kill();
    assert.equal((await tool.finished).status, 0);
  });

  it('is no thread for a process', async () => {
    const [thread] = readdirSync('/proc/self/task').filter((id) => id !== String(process.pid));
    const { status, lines } = await snoopkit(['opensnoop', '-p', `${thread}`]);
    assert.deepEqual(
      [status, lines],
      [2, [`snoopkit: pid ${thread}: this is a thread of process ${process.pid}; give threads by tid`]],
    );
  });

  it('ends the run when it ends, after all that it did', async () => {
    for (const flags of [[], ['-f']]) {
      const target = new Running(OPENS, ['wait', 'burst', '50', '/dev/zero']);
      const tool = await startOpensnoop(['-F', 'path', '-p', `${target.pid}`, ...flags]);
      target.child.stdin?.end('x');
      const finished = await tool.finished;
      assert.deepEqual([finished.status, complaints(finished)], [0, []]);
      assert.equal(finished.stdout.toString(), `PATH\n${'/dev/zero\n'.repeat(50)}`);
      assert.match(finished.said, new RegExp(`^snoopkit: process ${target.pid} has ended`, 'm'));
    }
  });

  it('ends it with the last of several', async () => {
    const targets = [1, 2].map(() => new Running(OPENS, ['wait', 'burst', '3', '/dev/null']));
    const [first, second] = targets as [Running, Running];
    const tool = await startOpensnoop(['-F', 'pid', '-p', `${first.pid}`, '-p', `${second.pid}`]);
    first.child.stdin?.end('x');
    await first.finished;
    await tool.says(new RegExp(`( *${first.pid}\n){3}`), 'stdout');
    second.child.stdin?.end('x');
    const finished = await tool.finished;
    assert.equal(finished.status, 0);
    assert.match(finished.stdout.toString(), new RegExp(`( *${first.pid}\n){3}( *${second.pid}\n){3}$`));
  });

  it('with --follow goes on as long as one is there that descends from it', async () => {
    const script = 'read x; sh -c "sleep 0.9; cat /dev/null" >/dev/null 2>&1 & exit 0';
    const target = new Running('sh', ['-c', script]);
    const tool = await startOpensnoop(['-f', '-F', 'comm,path', '-p', `${target.pid}`]);
    target.child.stdin?.end('x\n');
    await target.finished;
    const finished = await tool.finished;
    assert.equal(finished.status, 0);
    assert.match(finished.stdout.toString(), /^cat +\/dev\/null$/m);
  });

  it('may be a thread, or whose children it is', async () => {
    for (const flag of ['-t', '--ppid']) {
      const target = new Running(OPENS, ['wait']);
      const tool = await startOpensnoop([flag, `${target.pid}`]);
      target.kill();
      const finished = await tool.finished;
      assert.equal(finished.status, 0);
      assert.match(finished.said, new RegExp(`^snoopkit: (thread|process) ${target.pid} has ended$`, 'm'));
    }
  });

  it('shows what ended it, where that is what a tool shows', async () => {
    const target = new Running('sh', ['-c', `read x; exec ${EXITS} thread 8`]);
    const tool = new Running(process.execPath, [
      SNOOPKIT,
      'exitsnoop',
      '-o',
      'csv',
      '-F',
      'pid,exit_code',
      '-p',
      `${target.pid}`,
    ]);
    await tool.says(/exit_code/, 'stdout');
    target.child.stdin?.end('x\n');
    const { status, stdout } = await tool.finished;
    assert.deepEqual([status, stdout.toString().split('\n').length], [0, 3]);
  });
});
