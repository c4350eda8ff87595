import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { curlWords, HttpServer, parseCurl } from '../helpers/http.js';
import { NetLab } from '../helpers/net.js';
import { fewer } from '../helpers/patience.js';
import { Running } from '../helpers/run.js';
import { type SocketEvent, traceSteps } from '../helpers/socket-events.js';
import { type Step, socketsWords, stepOf } from '../helpers/sockets.js';
import { type SsSocket, tcpSockets } from '../helpers/ss.js';
import { Trace } from '../helpers/trace.js';

interface LifeEvent extends SocketEvent {
  role: string;
  close: string;
  closed_by: string;
  retransmits: number;
  duration?: number;
  sent: number;
  received: number;
  srtt?: number;
}

/** A connection on loopback: slot 1 is the client, slot 2 the server. */
const PAIR = 'listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 accept 2 0';

describe('tcplife', () => {
  let trace: Trace<LifeEvent>;
  before(function () {
    needs(this, 'root');
    trace = new Trace('tcplife');
  });
  after(() => trace?.remove());

  const lives = (flags: readonly string[], ...steps: (string | number)[]) => traceSteps(trace, flags, steps);
  /** The record of the client, and that of the server, of the connection in slot 1. */
  function ends(events: readonly LifeEvent[], steps: readonly Step[]): [LifeEvent, LifeEvent] {
    const { local_port, remote_port } = stepOf(steps, 'connect', 1);
    assert.equal(events.length, 2, JSON.stringify(events));
    const find = (port?: number) => events.find((event) => event.local_port === port) ?? assert.fail(`port ${port}`);
    return [find(local_port), find(remote_port)];
  }
  const summary = ({ role, close, closed_by, sent, received }: LifeEvent) =>
    [role, close, closed_by, sent, received].join(' ');

  for (const [what, steps, client, server] of [
    ['nothing is sent', 'close 1 close 2', 'client fin us 0 0', 'server fin peer 0 0'],
    [
      'both send, the client closes',
      'send 1 1000 recv 2 1000 send 2 7 recv 1 7 close 1 recv-all 2 close 2',
      'client fin us 1000 7',
      'server fin peer 7 1000',
    ],
    [
      'the server closes',
      'send 1 10 recv 2 10 close 2 await-state 1 CLOSE_WAIT close 1',
      'client fin peer 10 0',
      'server fin us 0 10',
    ],
    [
      'the client closes its half, and the server goes on to send',
      'send 1 100 shutdown 1 wr recv-all 2 send 2 50000 close 2 recv-all 1 close 1',
      'client fin us 100 50000',
      'server fin peer 50000 100',
    ],
    ['the client resets it', 'send 1 100 recv 2 100 reset 1 close 2', 'client rst us 100 0', 'server rst peer 0 100'],
    [
      'the server closes with unread data',
      'send 1 100 await-state 2 ESTABLISHED sleep 20 unread-close 2 close 1',
      'client rst peer 100 0',
      'server rst us 0 100',
    ],
    [
      'data comes when nobody will read it',
      'close 2 await-state 1 CLOSE_WAIT send 1 33 sleep 20 close 1',
      'client rst peer 33 0',
      'server fin us 0 0',
    ],
    ['the process just ends', 'send 1 100 recv 2 100 exit', 'client fin us 100 0', 'server fin peer 0 100'],
  ] as const)
    it(`tells how it ended, and the bytes exactly: ${what}`, async () => {
      const { events, told: done } = await lives([], PAIR, steps);
      const [mine, other] = ends(events, done);
      if (what === 'the process just ends') {
        // The end that goes first is up to the kernel.
        assert.deepEqual([mine.close, other.close], ['fin', 'fin']);
        assert.deepEqual([mine.sent, other.received], [100, 100]);
        return;
      }
      assert.equal(summary(mine), client);
      assert.equal(summary(other), server);
      for (const event of [mine, other]) {
        assert.equal(event.pid, stepOf(done, 'connect', 1).pid);
        assert.ok((event.duration ?? 0) > 0);
      }
    });

  it('tells how long it lasted', async () => {
    const { events, told } = await lives([], PAIR, 'sleep 150 close 1 close 2');
    // The other end learns of a change when the kernel has time to deliver it.
    for (const { duration = 0 } of ends(events, told)) assert.ok(duration > 75e6, `${duration}`);
  });

  it('knows the worker that accepted it, and the process that it was passed to', async () => {
    const worker = 'fork ( accept 2 0 recv-all 2 close 2 exit )';
    const { events, told } = await lives(
      ['-f'],
      `listen 0 127.0.0.1 0 ${worker} connect 1 127.0.0.1 @0 pass 1 ( send 1 5 close 1 ) wait`,
    );
    const [client, server] = ends(events, told);
    assert.equal(client.pid, stepOf(told, 'send').pid);
    assert.equal(server.pid, stepOf(told, 'accept').pid);
    assert.equal(new Set([client.pid, server.pid, stepOf(told, 'connect').pid]).size, 3);
  });

  for (const [name, address, seen, socket] of [
    ['IPv6', '::1', '::1', 'ipv6'],
    ['IPv4 on an IPv6 socket', '::ffff:127.0.0.1', '127.0.0.1', 'ipv6'],
  ] as const)
    it(`shows addresses: ${name}`, async function () {
      needs(this, 'ipv6');
      const { events } = await lives([], `${PAIR.replaceAll('127.0.0.1', address)} close 1 close 2`);
      assert.equal(events.length, 2);
      for (const { local_addr, remote_addr, family } of events)
        assert.deepEqual([local_addr, remote_addr, family], [seen, seen, socket]);
    });

  it('shows with --failed and --min-duration no others', async () => {
    const run = async (flags: string[], steps: string) => (await lives(flags, PAIR, steps)).events.length;
    assert.equal(await run(['-x'], 'close 1 close 2'), 0);
    assert.equal(await run(['-x'], 'reset 1 close 2'), 2);
    assert.equal(await run(['--min-duration', '200ms'], 'close 1 close 2'), 0);
    assert.equal(await run(['--min-duration', '200ms'], 'sleep 250 close 1 close 2'), 2);
  });

  it('says what ss says while the connection is there', async function () {
    needs(this, 'ss');
    const [file = '', ...words] = socketsWords(PAIR, 'send 1 12345 recv 2 12345 send 2 678 recv 1 678 hold');
    let seen: SsSocket[] = [];
    let pid = 0;
    const { events } = await trace.during(['-n', 'sockets'], async () => {
      const both = new Running(file, words);
      pid = both.pid;
      await both.says(/"hold"/, 'stdout');
      seen = (await tcpSockets()).filter(({ users }) => users.some((user) => user.pid === pid));
      both.child.stdin?.write('\n');
      await both.finished;
    });
    const own = events.filter((event) => event.pid === pid);
    assert.equal(own.length, 2);
    // While nobody has closed there is no FIN in the counts of ss; its acknowledged bytes have the SYN.
    for (const { local_port, remote_port, sent, received } of own) {
      const socket = seen.find((one) => one.local_port === local_port && one.remote_port === remote_port);
      assert.deepEqual([socket?.bytes_sent, socket?.bytes_received], [sent, received]);
    }
  });

  it('loses none of thousands in a row', async () => {
    const count = fewer(5000);
    const { events, told } = await lives(
      [],
      `listen 0 127.0.0.1 0 backlog 4096 connect-close 127.0.0.1 @0 ${count} reset`,
    );
    const { ports = [] } = stepOf(told, 'connect-close');
    const clients = events.filter(({ role }) => role === 'client');
    assert.deepEqual(
      clients.map(({ local_port }) => local_port),
      ports,
    );
    assert.ok(clients.every(({ close, closed_by }) => close === 'rst' && closed_by === 'us'));
  });

  describe('over a wire', () => {
    let lab: NetLab;
    before(function () {
      for (const name of ['netns', 'veth'] as const) needs(this, name);
      lab = new NetLab();
    });
    after(() => lab?.remove());

    it('tells of a timeout, when the other end is gone', async () => {
      lab.a.sysctl({ 'net.ipv4.tcp_retries2': 1 });
      const server = lab.b.start(
        socketsWords(`listen 0 ${lab.b.address.v4} 5001 accept 1 0 recv 1 10 post 1 sleep 9000`),
      );
      try {
        await server.says(/"listen"/, 'stdout');
        const steps = `connect 1 ${lab.b.address.v4} 5001 send 1 10 drain 1 hold send 1 20 await-state 1 CLOSE close 1`;
        const wire = await lab.b.wire();
        const { events } = await trace.during(['-n', 'sockets', '--remote-port', '5001'], async () => {
          const client = lab.a.start(socketsWords(steps));
          await client.says(/"hold"/, 'stdout');
          await wire.cut();
          client.child.stdin?.write('\n');
          await client.finished;
        });
        await wire.mend();
        assert.equal(events.length, 1, JSON.stringify(events));
        const [event] = events as [LifeEvent];
        assert.equal(summary(event), 'client timeout us 30 0');
        assert.ok(event.retransmits >= 1);
      } finally {
        server.kill();
      }
    });

    it('has of curl and an HTTP server what they say of themselves', async function () {
      needs(this, 'curl');
      for (const host of [lab.b.address.v4, lab.b.address.v6]) {
        const server = await HttpServer.start(host, { end: lab.b });
        try {
          const curl = lab.a.words(curlWords(server.url(300_000)));
          const { events, stdout } = await trace.run(['-p', `${server.pid}`, '-P', `${server.port}`], curl);
          const { size_request, size_download, size_header, local_port } = parseCurl(stdout);
          const answer = size_download + size_header;
          const [client, served] = ['client', 'server'].map((name) => events.find(({ role }) => role === name));
          assert.equal(events.length, 2, JSON.stringify(events));
          assert.deepEqual(
            [client?.comm, client?.remote_addr, client?.local_port, client?.sent, client?.received],
            ['curl', host, local_port, size_request, answer],
          );
          assert.deepEqual(
            [served?.pid, served?.remote_port, served?.sent, served?.received],
            [server.pid, local_port, answer, size_request],
          );
        } finally {
          await server.stop();
        }
      }
    });
  });
});
