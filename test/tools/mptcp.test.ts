/** Multipath TCP, in each tool that looks at TCP: whose a connection is, how much it moves, and which are its subflows. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { needs } from '../capability.js';
import { kernelIsSince } from '../helpers/kernel.js';
import { NetLab, REFUSED_PORT } from '../helpers/net.js';
import { patient } from '../helpers/patience.js';
import type { Running } from '../helpers/run.js';
import { type CallEvent, traceSteps } from '../helpers/socket-events.js';
import { parseSteps, type Step, socketsWords, stepOf } from '../helpers/sockets.js';
import { Trace } from '../helpers/trace.js';

interface Event extends CallEvent {
  mptcp?: string;
  waiting: number;
  backlog: number;
  outcome: string;
  from: string;
  to: string;
  role: string;
  close: string;
  closed_by: string;
  sent: number;
  received: number;
  direction: string;
}

const TOOLS = ['tcpaccept', 'tcpconnect', 'tcpdrop', 'tcplife', 'tcpretrans', 'tcprtt', 'tcpstates', 'tcptop'] as const;
const PORT = 5000;
/** A worker of the kernel closes what is left of a connection. */
const SETTLE = `sleep ${patient(200)}`;

describe('MPTCP', () => {
  let traces: Record<(typeof TOOLS)[number], Trace<Event>>;
  before(function () {
    needs(this, 'root');
    needs(this, 'mptcp');
    traces = Object.fromEntries(TOOLS.map((tool) => [tool, new Trace<Event>(tool)])) as typeof traces;
  });
  after(() => {
    for (const trace of Object.values(traces ?? {})) trace.remove();
  });

  const run = (tool: (typeof TOOLS)[number], flags: readonly string[], ...steps: string[]) =>
    traceSteps(traces[tool], flags, steps);
  /** Both ends by MPTCP, for the most part; slot 1 is the client, 2 the server. */
  const pair = (address: string, server = 'mptcp', client = 'mptcp') => {
    const family = address.includes(':') ? 6 : 4;
    return `socket 0 ${server}${family} listen 0 ${address} 0 backlog 7 socket 1 ${client}${family} connect 1 ${address} @0 accept 2 0`;
  };
  const both = ['127.0.0.1', '::1'] as const;

  for (const address of both)
    describe(`over ${address}`, () => {
      before(function () {
        if (address === '::1') needs(this, 'ipv6');
      });

      for (const [server, client, accepts, connects] of [
        ['mptcp', 'mptcp', 'connection', 'connection'],
        ['mptcp', 'tcp', undefined, undefined],
        ['tcp', 'mptcp', undefined, 'fallback'],
      ] as const)
        it(`has each row once, its bytes, and what it is: ${client} to ${server}`, async () => {
          const steps = [
            pair(address, server, client),
            `send 1 1000 recv 2 1000 send 2 70000 recv 1 70000 close 1 recv-all 2 close 2 ${SETTLE}`,
          ];
          const accepted = await run('tcpaccept', [], ...steps);
          const accept = stepOf(accepted.told, 'accept');
          assert.deepEqual(
            accepted.events.map(({ pid, ret, mptcp, waiting, backlog, local_port, remote_port, remote_addr }) => [
              ...[pid, ret, mptcp, waiting, backlog, local_port, remote_port, remote_addr],
            ]),
            [[accept.pid, accept.ret, accepts, 0, 7, accept.local_port, accept.remote_port, address]],
          );

          const connected = await run('tcpconnect', [], ...steps);
          const connect = stepOf(connected.told, 'connect');
          assert.deepEqual(
            connected.events.map(({ pid, outcome, mptcp, local_port, remote_port }) => [
              ...[pid, outcome, mptcp, local_port, remote_port],
            ]),
            [[connect.pid, 'established', connects, connect.local_port, connect.remote_port]],
          );

          const lived = await run('tcplife', [], ...steps);
          assert.deepEqual(
            lived.events
              .map(({ role, mptcp, sent, received, close, closed_by, remote_addr }) =>
                [role, mptcp, sent, received, close, closed_by, remote_addr].join(' '),
              )
              .sort(),
            [
              `client ${connects ?? ''} 1000 70000 fin us ${address}`,
              `server ${accepts ?? ''} 70000 1000 fin peer ${address}`,
            ],
          );
          assert.ok(lived.events.every(({ pid }) => pid === stepOf(lived.told, 'connect').pid));

          const moved = await run('tcptop', ['-i', '1h'], ...steps);
          const port = stepOf(moved.told, 'connect').remote_port;
          assert.deepEqual(
            moved.events
              .map(({ mptcp, sent, received, local_port, remote_port }) =>
                [local_port === port ? 'server' : remote_port === port && 'client', mptcp, sent, received].join(' '),
              )
              .sort(),
            [`client ${connects ?? ''} 1000 70000`, `server ${accepts ?? ''} 70000 1000`],
          );
        });
    });

  it('reports the accept queue of an MPTCP listener, for all kinds of clients', async () => {
    const { events } = await run(
      'tcpaccept',
      [],
      'socket 0 mptcp4 listen 0 127.0.0.1 0 backlog 9 connect 1 127.0.0.1 @0 socket 2 mptcp4 connect 2 127.0.0.1 @0',
      'connect 3 127.0.0.1 @0 accept 4 0 accept 5 0 accept 6 0',
    );
    assert.deepEqual(
      events.map(({ waiting, backlog, mptcp }) => [waiting, backlog, mptcp]),
      [
        [2, 9, undefined],
        [1, 9, 'connection'],
        [0, 9, undefined],
      ],
    );
  });

  for (const client of ['mptcp4', 'tcp4'])
    it(`belongs to the worker that accepted it, of ${client}`, async () => {
      const steps = [
        `socket 0 mptcp4 listen 0 127.0.0.1 0 fork ( accept 2 0 send 2 10 recv-all 2 close 2 ${SETTLE} exit )`,
        `socket 1 ${client} connect 1 127.0.0.1 @0 recv 1 10 send 1 20 close 1 wait`,
      ];
      for (const tool of ['tcplife', 'tcptop', 'tcpaccept'] as const) {
        const { events, told } = await run(tool, ['-f'], ...steps);
        const worker = stepOf(told, 'accept').pid;
        const port = stepOf(told, 'listen').local_port;
        const served = events.filter(({ local_port }) => local_port === port);
        assert.deepEqual([tool, ...served.map(({ pid }) => pid)], [tool, worker]);
        assert.notEqual(worker, stepOf(told, 'listen').pid);
      }
    });

  it('tells a refusal, and each change of state of a connection and of its subflow', async () => {
    const refused = `socket 1 mptcp4 connect 1 127.0.0.1 ${REFUSED_PORT} nonblock connected 1`;
    const { events } = await run('tcpconnect', [], refused);
    assert.deepEqual(
      events.map(({ outcome, error, mptcp, remote_port }) => [outcome, error, mptcp, remote_port]),
      [['refused', 'ECONNREFUSED', 'connection', REFUSED_PORT]],
    );
    const changes = await run('tcpstates', [], pair('127.0.0.1'), `close 1 recv-all 2 close 2 ${SETTLE}`);
    const { local_port } = stepOf(changes.told, 'connect');
    const path = (mptcp: string, isClient: boolean) =>
      changes.events
        .filter((event) => event.mptcp === mptcp && (event.local_port === local_port) === isClient)
        .filter(({ remote_port }) => remote_port > 0)
        .map(({ from, to }) => `${from}>${to}`)
        .join(' ');
    const client = 'ESTABLISHED>FIN_WAIT1 FIN_WAIT1>FIN_WAIT2 FIN_WAIT2>CLOSE';
    const server = 'ESTABLISHED>CLOSE_WAIT CLOSE_WAIT>LAST_ACK LAST_ACK>CLOSE';
    // A new connection has no port yet.
    assert.equal(path('connection', true), `SYN_SENT>ESTABLISHED ${client}`);
    assert.equal(path('subflow', true), `SYN_SENT>ESTABLISHED ${client}`);
    const begins = 'CLOSE>SYN_SENT';
    assert.match(path('connection', false), new RegExp(`^${begins} LISTEN>.*ESTABLISHED ${server}$`));
    assert.equal(path('subflow', false), `${begins} LISTEN>SYN_RECV SYN_RECV>ESTABLISHED ${server}`);
    const listens = changes.events.filter(({ to, from }) => to === 'LISTEN' || (from === 'LISTEN' && to === 'CLOSE'));
    assert.deepEqual(listens.map(({ mptcp, to }) => `${mptcp} ${to}`).sort(), [
      ...['connection CLOSE', 'connection LISTEN', 'subflow CLOSE', 'subflow LISTEN'],
    ]);
    assert.ok(changes.events.every(({ pid, mptcp }) => pid === changes.told[0]?.pid && mptcp));
  });

  it('tells a reset, and what the process left behind', async () => {
    const { events } = await run('tcplife', [], pair('127.0.0.1'), `send 1 33 recv 2 33 reset 1 ${SETTLE} close 2`);
    assert.deepEqual(
      events.map(({ role, close, closed_by, sent, received }) => [role, close, closed_by, sent, received]).sort(),
      [
        ['client', 'rst', 'us', 33, 0],
        ['server', 'rst', 'peer', 0, 33],
      ],
    );
  });

  describe('over a wire, where a subflow joins', () => {
    let lab: NetLab;
    before(function () {
      for (const name of ['netns', 'veth', 'mptcp-endpoints'] as const) needs(this, name);
    });
    beforeEach(() => {
      lab = new NetLab();
      for (const end of [lab.a, lab.b]) end.shell('ip mptcp limits set subflow 2 add_addr_accepted 2');
      lab.a.shell(
        `ip address add 10.77.0.11/24 dev ${lab.a.device}; ip mptcp endpoint add 10.77.0.11 dev ${lab.a.device} subflow`,
      );
    });
    afterEach(() => lab?.remove());

    interface Exchange {
      tool: (typeof TOOLS)[number];
      flags?: readonly string[];
      /** Steps of the client once it is connected, after the subflow has joined. */
      steps: string;
      /** Whether the connection is there before the trace. */
      isOlder?: boolean;
      /** Changes to the network before the client goes on. */
      meanwhile?: () => unknown;
    }

    async function exchange({ tool, flags = [], steps, isOlder = false, meanwhile }: Exchange) {
      const { v4 } = lab.b.address;
      const ends: { near?: Running; far?: Running } = {};
      const begin = async () => {
        const worker = `fork ( accept 1 0 recv-all 1 send 1 500 close 1 ${SETTLE} exit ) wait`;
        ends.far = lab.b.start(socketsWords('socket 0 mptcp4 listen 0', v4, PORT, worker));
        await ends.far.says(/"listen"/, 'stdout');
        ends.near = lab.a.start(socketsWords('socket 0 mptcp4 connect 0', v4, PORT, 'send 0 1000 hold', steps));
        await ends.near.says(/"hold"/, 'stdout');
        await joined();
      };
      try {
        if (isOlder) await begin();
        const { events } = await traces[tool].during(['-n', 'sockets', ...flags], async () => {
          if (!isOlder) await begin();
          await meanwhile?.();
          ends.near?.child.stdin?.end('x');
          await Promise.all([ends.near?.finished, ends.far?.finished]);
        });
        const told = [ends.near, ends.far].flatMap((running): Step[] => parseSteps(running?.written ?? ''));
        const pids = { near: stepOf(told, 'connect').pid, far: stepOf(told, 'accept').pid };
        assert.notEqual(pids.far, stepOf(told, 'listen').pid);
        return { events, pids, port: stepOf(told, 'connect').local_port };
      } finally {
        ends.near?.kill();
        ends.far?.kill();
      }
    }

    /** Waits until the other subflow is there, by the kernel's own count. */
    async function joined(): Promise<void> {
      for (let i = 0; i < 100; i++) {
        const [names = [], counts = []] = lab.b
          .shell('cat /proc/net/netstat')
          .split('\n')
          .filter((line) => line.startsWith('MPTcpExt:'))
          .map((line) => line.split(' '));
        if (Number(counts[names.indexOf('MPJoinAckRx')]) > 0) return;
        await sleep(patient(50));
      }
      assert.fail('no subflow has joined');
    }

    const whole = `send 0 300000 shutdown 0 wr recv-all 0 close 0 ${SETTLE}`;

    for (const isOlder of [false, true])
      it(`counts the bytes of a connection once, and those of its subflows apart${isOlder ? ': older than the trace' : ''}`, async () => {
        const { events, pids, port } = await exchange({
          tool: 'tcplife',
          flags: ['--subflows'],
          steps: whole,
          isOlder,
        });
        const of = (pid: number, part: string) => events.filter((event) => event.pid === pid && event.mptcp === part);
        const sum = (rows: readonly Event[], what: 'sent' | 'received') =>
          rows.reduce((total, row) => total + row[what], 0);
        for (const [pid, sent, received] of [
          [pids.near, 301_000, 500],
          [pids.far, 500, 301_000],
        ] as const) {
          const [connection, ...more] = of(pid, 'connection');
          assert.deepEqual(more, []);
          assert.ok(connection);
          assert.equal(connection.close, 'fin');
          const subflows = of(pid, 'subflow');
          assert.equal(subflows.length, 2, JSON.stringify(events));
          // Data that is sent over both subflows counts for both, and so does a byte that is sent again as a window probe.
          const most = { sent: sum(subflows, 'sent'), received: sum(subflows, 'received') };
          assert.ok(most.sent >= sent && most.received >= received);
          // Connections have counts of their own since Linux 6.6.
          if (kernelIsSince(6, 6)) assert.deepEqual([connection.sent, connection.received], [sent, received]);
          else {
            assert.ok(connection.sent >= sent && connection.sent <= most.sent, `${connection.sent} sent`);
            assert.ok(
              connection.received >= received && connection.received <= most.received,
              `${connection.received} received`,
            );
          }
          assert.equal(new Set(subflows.map((one) => `${one.local_addr} ${one.remote_addr}`)).size, 2);
          assert.ok(port === connection?.local_port || port === connection?.remote_port);
        }
        assert.equal(events.length, 6);
      });

    it('has no rows of subflows where nobody asks for them', async () => {
      const { events, pids } = await exchange({ tool: 'tcplife', steps: whole });
      assert.deepEqual(
        events.map(({ pid, mptcp, local_addr }) => [pid, mptcp, local_addr].join(' ')).sort(),
        [`${pids.near} connection ${lab.a.address.v4}`, `${pids.far} connection ${lab.b.address.v4}`].sort(),
      );
    });

    it('tells that a subflow connects, as done by whose connection it is', async () => {
      const { events, pids } = await exchange({ tool: 'tcpconnect', steps: 'close 0' });
      assert.deepEqual(
        events.map(({ pid, outcome, mptcp, local_addr }) => [pid, outcome, mptcp, local_addr]),
        [
          [pids.near, 'established', 'connection', lab.a.address.v4],
          [pids.near, 'established', 'subflow', '10.77.0.11'],
        ],
      );
    });

    it('tells what a subflow sends again, as of the process that sends', async () => {
      const wire = await lab.b.wire();
      const { events, pids } = await exchange({
        tool: 'tcpretrans',
        flags: ['--netns', `${lab.a.netns}`],
        steps: 'send 0 3000 sleep 900 close 0',
        meanwhile: () => wire.drop({ kinds: ['DATA'], most: 2 }),
      });
      assert.ok(events.length > 0);
      for (const { pid, mptcp, remote_port } of events)
        assert.deepEqual([pid, mptcp, remote_port], [pids.near, 'subflow', PORT]);
    });

    for (const isOlder of [false, true])
      it(`tells what is dropped of a subflow${isOlder ? ' that is older than the trace' : ''}`, async () => {
        const { v4 } = lab.b.address;
        const { events, pids } = await exchange({
          tool: 'tcpdrop',
          flags: ['--netns', `${lab.a.netns}`],
          steps: 'send 0 3000 sleep 300 reset 0',
          isOlder,
          meanwhile: () => lab.a.shell(`ip route add blackhole ${v4}`),
        });
        assert.ok(events.length > 0);
        for (const { pid, mptcp, remote_addr, direction } of events)
          assert.deepEqual([pid, mptcp, remote_addr, direction], [pids.near, 'subflow', v4, 'sent']);
      });

    it('has the round-trip times of subflows apart, by the process that has the connection', async () => {
      const { events, pids } = await exchange({ tool: 'tcprtt', flags: ['--by-process', '--by-mptcp'], steps: whole });
      assert.deepEqual(
        events.map(({ pid, mptcp }) => `${pid} ${mptcp}`).sort(),
        [`${pids.near} subflow`, `${pids.far} subflow`].sort(),
      );
    });
  });
});
