import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { needs } from '../capability.js';
import { HttpServer } from '../helpers/http.js';
import { Running, snoopkit } from '../helpers/run.js';
import { type CallEvent, plainAddress, traceSteps } from '../helpers/socket-events.js';
import { SOCKETS, type Step, socketsWords } from '../helpers/sockets.js';
import { tcpSockets } from '../helpers/ss.js';
import { Trace } from '../helpers/trace.js';

interface ListenEvent extends CallEvent {
  asked_backlog: number;
  backlog: number;
  proto: string;
  options: string;
}

const somaxconn = Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));

describe('solisten', () => {
  let trace: Trace<ListenEvent>;
  before(function () {
    needs(this, 'root');
    needs(this, 'ipv6');
    trace = new Trace('solisten');
  });
  after(() => trace?.remove());

  const listens = async (flags: readonly string[], ...steps: (string | number)[]) => {
    const { events, told } = await traceSteps(trace, flags, steps);
    return { events, told: told.filter(({ step }) => /^listen/.test(step)) };
  };

  const shown = (e: ListenEvent) => [e.pid, e.tid, e.ret, e.error, `${e.local_addr} ${e.local_port}`];
  const isTold = (s: Step) => [s.pid, s.tid, s.ret, s.error, `${plainAddress(s.local)} ${s.local_port}`];

  for (const [hooks, capability] of [
    ['tracepoint', 'root'],
    ['fentry', 'fentry'],
    ['kprobe', 'kprobe-pmu'],
  ] as const)
    it(`sees where somebody listens, and which backlog is in force, by ${hooks}`, async function () {
      needs(this, capability);
      const { events, told } = await listens(
        ['--hooks', hooks],
        ...['listen 0 127.0.0.1 0 backlog 7 listen-only 0', somaxconn + 1, 'listen-only 0 -1 listen-only 0 0'],
        ...['listen 1 :: 0 backlog 5 reuseport listen 2 ::ffff:127.0.0.1 0 socket 3 tcp6 listen-only 3 9'],
        // It is bound to nothing: the kernel finds it a port, but not one that is connected.
        ...['socket 4 tcp4 listen-only 4 9 connect 5 127.0.0.1 @4 listen-only 5 3'],
      );
      assert.deepEqual(events.map(shown), told.map(isTold));
      assert.deepEqual(
        events.map((e) => [e.asked_backlog, e.backlog, e.options, e.error ?? '']),
        [
          [7, 7, '', ''],
          [somaxconn + 1, somaxconn, '', ''],
          [-1, somaxconn, '', ''],
          [0, 0, '', ''],
          [5, 5, 'REUSEPORT', ''],
          [16, 16, '', ''],
          [9, 9, '', ''],
          [9, 9, '', ''],
          [3, 0, '', 'EINVAL'],
        ],
      );
      assert.ok(
        events.every(
          ({ comm, proto, remote_port, error }) =>
            comm === 'sockets' && proto === 'tcp' && (error || remote_port === 0),
        ),
      );
    });

  it('tells what ss tells', async function () {
    needs(this, 'ss');
    const steps = [
      'listen 0 127.0.0.1 0 backlog 3 listen 1 :: 0 backlog 4 socket 2 mptcp4 bind 2 127.0.0.1 0 listen-only 2 6 hold',
    ];
    let rows: string[] = [];
    let target: Running | undefined;
    const { events } = await trace.during(['-n', 'sockets'], async () => {
      target = new Running(SOCKETS, socketsWords(...steps).slice(1));
      try {
        await target.says(/"hold"/, 'stdout');
        const sockets = await tcpSockets({ all: true });
        // Of a socket that listens ss tells the backlog as its queue for sending.
        rows = sockets
          .filter(({ pid, state }) => pid === target?.pid && state === 'LISTEN')
          .map(({ local_port, row }) => `${local_port} ${row.split(/\s+/)[2]}`);
      } finally {
        target.kill();
      }
    });
    const own = events.filter(({ pid }) => pid === target?.pid);
    const [mptcp] = own.filter(({ proto }) => proto === 'mptcp');
    assert.deepEqual(
      own
        .filter(({ proto }) => proto === 'tcp')
        .map((e) => `${e.local_port} ${e.backlog}`)
        .sort(),
      rows.filter((row) => !row.startsWith(`${mptcp?.local_port} `)).sort(),
    );
    // Not every kernel has MPTCP.
    if (mptcp) assert.deepEqual([mptcp.asked_backlog, mptcp.backlog, mptcp.local_addr], [6, 6, '127.0.0.1']);
  });

  it('tells what can never listen, and who comes too late', async () => {
    const { events } = await listens(
      ['-x'],
      'socket 0 udp4 listen-only 0 1 listen 1 127.0.0.1 0',
      // The port is taken by the time that it wants to listen.
      'socket 2 tcp4 set 2 reuseaddr bind 2 127.0.0.1 0 socket 3 tcp4 set 3 reuseaddr bind 3 127.0.0.1 @2 listen-only 2 1 listen-only 3 1',
    );
    assert.deepEqual(
      events.map(({ proto, error, backlog }) => [proto, error, backlog]),
      [
        ['udp', 'EOPNOTSUPP', 0],
        ['tcp', 'EADDRINUSE', 0],
      ],
    );
  });

  it('filters by port, by IP version and by process', async () => {
    const steps = ['listen 0 127.0.0.1 0 listen 1 ::1 0 fork ( listen 2 127.0.0.2 0 ) wait'];
    const ends = async (...flags: string[]) => (await listens(flags, ...steps)).events.map((e) => e.local_addr);
    assert.deepEqual(await ends(), ['127.0.0.1', '::1']);
    assert.deepEqual(await ends('-f', '-4'), ['127.0.0.1', '127.0.0.2']);
    assert.deepEqual(await ends('-f', '-6'), ['::1']);
    assert.deepEqual(await ends('-f', '--local-addr', '127.0.0.2/31'), ['127.0.0.2']);
  });

  it('is not fooled by children, threads, copies and descriptors that were passed on', async () => {
    const { events, told } = await listens(
      ['-f'],
      'bind 0 127.0.0.1 0 dup 0 1 listen-only 1 2',
      'bind 2 ::1 0 fork ( listen-only 2 3 ) wait',
      'thread ( name other listen 3 127.0.0.1 0 backlog 4 ) wait',
      'bind 4 127.0.0.1 0 pass 4 ( listen-only 4 5 ) wait',
    );
    assert.deepEqual(events.map(shown), told.map(isTold));
    assert.deepEqual(
      events.map(({ comm, thread_comm, backlog }) => [comm, thread_comm, backlog]),
      [
        ['sockets', 'sockets', 2],
        ['sockets', 'sockets', 3],
        ['sockets', 'other', 4],
        ['sockets', 'sockets', 5],
      ],
    );
  });

  it("sees a server of Node's begin", async () => {
    let server: HttpServer | undefined;
    const { events } = await trace.during(['--ppid', `${process.pid}`], async () => {
      server = await HttpServer.start('127.0.0.1');
      await server.stop();
    });
    const own = events.filter(({ pid }) => pid === server?.pid);
    assert.deepEqual(
      own.map((e) => [e.local_addr, e.local_port, e.asked_backlog, e.backlog, e.ret]),
      [['127.0.0.1', server?.port, 511, Math.min(511, somaxconn), 0]],
    );
  });

  it('has a table that people read', async () => {
    const { stdout } = await snoopkit([
      'solisten',
      '--',
      ...socketsWords('listen 0 127.0.0.1 0 listen-only 0', somaxconn + 1),
    ]);
    const [header, first, second] = stdout
      .toString()
      .split('\n')
      .filter((line) => !line.startsWith('{'));
    assert.equal(header, '    PID COMM             PROTO       RET BACKLOG ASKED_BACKLOG LOCAL');
    assert.match(first ?? '', /^ *\d+ sockets +tcp +0 +16 +16 127\.0\.0\.1:\d+$/);
    assert.match(
      second ?? '',
      new RegExp(`^ *\\d+ sockets +tcp +0 +${somaxconn} +${somaxconn + 1} 127\\.0\\.0\\.1:\\d+$`),
    );
  });
});
