import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needs } from '../capability.js';
import { Running, snoopkit } from '../helpers/run.js';
import { Trace } from '../helpers/trace.js';

const SIGNALS = fileURLToPath(new URL('../fixtures/signals', import.meta.url));
/** More than any pid can be. */
const NOBODY = 2 ** 31 - 1;

interface SignalEvent {
  event: string;
  pid: number;
  tid: number;
  uid: number;
  comm: string;
  signal?: string;
  origin: string;
  code?: string;
  target_pid: number;
  target_tid: number;
  target_comm: string;
  to_thread: boolean;
  result: string;
  ret: number;
  error?: string;
}

describe('sigsnoop', () => {
  let trace: Trace<SignalEvent>;
  before(function () {
    needs(this, 'root');
    trace = new Trace('sigsnoop');
  });
  after(() => trace?.remove());

  /** Traces fixtures/signals.c, which tells of each call what it returned, and whom it was for. */
  async function signals(flags: readonly string[], ...steps: (string | number)[]) {
    const { events, status, stdout } = await trace.run(flags, [SIGNALS, ...steps.map(String)]);
    assert.equal(status, 0);
    const told = stdout.toString().trimEnd().split('\n');
    return { events, told: told.map((line) => line.split(' ').map(Number)) };
  }

  const shown = ({ origin, signal, code, to_thread, result }: SignalEvent) =>
    [origin, signal, code, to_thread ? 'thread' : 'process', result].join(' ');
  const byCall = ({ origin }: SignalEvent) => origin !== 'kernel' && origin !== 'timer';
  const tellOf = ({ ret, target_pid, target_tid }: SignalEvent) => [ret, target_pid, target_tid];

  for (const hooks of ['raw_tp,tracepoint', 'tp_btf'])
    describe(`by ${hooks}`, () => {
      it('sees what each call sends', async () => {
        const blocked = [10, 12, 40].flatMap((signal) => ['block', signal]);
        const { events, told } = await signals(
          ['--hooks', hooks],
          ...[...blocked, 'kill', 'self', 10, 'kill', 'self', 10, 'kill', 'child', 10, 'kill', 'group', 12],
          ...['tkill', 'self', 10, 'tkill', 'thread', 28, 'tgkill', 'thread', 28, 'kill', 'thread', 28],
          ...['queue', 'child', 40, 'tgqueue', 'self', 40, 'pidfd', 'child', 12],
        );
        const calls = events.slice(0, told.length);
        assert.deepEqual(calls.map(shown), [
          'kill SIGUSR1 SI_USER process delivered',
          'kill SIGUSR1 SI_USER process already_pending',
          'kill SIGUSR1 SI_USER process delivered',
          'kill SIGUSR2 SI_USER process delivered',
          'tkill SIGUSR1 SI_TKILL thread delivered',
          'tkill SIGWINCH SI_TKILL thread ignored',
          'tgkill SIGWINCH SI_TKILL thread ignored',
          'kill SIGWINCH SI_USER process ignored',
          'rt_sigqueueinfo SIGRTMIN+6 SI_QUEUE process delivered',
          'rt_tgsigqueueinfo SIGRTMIN+6 SI_QUEUE thread delivered',
          'pidfd_send_signal SIGUSR2 SI_USER process already_pending',
        ]);
        assert.deepEqual(calls.map(tellOf), told);
        assert.ok(calls.every(({ comm, target_comm }) => comm === 'signals' && target_comm === 'signals'));
        const ends = ['kill SIGKILL SI_USER process delivered', 'kernel SIGCHLD CLD_KILLED process ignored'];
        assert.deepEqual(events.slice(told.length).map(shown), ends);
      });

      it('sees what is refused', async () => {
        const { events, told } = await signals(
          ['--hooks', hooks],
          ...['kill', NOBODY, 15, 'kill', -NOBODY, 15, 'tkill', NOBODY, 15, 'tgkill', NOBODY, 15],
          ...['queue', NOBODY, 15, 'tgqueue', NOBODY, 15, 'pidfd', NOBODY, 15],
          ...['kill', 'self', 99, 'kill', 'self', -1, 'tgkill', 0, 15],
        );
        assert.deepEqual(events.map(shown), [
          'kill SIGTERM  process ESRCH',
          'kill SIGTERM  process ESRCH',
          'tkill SIGTERM  thread ESRCH',
          'tgkill SIGTERM  thread ESRCH',
          'rt_sigqueueinfo SIGTERM  process ESRCH',
          'rt_tgsigqueueinfo SIGTERM  thread ESRCH',
          'pidfd_send_signal SIGTERM  process EBADF',
          'kill 99  process EINVAL',
          'kill -1  process EINVAL',
          'tgkill SIGTERM  thread EINVAL',
        ]);
        assert.deepEqual(events.map(tellOf), told);
        for (const { error, result, target_comm } of events) assert.deepEqual([error, target_comm], [result, '']);
      });

      it('sees what the kernel sends', async () => {
        const { events } = await signals(
          ['--hooks', hooks, '-f'],
          ...['block', 13, 'block', 14, 'block', 42, 'fault', 'broken', 'alarm', 'timer', 42],
        );
        assert.deepEqual(events.map(shown), [
          'kernel SIGSEGV SEGV_MAPERR thread delivered',
          'kernel SIGCHLD CLD_KILLED process ignored',
          'kernel SIGPIPE SI_USER thread delivered',
          'timer SIGALRM SI_KERNEL process delivered',
          'timer SIGRTMIN+8 SI_TIMER process delivered',
        ]);
        const [fault, child, broken, ...timers] = events;
        assert.equal(fault?.pid, fault?.target_pid);
        assert.deepEqual([child?.pid, child?.target_pid], [fault?.pid, broken?.pid]);
        for (const timer of timers)
          assert.deepEqual([timer.pid, timer.tid, timer.comm, timer.target_pid], [0, 0, '', broken?.pid]);
      });

      it('tells the last signal of a process from the one that its end brings', async () => {
        const { events } = await signals(['--hooks', hooks, '-f'], 'orphan', 10);
        assert.deepEqual(events.slice(0, 3).map(shown), [
          'kill SIGUSR1 SI_USER process delivered',
          'kernel SIGUSR1 SI_USER process delivered',
          'kernel SIGCHLD CLD_KILLED process ignored',
        ]);
        assert.equal(events[0]?.pid, events[1]?.pid);
      });

      it('tells where the queue is full, once', async () => {
        const { events, told } = await signals(
          ['--hooks', hooks],
          ...['block', 41, 'block', 12, 'limit', 0, 'queue', 'self', 41, 'kill', 'self', 41, 'tkill', 'self', 12],
        );
        assert.deepEqual(events.map(shown), [
          'rt_sigqueueinfo SIGRTMIN+7 SI_QUEUE process overflow_fail',
          'kill SIGRTMIN+7 SI_USER process lose_info',
          'tkill SIGUSR2 SI_TKILL thread lose_info',
        ]);
        assert.deepEqual(
          events.map(({ ret }) => ret),
          told.map(([ret]) => ret),
        );
        assert.equal(events[0]?.error, 'EAGAIN');
      });

      it('sees a process group, a shell and its children', async () => {
        // A child of dash has all signals blocked at first: one that is blocked is delivered, though ignored later.
        const ready = 'for p in $one $!; do until read n </proc/$p/comm && [ $n = sleep ]; do :; done; done';
        const script = `trap '' USR1; sleep 9 & one=$!; sleep 9 & ${ready}; kill -USR1 0; kill $! $one; wait`;
        const { events } = await trace.run(['--hooks', hooks, '-f', '--kill'], ['setsid', '-w', 'sh', '-c', script]);
        const group = events.slice(0, 3);
        assert.deepEqual(new Set(group.map(shown)), new Set(['kill SIGUSR1 SI_USER process ignored']));
        assert.equal(new Set(group.map(({ target_pid }) => target_pid)).size, 3);
        const shell = group[0]?.pid;
        const children = group.map(({ target_pid }) => target_pid).filter((pid) => pid !== shell);
        const [second, first] = events.slice(3);
        assert.deepEqual([first?.target_pid, second?.target_pid].sort(), children.sort());
        assert.ok(events.every(({ pid, comm }) => pid === shell && comm === 'sh'));
        assert.deepEqual([first?.signal, second?.signal, events.length], ['SIGTERM', 'SIGTERM', 5]);
      });

      it('tells a SIGCONT that let a process go on from one that changed nothing', async () => {
        const stopped = 'until read -r _ _ s _ </proc/$p/stat && [ $s = T ]; do :; done';
        const script = `sleep 9 & p=$!; kill -STOP $p; ${stopped}; kill -CONT $p; until read -r _ _ s _ </proc/$p/stat && [ $s = S ]; do :; done; kill -CONT $p; kill -KILL $p`;
        const { events } = await trace.run(
          ['--hooks', hooks, '-f', '--kill', '--signal', 'CONT'],
          ['sh', '-c', script],
        );
        assert.deepEqual(events.map(shown), [
          'kill SIGCONT SI_USER process continued',
          'kill SIGCONT SI_USER process ignored',
        ]);
      });

      it('shows probes where one asks', async () => {
        const steps = ['kill', 'self', 0, 'kill', NOBODY, 0];
        assert.deepEqual((await signals(['--hooks', hooks], ...steps)).events, []);
        const { events, told } = await signals(['--hooks', hooks, '--probes'], ...steps);
        assert.deepEqual(events.map(shown), ['kill   process probed', 'kill   process ESRCH']);
        assert.deepEqual(
          events.map(({ ret, target_pid }) => [ret, target_pid]),
          told.map(([ret, pid]) => [ret, pid]),
        );
      });
    });

  it('shows only failures with -x, and only calls with --kill', async () => {
    const steps = ['block', 14, 'block', 10, 'kill', 'self', 10, 'alarm', 'kill', NOBODY, 15];
    const seen = async (...flags: string[]) =>
      (await signals(flags, ...steps)).events.map(({ signal, result }) => [signal, result]);
    assert.deepEqual(await seen('-x'), [['SIGTERM', 'ESRCH']]);
    assert.deepEqual(await seen('--kill'), [
      ['SIGUSR1', 'delivered'],
      ['SIGTERM', 'ESRCH'],
    ]);
    assert.equal((await seen()).length, 3);
  });

  it('reports the process that was not permitted', async function () {
    needs(this, 'setpriv');
    const words = ['--reuid', '65534', '--clear-groups', 'sh', '-c', `kill -WINCH ${process.pid}; true`];
    const { uid, comm, signal, target_pid, ret, result } = await trace.one([], ['setpriv', ...words]);
    assert.deepEqual([uid, comm, signal, target_pid, ret, result], [65534, 'sh', 'SIGWINCH', process.pid, -1, 'EPERM']);
  });

  it('agrees with strace', async function () {
    needs(this, 'strace');
    const log = join(trace.folder, 'strace');
    const steps =
      'catch 10 catch 40 kill self 10 tkill self 10 tgkill self 10 queue self 40 pidfd self 10 kill child 10 broken';
    const command = ['strace', '-o', log, '-e', 'trace=kill,tkill,tgkill,/sigqueueinfo$,pidfd_send_signal', SIGNALS];
    const { events } = await trace.run(
      ['-f'],
      [...command, 'ignore', '13', ...steps.split(' '), 'kill', `${NOBODY}`, '15'],
    );
    const own = events.filter(({ comm }) => comm === 'signals');
    const lines = readFileSync(log, 'utf8').split('\n');
    const [calls, received] = [/^(\w+)\(.* = (?:0|-1 (\w+)).*$/, /^--- (SIG\w+) \{.*si_code=(\w+)/].map((pattern) =>
      lines.flatMap((line) => {
        const [, first, second] = pattern.exec(line) ?? [];
        return first === undefined ? [] : [[first, second]];
      }),
    );
    assert.deepEqual(
      own.filter(byCall).map(({ origin, error }) => [origin, error]),
      calls,
    );
    const taken = own.filter(({ target_pid, pid, result }) => target_pid === pid && result === 'delivered');
    const named = (signal = '') => signal.replace('SIGRTMIN+6', 'SIGRT_8');
    assert.deepEqual(
      taken.map(({ signal, code }) => [named(signal), code]),
      received?.filter(([signal]) => signal !== 'SIGCHLD'),
    );
  });

  describe('of one process', () => {
    /** Runs the fixture's steps when all is set, and `meanwhile` before them. */
    async function observe(
      filter: (pid: number) => string[],
      steps: (string | number)[],
      meanwhile = (_pid: number) => {},
    ) {
      const target = new Running(SIGNALS, ['wait', ...steps].map(String));
      const { pid } = target;
      try {
        const { events } = await trace.during(filter(pid), () => {
          meanwhile(pid);
          target.child.stdin?.end('x');
          return target.finished;
        });
        return { pid, events };
      } finally {
        target.kill();
      }
    }

    it('shows what is sent to it, by anybody', async () => {
      const { pid, events } = await observe(
        (pid) => ['-p', `${pid}`],
        ['block', 14, 'alarm'],
        (pid) => process.kill(pid, 'SIGWINCH'),
      );
      assert.deepEqual(
        events.map((event) => [event.pid, event.signal, event.target_pid, event.target_comm, event.result]),
        [
          [process.pid, 'SIGWINCH', pid, 'signals', 'ignored'],
          [0, 'SIGALRM', pid, 'signals', 'delivered'],
        ],
      );
    });

    it('shows a timer, which nobody sends, where its target passes all filters', async () => {
      const steps = ['block', 14, 'block', 10, 'alarm', 'kill', 'self', 10];
      const own = (name: string) => ['--ppid', `${process.pid}`, '-n', name];
      const { pid, events } = await observe(() => own('signals'), steps);
      assert.deepEqual(
        events
          .filter(({ signal = '' }) => /^SIG(ALRM|USR1)$/.test(signal))
          .map((event) => [event.pid, event.signal, event.target_pid, event.result]),
        [
          [0, 'SIGALRM', pid, 'delivered'],
          [pid, 'SIGUSR1', pid, 'delivered'],
        ],
      );
      assert.deepEqual((await observe(() => own('signalz'), steps)).events, []);
    });
  });

  it('has a table that people read', async () => {
    const { stdout } = await snoopkit(['sigsnoop', '--', 'sh', '-c', `kill -9 ${NOBODY} 2>/dev/null; kill -9 $$`]);
    const [header, refused, killed] = stdout.toString().split('\n');
    assert.equal(header, '    PID COMM             SIGNAL    TARGET_PID TARGET_COMM      RESULT');
    assert.match(refused ?? '', /^ *\d+ sh +SIGKILL +2147483647 +ESRCH$/);
    assert.match(killed ?? '', /^ *(\d+) sh +SIGKILL +\1 sh +delivered$/);
  });
});
