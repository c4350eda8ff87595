import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { NetLab } from '../helpers/net.js';
import { Running } from '../helpers/run.js';
import { type SocketEvent, traceSteps } from '../helpers/socket-events.js';
import { doSteps, parseSteps, socketsWords, stepOf } from '../helpers/sockets.js';
import { Trace } from '../helpers/trace.js';

interface StateEvent extends SocketEvent {
  from: string;
  to: string;
  lasted?: number;
}

const CLIENT = [
  'CLOSE SYN_SENT',
  'SYN_SENT ESTABLISHED',
  'ESTABLISHED FIN_WAIT1',
  'FIN_WAIT1 FIN_WAIT2',
  'FIN_WAIT2 CLOSE',
];
const SERVER = [
  'LISTEN SYN_RECV',
  'SYN_RECV ESTABLISHED',
  'ESTABLISHED CLOSE_WAIT',
  'CLOSE_WAIT LAST_ACK',
  'LAST_ACK CLOSE',
];

describe('tcpstates', () => {
  let trace: Trace<StateEvent>;
  before(function () {
    needs(this, 'root');
    trace = new Trace('tcpstates');
  });
  after(() => trace?.remove());

  const states = (flags: readonly string[], ...steps: (string | number)[]) => traceSteps(trace, flags, steps);
  const changes = (events: readonly StateEvent[]) => events.map(({ from, to }) => `${from} ${to}`);
  /** What one of the sockets went through, by its own port and the other's. */
  const side = (events: readonly StateEvent[], local: number, remote: number) =>
    events.filter((e) => e.local_port === local && e.remote_port === remote);

  for (const [family, address, seen, socket] of [
    ['IPv4', '127.0.0.1', '127.0.0.1', 'ipv4'],
    ['IPv6', '::1', '::1', 'ipv6'],
    ['IPv4 on an IPv6 socket', '::ffff:127.0.0.1', '127.0.0.1', 'ipv6'],
  ] as const)
    it(`follows both ends from state to state: ${family}`, async function () {
      if (address === '::1') needs(this, 'ipv6');
      const { events, told } = await states(
        [],
        `listen 0 ${address} 0 connect 1 ${address} @0 accept 2 0`,
        'close 1 await-state 2 CLOSE_WAIT close 2 close 0',
      );
      const { pid, local_port: port = 0, remote_port: server = 0 } = stepOf(told, 'connect', 1);
      const [listens, ceases] = events.filter(({ remote_port }) => remote_port === 0);
      assert.equal(`${listens?.from} ${listens?.to}`, 'CLOSE LISTEN');
      assert.equal(`${ceases?.from} ${ceases?.to}`, 'LISTEN CLOSE');
      assert.ok((ceases?.lasted ?? 0) > 0);
      // The port is chosen after the first change.
      const client = events.filter((e) => e.remote_port === server && (e.local_port === port || e.from === 'CLOSE'));
      assert.deepEqual(changes(client), CLIENT);
      assert.deepEqual(changes(side(events, server, port)), SERVER);
      assert.equal(events.length, 2 + CLIENT.length + SERVER.length);
      for (const event of events) {
        assert.deepEqual([event.event, event.pid, event.comm, event.family], ['tcp_state', pid, 'sockets', socket]);
        assert.equal(event.local_addr, seen);
      }
      for (const event of [...client.slice(1), ...side(events, server, port).slice(1)]) {
        assert.ok((event.lasted ?? 0) > 0, JSON.stringify(event));
        assert.equal(event.remote_addr, seen);
      }
    });

  it('tells connection by connection how long a state lasted', async () => {
    const { events, told } = await states(
      [],
      'listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 accept 2 0 sleep 120 close 1 sleep 120 close 2',
    );
    const { local_port: port = 0, remote_port: server = 0 } = stepOf(told, 'connect', 1);
    const stay = side(events, port, server).find(({ from }) => from === 'ESTABLISHED');
    const wait = side(events, server, port).find(({ from }) => from === 'CLOSE_WAIT');
    // The other end learns of a change when the kernel has time to deliver it.
    for (const event of [stay, wait]) assert.ok((event?.lasted ?? 0) > 60e6, JSON.stringify(event));
  });

  it('knows whose a connection is: who accepts it, in a worker', async () => {
    const { events, told } = await states(
      ['-f'],
      'listen 0 127.0.0.1 0 fork ( accept 2 0 recv-all 2 close 2 exit ) connect 1 127.0.0.1 @0 send 1 10 close 1 wait',
    );
    const { pid, local_port: port = 0, remote_port: server = 0 } = stepOf(told, 'connect', 1);
    const worker = stepOf(told, 'accept').pid;
    assert.notEqual(worker, pid);
    assert.ok(side(events, port, server).every((event) => event.pid === pid));
    const accepted = side(events, server, port);
    assert.deepEqual(changes(accepted), SERVER);
    // Until it is accepted it belongs to who listens; the third change is at the same time as that.
    assert.deepEqual(
      [...accepted.slice(0, 2), ...accepted.slice(3)].map((event) => event.pid),
      [...[pid, pid], ...[worker, worker]],
    );
  });

  it('knows whose a connection is: who got it from another process, and uses it', async () => {
    const { events, told } = await states(
      ['-f'],
      'listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 accept 2 0 pass 1 ( send 1 5 sleep 50 close 1 ) wait recv-all 2 close 2',
    );
    const { pid, local_port: port = 0, remote_port: server = 0 } = stepOf(told, 'connect', 1);
    const child = stepOf(told, 'send', 1).pid;
    assert.notEqual(child, pid);
    const mine = side(events, port, server);
    assert.deepEqual(changes(mine), CLIENT.slice(1));
    assert.deepEqual(
      mine.map((event) => event.pid),
      [pid, child, child, child],
    );
  });

  it('knows whose sockets are that were there before', async () => {
    const [file = '', ...words] = socketsWords('listen 0 127.0.0.1 0 hold accept 1 0 recv-all 1 close 1');
    const server = new Running(file, words);
    try {
      await server.says(/"hold"/, 'stdout');
      const port = stepOf(parseSteps(server.written), 'listen').local_port ?? 0;
      const { events } = await trace.during(['-p', `${server.pid}`], async () => {
        server.child.stdin?.write('\n');
        await doSteps([`connect 0 127.0.0.1 ${port} close 0`]);
        await server.finished;
      });
      const of = (connected: boolean) => changes(events.filter(({ remote_port }) => connected === remote_port > 0));
      assert.deepEqual([of(true), of(false)], [SERVER, ['LISTEN CLOSE']]);
      for (const { pid, local_port } of events) assert.deepEqual([pid, local_port], [server.pid, port]);
    } finally {
      server.kill();
    }
  });

  describe('leaves out what is not asked for', () => {
    const both = 'listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 accept 2 0 close 1 close 2 close 0';
    const six = both.replaceAll('127.0.0.1', '::1');
    const mapped = both.replaceAll('127.0.0.1', '::ffff:127.0.0.1');
    for (const [flags, steps, count] of [
      [['-4'], both, 12],
      [['-6'], both, 0],
      [['-6'], six, 12],
      [['-4'], six, 0],
      [['-4'], mapped, 12],
      [['--addr', '127.0.0.0/8'], both, 12],
      [['--remote-addr', '127.0.0.1'], both, 10],
      [['--addr', '10.0.0.0/8'], both, 0],
      [['--addr', '::/0'], both, 12],
      [['--addr', '::1'], six, 12],
      [['--local-addr', '0.0.0.0/0'], mapped, 12],
      [['--comm', 'socke'], both, 12],
      [['--comm', 'sh'], both, 0],
      [['--netns', '1'], both, 0],
    ] as const)
      it(`${flags.join(' ')} of ${steps.split(' ')[2]}: ${count}`, async function () {
        if (steps === six) needs(this, 'ipv6');
        assert.equal((await states(flags, steps)).events.length, count);
      });

    it('by ports', async () => {
      const run = (...flags: string[]) => states(flags, both.replace(' 0 connect', ' 21999 connect'));
      const counts = [];
      for (const flags of ['-P 21999', '--local-port 21999', '--remote-port 21999', '-P 21998'])
        counts.push((await run(...flags.split(' '))).events.length);
      assert.deepEqual(counts, [12, 7, 5, 0]);
    });
  });

  it('sees connections in a network namespace of their own, and tells which', async function () {
    for (const name of ['netns', 'veth'] as const) needs(this, name);
    const lab = new NetLab();
    try {
      const command = lab.a.words(
        socketsWords('listen 0 10.77.0.1 0 connect 1 10.77.0.1 @0 accept 2 0 close 1 close 2'),
      );
      const { events } = await trace.run([], command);
      const { netns } = lab.a;
      assert.equal(events.length, 12);
      assert.deepEqual(new Set(events.map((event) => event.netns)), new Set([netns]));
      assert.equal((await trace.run(['--netns', `${netns}`], command)).events.length, 12);
    } finally {
      await lab.remove();
    }
  });
});
