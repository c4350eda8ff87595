import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mountPoint } from '../../src/kernel/mounts.js';
import { namespaceOf } from '../../src/kernel/processes.js';
import { needs } from '../capability.js';
import { Running, snoopkit } from '../helpers/run.js';
import { Trace } from '../helpers/trace.js';

const SIGNALS = fileURLToPath(new URL('../fixtures/signals', import.meta.url));
/** More than any pid can be. */
const NOBODY = 2 ** 31 - 1;

interface SignalEvent {
  pid: number;
  comm: string;
  signal?: string;
  target_pid: number;
  target_comm: string;
  result: string;
}

describe('sigsnoop filters', () => {
  let trace: Trace<SignalEvent>;
  const started: Running[] = [];
  before(function () {
    needs(this, 'root');
    trace = new Trace('sigsnoop');
  });
  afterEach(() => {
    for (const running of started.splice(0)) running.kill();
  });
  after(() => trace?.remove());

  function start(file: string, args: readonly (string | number)[]): Running {
    const running = new Running(file, args.map(String));
    started.push(running);
    return running;
  }

  /** One process that waits to be sent something, and one, of another name, that sends WINCH to it, then to itself. */
  function pair(wrap: readonly string[] = []): { sender: Running; target: Running } {
    const [file = SIGNALS, ...before] = [...wrap, SIGNALS];
    const target = start(file, [...before, 'wait']);
    const script = `printf sender >/proc/$$/comm; read x; kill -WINCH ${target.pid}; kill -WINCH $$; kill -HUP ${NOBODY} 2>/dev/null; true`;
    return { target, sender: start('sh', ['-c', script]) };
  }

  /** Who sends to whom, as these flags show it. */
  async function see(flags: readonly string[], { sender, target }: ReturnType<typeof pair>): Promise<string[]> {
    const { events } = await trace.during(['--kill', ...flags], () => {
      sender.child.stdin?.end('x\n');
      return sender.finished;
    });
    const names = new Map([
      [sender.pid, 'sender'],
      [target.pid, 'target'],
      [NOBODY, 'nobody'],
    ]);
    const own = events.filter(({ pid, target_pid }) => names.has(pid) || names.has(target_pid));
    return own.map(({ pid, target_pid }) => `${names.get(pid)} to ${names.get(target_pid)}`);
  }
  const ALL = ['sender to target', 'sender to sender', 'sender to nobody'];
  const TO_TARGET = ['sender to target'];

  it('-p: what it sends, and what is sent to it', async () => {
    let both = pair();
    assert.deepEqual(await see(['-p', `${both.sender.pid}`], both), ALL);
    both = pair();
    assert.deepEqual(await see(['-p', `${both.target.pid}`], both), TO_TARGET);
  });

  it('-n', async () => {
    assert.deepEqual(await see(['-n', 'sender'], pair()), ALL);
    assert.deepEqual(await see(['-n', 'signals'], pair()), TO_TARGET);
    assert.deepEqual(await see(['-n', 'zzzz'], pair()), []);
  });

  it('-t, --ppid', async () => {
    let both = pair();
    assert.deepEqual(await see(['-t', `${both.target.pid}`], both), TO_TARGET);
    both = pair(['sh', '-c', '"$0" wait <&0; true']);
    assert.deepEqual(await see(['--ppid', `${both.target.pid}`], both), []);
    assert.deepEqual(await see(['--ppid', `${process.pid}`], pair()), ALL);
  });

  it('-u', async function () {
    needs(this, 'setpriv');
    const wrap = ['setpriv', '--reuid', '54321', '--clear-groups'];
    assert.deepEqual(await see(['-u', '54321'], pair(wrap)), TO_TARGET);
    assert.deepEqual(await see(['-u', '54322'], pair(wrap)), []);
  });

  for (const [flag, kind, option] of [
    ['--mntns', 'mnt', '--mount'],
    ['--netns', 'net', '--net'],
  ] as const)
    it(flag, async function () {
      needs(this, 'unshare');
      if (kind === 'mnt') needs(this, 'own-root');
      const both = pair(['unshare', option]);
      for (let i = 0; i < 500 && namespaceOf(both.target.pid, kind) === namespaceOf('self', kind); i++)
        await new Promise((resolve) => setTimeout(resolve, 5));
      assert.deepEqual(await see([flag, `pid:${both.target.pid}`], both), TO_TARGET);
    });

  it('-c: what is in a cgroup, or below it', async function () {
    needs(this, 'cgroup2');
    const outer = join(mountPoint('cgroup2') as string, `snoopkit-signals-${process.pid}`);
    const folders = [outer, join(outer, 'inner')];
    for (const folder of folders) mkdirSync(folder);
    try {
      const both = pair();
      writeFileSync(join(outer, 'inner/cgroup.procs'), `${both.target.pid}`);
      assert.deepEqual(await see(['-c', outer], both), TO_TARGET);
      both.target.kill();
      await both.target.finished.catch(() => {});
      assert.deepEqual(await see(['-c', outer], pair()), []);
    } finally {
      for (const folder of folders.reverse()) rmdirSync(folder);
    }
  });

  it('all of them hold for the one, or all for the other', async () => {
    let both = pair();
    // Its pid is that of the one, its name that of the other.
    assert.deepEqual(await see(['-p', `${both.target.pid}`, '-n', 'sender'], both), []);
    both = pair();
    assert.deepEqual(await see(['-p', `${both.target.pid}`, '-n', 'signals'], both), TO_TARGET);
  });

  it('-f: what is sent to a followed process passes the other filters, or is not shown', async () => {
    const followed = async (...flags: string[]) => {
      const both = pair();
      return see(['-f', '-p', `${both.target.pid}`, ...flags], both);
    };
    assert.deepEqual(await followed(), TO_TARGET);
    assert.deepEqual(await followed('-n', 'zzzz'), []);
    assert.deepEqual(await followed('-u', '54321'), []);
  });

  it('--sender-pid and --target-pid, --sender-comm and --target-comm: the one, or the other', async () => {
    const by = async (flags: (both: ReturnType<typeof pair>) => (string | number)[]) => {
      const both = pair();
      return see(flags(both).map(String), both);
    };
    assert.deepEqual(await by(({ sender }) => ['--sender-pid', sender.pid]), ALL);
    assert.deepEqual(await by(({ target }) => ['--sender-pid', target.pid]), []);
    assert.deepEqual(await by(({ target }) => ['--target-pid', `${target.pid},${NOBODY}`]), [
      'sender to target',
      'sender to nobody',
    ]);
    assert.deepEqual(await by(({ sender }) => ['--target-pid', sender.pid]), ['sender to sender']);
    assert.deepEqual(await by(() => ['--sender-comm', 'ende']), ALL);
    assert.deepEqual(await by(() => ['--sender-comm', 'signals']), []);
    assert.deepEqual(await by(() => ['--target-comm', 'zzzz', '--target-comm', 'ignals']), TO_TARGET);
    assert.deepEqual(await by(() => ['--target-comm', 'zzzz']), []);
    // They narrow what the shared ones let through.
    assert.deepEqual(await by(({ sender }) => ['-p', sender.pid, '--target-comm', 'sender']), ['sender to sender']);
  });

  it('--signal', async () => {
    const steps = ['block', 10, 'block', 12, 'block', 40, 'kill', 'self', 10, 'kill', 'self', 12, 'queue', 'self', 40];
    const seen = async (...flags: string[]) => {
      const words = [...steps, 'kill', NOBODY, 15, 'kill', NOBODY, 99].map(String);
      const { events } = await trace.run(flags, [SIGNALS, ...words]);
      return events.map(({ signal }) => signal);
    };
    assert.deepEqual(await seen(), ['SIGUSR1', 'SIGUSR2', 'SIGRTMIN+6', 'SIGTERM', '99']);
    assert.deepEqual(await seen('--signal', 'usr1,SIGTERM'), ['SIGUSR1', 'SIGTERM']);
    assert.deepEqual(await seen('--signal', '12', '--signal', 'RTMIN+6'), ['SIGUSR2', 'SIGRTMIN+6']);
    assert.deepEqual(await seen('--signal', 'TERM', '-x'), ['SIGTERM']);
    assert.deepEqual(await seen('--signal', 'KILL'), []);
  });

  it('narrow what --count adds up', async () => {
    const flags = ['sigsnoop', '--count', '-o', 'json', '--signal', 'WINCH', '--target-comm', 'sh', '--'];
    const { stdout } = await snoopkit([...flags, 'sh', '-c', 'kill -WINCH $$; kill -WINCH $$; kill -CONT $$']);
    const rows = stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      rows.map(({ signal, target_comm, count }) => [signal, target_comm, count]),
      [['SIGWINCH', 'sh', 2]],
    );
  });

  it('refuse what is no signal, and an empty name', async () => {
    for (const [flags, line] of [
      [['--signal', 'NOPE'], '--signal NOPE: expected signals, such as KILL, SIGTERM or 9'],
      [['--target-pid', 'x'], '--target-pid x: expected an integer from 1 to 4294967295'],
      [['--target-comm', ''], "--target-comm '': expected 1 to 15 bytes; the kernel truncates names to 15 bytes"],
    ] as const) {
      const { status, lines } = await snoopkit(['sigsnoop', ...flags]);
      assert.deepEqual([status, lines], [2, [`snoopkit: ${line}`]]);
    }
  });
});
