/** A process keeps its name whichever of its threads does something, and is found by either: in every tool. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { needs } from '../capability.js';
import { patient } from '../helpers/patience.js';
import { snoopkit } from '../helpers/run.js';
import { socketsWords } from '../helpers/sockets.js';
import { Trace } from '../helpers/trace.js';

const NAMED = fileURLToPath(new URL('../fixtures/named', import.meta.url));
/** As long as names may be, and one that the other begins with. */
const PROCESS = 'redis-server-12';
const THREAD = 'redis-ser';

interface Named {
  event: string;
  pid: number;
  tid: number;
  comm: string;
  thread_comm: string;
  [name: string]: unknown;
}

/** A second thread of a process, each with its name, does it. */
const named = (...how: string[]) => [NAMED, PROCESS, THREAD, ...how];
const sockets = (...steps: string[]) =>
  socketsWords(`name ${PROCESS} thread ( name ${THREAD}`, ...steps, 'sleep 50 ) wait');

const CONNECTED = ['listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 accept 2 0 send 1 100 recv 2 100'];
/** What the thread does, and the tools that show that in events of their own. */
const DONE: Record<string, { flags?: string[]; command: string[] }> = {
  opensnoop: { command: named('open', '/etc/hostname') },
  execsnoop: { flags: ['-x'], command: named('exec', '/no/such/file', 'word') },
  sigsnoop: { flags: ['--kill'], command: named('signal', 'parent') },
  tcpconnect: { command: sockets(...CONNECTED) },
  tcpaccept: { command: sockets(...CONNECTED) },
  tcplife: { command: sockets(...CONNECTED, 'close 1 recv-all 2 close 2') },
  tcpstates: { command: sockets(...CONNECTED, 'close 1 recv-all 2 close 2') },
  udpsnoop: { command: sockets('udp-bind 0 127.0.0.1 0 udp-send 1 127.0.0.1 @0 10 udp-recv 0 10') },
  bindsnoop: { command: sockets('bind 0 127.0.0.1 0') },
  solisten: { command: sockets('listen 0 127.0.0.1 0') },
};
/** The same for what is added up. */
const ADDED_UP: typeof DONE = {
  tcptop: { command: sockets(...CONNECTED) },
  tcprtt: { flags: ['--by-process'], command: sockets(...CONNECTED) },
  tcpconnect: { flags: ['--count'], command: sockets(...CONNECTED) },
  udpsnoop: { flags: ['--count'], command: sockets('udp-send 1 127.0.0.1 9 10') },
  sigsnoop: { flags: ['--count', '--kill'], command: named('signal', 'parent') },
};

