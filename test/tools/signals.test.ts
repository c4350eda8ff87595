import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync, renameSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { needs } from '../capability.js';
import { Workbench } from '../helpers/opens.js';
import { patient } from '../helpers/patience.js';
import { complaints, OPENS, Running, SNOOPKIT, startOpensnoop } from '../helpers/run.js';

let bench: Workbench;
before(() => {
  bench = new Workbench();
});
after(() => bench.remove());

/** Inodes of the sockets of TCP that a process listens on, by proc(5). */
function listeners(pid: number): string[] {
  const own = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return ['tcp', 'tcp6'].flatMap((file) =>
    readFileSync(`/proc/${pid}/net/${file}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === '0A' && own.includes(`socket:[${inode}]`))
      .map((fields) => fields.join(' ')),
  );
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let i = 0; i < patient(500); i++) {
    if (isSo()) return;
    await sleep(10);
  }
  assert.fail(`never ${what}`);
}

/** Whether a process has a handler for a signal, by proc(5). */
function catches(pid: number, signal: NodeJS.Signals): boolean {
  const caught = /^SigCgt:\t(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return ((BigInt(`0x${caught}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
}

const PROGRESS = /^snoopkit: opensnoop: \d+ events? so far, \d+ lost$/;

describe('signals of a run', () => {
  let workload: Running;
  beforeEach(function () {
    needs(this, 'root');
    workload = new Running(OPENS, ['wait', 'burst', '5', '/dev/null', 'wait', 'burst', '7', '/dev/zero', 'wait']);
  });
  afterEach(() => workload?.kill());
  const words = (...flags: string[]) => ['-o', 'csv', '-F', 'path', ...flags, '-p', `${workload.pid}`];
  const step = () => workload.child.stdin?.write('x');

  for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGALRM'] as const)
    it(`${signal} tells how far it is, and nothing listens`, async () => {
      const tool = await startOpensnoop(words());
      step();
      await tool.says(/(\/dev\/null\n){5}/, 'stdout');
      tool.signal(signal);
      await tool.says(/: 5 events so far, 0 lost\n/);
      assert.deepEqual(listeners(tool.pid), []);
      tool.signal('SIGINT');
      const finished = await tool.finished;
      assert.deepEqual([finished.status, complaints(finished).filter((line) => !PROGRESS.test(line))], [0, []]);
      assert.doesNotMatch(finished.said, /[Dd]ebugger/);
    });

  it('SIGUSR1 at any moment of the start leaves nothing that listens', async function () {
    this.timeout(patient(60_000));
    for (let delay = 0; delay < 300; delay += 25) {
      // A signal that comes before Node is ready for any ends it.
      const byShell = delay % 50 === 0;
      const [file, ...first] = byShell ? [SNOOPKIT] : [process.execPath, SNOOPKIT];
      const tool = new Running(file as string, [...first, 'opensnoop', ...words()]);
      await sleep(delay);
      tool.signal('SIGUSR1');
      await Promise.race([tool.says(/PATH|path/, 'stdout').catch(() => {}), tool.finished]);
      if (tool.child.exitCode === null && tool.child.signalCode === null) {
        assert.deepEqual(listeners(tool.pid), [], `after ${delay} ms`);
        assert.equal(existsSync(`/proc/${tool.pid}`), true);
      }
      tool.signal('SIGINT');
      const { said } = await tool.finished;
      if (byShell) assert.doesNotMatch(said, /Debugger listening/, `after ${delay} ms`);
    }
  });

  for (const ending of ['SIGHUP', 'SIGTERM', 'SIGQUIT', 'SIGXCPU'] as const)
    it(`${ending} ends it in order, with its command and what is shown at the end`, async () => {
      const tool = new Running(process.execPath, [
        SNOOPKIT,
        'procsnoop',
        '-f',
        '--tree',
        '--',
        'sh',
        '-c',
        'sh -c true & wait; echo $$ up >&2; exec sleep 60',
      ]);
      await tool.says(/^\d+ up$/m);
      const command = /^(\d+) up$/m.exec(tool.heard)?.[1];
      tool.signal(ending);
      const { status, signal, stdout } = await tool.finished;
      assert.deepEqual([status, signal], [0, null]);
      assert.match(stdout.toString(), /TIME.*\n(.*\n)*.* sh -c true\n(.*\n)*\d+ process(es)?, \d+ failed\n$/);
      assert.equal(existsSync(`/proc/${command}`), false);
    });

  it('SIGQUIT kills it if it is already ending', async () => {
    const tool = new Running(process.execPath, [
      SNOOPKIT,
      'execsnoop',
      '--',
      'sh',
      '-c',
      'trap "" TERM; echo $$ up >&2; exec sleep 60',
    ]);
    await tool.says(/^\d+ up$/m);
    const command = Number(/^(\d+) up$/m.exec(tool.heard)?.[1]);
    try {
      tool.signal('SIGINT');
      await until('ending', () => !catches(tool.pid, 'SIGINT'));
      // The handler of SIGINT has begun; it still waits for the command.
      await sleep(patient(50));
      const exited = once(tool.child, 'exit');
      tool.signal('SIGQUIT');
      assert.deepEqual(await exited, [null, 'SIGQUIT']);
    } finally {
      process.kill(command, 'SIGKILL');
    }
    await tool.finished;
  });

  for (const [what, file, prefix] of [
    ['from the start, by the shell', SNOOPKIT, []],
    ['from the start, of Node itself', process.execPath, [SNOOPKIT]],
  ] as const)
    it(`SIGHUP that is ignored ${what}, stays ignored`, async () => {
      const script = `trap '' HUP; "$@"; exit $?`;
      const run = new Running('bash', ['-c', script, 'bash', file, ...prefix, 'opensnoop', '-v', ...words()]);
      await run.says(/attached .*handle_creat|attached handle_openat2/);
      const tool = Number(readFileSync(`/proc/${run.pid}/task/${run.pid}/children`, 'utf8'));
      process.kill(tool, 'SIGHUP');
      step();
      await run.says(/(\/dev\/null\n){5}/, 'stdout');
      process.kill(tool, 'SIGHUP');
      step();
      await run.says(/(\/dev\/zero\n){7}/, 'stdout');
      process.kill(tool, 'SIGTERM');
      assert.equal((await run.finished).status, 0);
    });

  it('nohup(1) runs on', async () => {
    const tool = new Running('nohup', [SNOOPKIT, 'opensnoop', '-v', ...words()]);
    await tool.says(/attached .*handle_creat|attached handle_openat2/);
    tool.signal('SIGHUP');
    await sleep(300);
    step();
    await tool.says(/(\/dev\/null\n){5}/, 'stdout');
    tool.signal('SIGTERM');
    assert.equal((await tool.finished).status, 0);
  });

  it('SIGHUP with --out goes on in a new file, as logrotate wants it', async () => {
    const out = join(bench.folder, 'hup.csv');
    const tool = await startOpensnoop(words('--out', out));
    const has = (file: string, text: string) => existsSync(file) && readFileSync(file, 'utf8') === text;
    step();
    await until('written', () => has(out, `path\n${'/dev/null\n'.repeat(5)}`));
    renameSync(out, `${out}.old`);
    tool.signal('SIGHUP');
    await until('opened anew', () => has(out, 'path\n'));
    step();
    await until('written again', () => has(out, `path\n${'/dev/zero\n'.repeat(7)}`));
    tool.signal('SIGTERM');
    const finished = await tool.finished;
    assert.deepEqual([finished.status, complaints(finished)], [0, []]);
    assert.ok(has(`${out}.old`, `path\n${'/dev/null\n'.repeat(5)}`));
  });
});