describe('names of processes and threads', function () {
  this.timeout(patient(60_000));
  const traces: Trace<Named>[] = [];
  before(function () {
    needs(this, 'root');
  });
  after(() => {
    for (const trace of traces) trace.remove();
  });

  async function see(tool: string, flags: readonly string[], command: readonly string[]): Promise<Named[]> {
    const trace = new Trace<Named>(tool);
    traces.push(trace);
    return (await trace.run(flags, command)).events;
  }
  const namesOf = (events: readonly Named[]) =>
    [...new Set(events.map(({ comm, thread_comm }) => `${comm} ${thread_comm}`))].sort();

  for (const [tool, { flags = [], command }] of Object.entries(DONE))
    it(`${tool} tells both, and -n finds either`, async () => {
      const seen = await see(tool, [...flags, '-n', THREAD], command);
      assert.deepEqual(namesOf(seen), [`${PROCESS} ${THREAD}`]);
      // The thread's name is in the process's, but for what follows here.
      assert.equal((await see(tool, [...flags, '-n', 'server-12'], command)).length, seen.length);
      assert.deepEqual(await see(tool, [...flags, '-n', 'server-13'], command), []);
      assert.deepEqual(await see(tool, [...flags, '-n', `${THREAD}x`], command), []);
    });

  for (const [tool, { flags = [], command }] of Object.entries(ADDED_UP))
    it(`${tool} ${flags.join(' ')} adds up by process, and -n finds either`, async () => {
      for (const name of [THREAD, 'server-12']) {
        const rows = await see(tool, ['-i', '1h', ...flags, '-n', name], command);
        assert.deepEqual([...new Set(rows.map(({ comm }) => comm))], [PROCESS], `${name}: ${JSON.stringify(rows)}`);
      }
      assert.deepEqual(await see(tool, ['-i', '1h', ...flags, '-n', `${THREAD}x`], command), []);
    });

  it('finds a thread of the name that another process has', async () => {
    // The name of the thread is in no process's.
    const command = [NAMED, 'main', 'worker', 'open', '/etc/hostname'];
    assert.deepEqual(namesOf(await see('opensnoop', ['-n', 'worker'], command)), ['main worker']);
    assert.deepEqual(namesOf(await see('opensnoop', ['-n', 'nobody', '-n', 'ork'], command)), ['main worker']);
    assert.deepEqual(namesOf(await see('opensnoop', ['-n', 'main'], command)), ['main worker']);
    const { stdout } = await snoopkit(['opensnoop', '-n', 'worker', '--', ...command]);
    assert.match(stdout.toString(), /^ *\d+ main /m);
  });

  it('names a process that ends after itself, whichever thread is the last', async () => {
    for (const tool of ['exitsnoop', 'procsnoop'])
      for (const [how, last] of [
        [['group', '3'], undefined],
        [['last', '0'], THREAD],
        [['alone', '0'], PROCESS],
      ] as const)
        for (const flags of [[], ['-n', PROCESS]]) {
          const events = await see(tool, flags, named(...how));
          assert.deepEqual(
            events.map(({ comm }) => comm),
            [PROCESS],
            `${tool} ${how}`,
          );
          const [{ pid, tid, thread_comm } = assert.fail()] = events;
          assert.equal(thread_comm, last ?? (pid === tid ? PROCESS : THREAD));
        }
  });

  it('finds a process that ends by the name of its last thread, too', async () => {
    for (const tool of ['exitsnoop', 'procsnoop']) {
      const events = await see(tool, ['-n', 'last-one'], [NAMED, 'first', 'last-one', 'last', '0']);
      assert.deepEqual(namesOf(events), ['first last-one'], tool);
    }
  });

  it('exitsnoop --threads shows what ended: a thread, or the process', async () => {
    const command = [NAMED, 'main', 'worker', 'last', '7'];
    const events = await see('exitsnoop', ['--threads'], command);
    // A thread that is preempted as it exits is reported after the one that ends later.
    assert.deepEqual(
      events.map(({ comm, thread_comm, ended_comm, is_thread }) => [comm, thread_comm, ended_comm, is_thread]).sort(),
      [
        ['main', 'main', 'main', true],
        ['main', 'worker', 'main', false],
      ],
    );
    const { stdout } = await snoopkit(['exitsnoop', '--threads', '--', NAMED, 'main', 'worker', 'alone', '7']);
    const [header, ...rows] = stdout.toString().trimEnd().split('\n');
    assert.equal(header, '    PID     TID ENDED_COMM             AGE  CPU_TIME EXIT_CODE SIGNAL');
    const [main, worker] = [/ main /, / worker /].map((name) => rows.find((row) => name.test(row)));
    assert.match(worker ?? '', / worker .* 7 *$/);
    assert.match(main ?? '', / main .* 0 *$/);
    assert.ok(!('ended_comm' in ((await see('exitsnoop', [], command))[0] ?? {})));
  });

  // The one may come to the hook after the other, which ended later.
  for (const how of ['last', 'alone'])
    it(`exitsnoop --threads shows each thread, also one that is preempted as it exits: ${how}`, async () => {
      const count = 40;
      const loop = `i=0; while [ $i -lt ${count} ]; do "$0" main worker ${how} 7; i=$((i+1)); done`;
      const events = await see('exitsnoop', ['-f', '--threads'], ['sh', '-c', loop, NAMED]);
      const ends = events.filter(({ comm }) => comm === 'main');
      assert.equal(new Set(ends.map(({ pid, tid }) => `${pid} ${tid}`)).size, 2 * count);
      assert.equal(ends.length, 2 * count);
      // The status of a thread is its own, whatever the process ends with.
      const workers = ends.filter(({ thread_comm }) => thread_comm === 'worker');
      if (how === 'alone') assert.deepEqual([...new Set(workers.map(({ exit_code }) => exit_code))], [7]);
    });

  it('of a thread that executes a program nothing is left but what it was called', async () => {
    const command = named('exec', '/bin/sh', 'word', '-c', 'exit 5');
    const [, exec] = await see('execsnoop', [], command);
    assert.deepEqual([exec?.comm, exec?.thread_comm, exec?.comm_before], ['sh', 'sh', THREAD]);
    for (const tool of ['exitsnoop', 'procsnoop'])
      assert.deepEqual(namesOf(await see(tool, [], command)), ['sh sh'], tool);
    const [failure] = await see('execsnoop', ['-x'], named('exec', '/no/such/file', 'word'));
    assert.equal(failure?.comm_before, THREAD);
  });

  it('a child has the name of the thread that created it, and its creator that of the process', async () => {
    const [child, parent] = await see('procsnoop', ['-f'], named('fork', '9'));
    assert.deepEqual([child?.comm, child?.thread_comm], [THREAD, THREAD]);
    assert.deepEqual([child?.creator, child?.creator_comm], [parent?.pid, PROCESS]);
    const { stdout } = await snoopkit(['procsnoop', '-f', '--tree', '--', ...named('fork', '9')]);
    assert.match(stdout.toString(), new RegExp(`\\(${THREAD}\\)`));
  });

  it('sigsnoop names the process that a signal is for, and the thread where it is for that alone', async () => {
    for (const [target, thread] of [
      ['process', ''],
      ['first', PROCESS],
      ['itself', THREAD],
    ] as const) {
      const [signal] = await see('sigsnoop', ['--kill'], named('signal', target));
      assert.deepEqual(
        [signal?.target_comm, signal?.target_thread_comm, signal?.to_thread],
        [PROCESS, thread, target !== 'process'],
        target,
      );
    }
    const [row] = await see('sigsnoop', ['-i', '1h', '--count', '--kill'], named('signal', 'itself'));
    assert.deepEqual([row?.comm, row?.target_comm], [PROCESS, PROCESS]);
  });
});
