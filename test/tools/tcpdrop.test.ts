import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { needs } from '../capability.js';
import { kernelIsSince } from '../helpers/kernel.js';
import { NetLab, REFUSED_PORT } from '../helpers/net.js';
import { patient } from '../helpers/patience.js';
import type { Running } from '../helpers/run.js';
import type { SocketEvent } from '../helpers/socket-events.js';
import { doSteps, parseSteps, socketsWords, stepOf } from '../helpers/sockets.js';
import { Trace } from '../helpers/trace.js';
import type { Packet, Wire } from '../helpers/wire.js';

const PORT = 5000;

interface DropEvent extends SocketEvent {
  direction: string;
  drop_reason?: string;
  state?: string;
  seq: number;
  ack: number;
  length: number;
  flags: string;
  location?: string;
  stack?: string[];
}

/** Since 5.17 the kernel says why. */
const HAS_REASONS = kernelIsSince(5, 17);
const because = (reason: string) => (HAS_REASONS ? reason : undefined);

const FLAGS = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16 } as const;
const flagsOf = ({ flags }: Packet) =>
  Object.entries(FLAGS)
    .filter(([, bit]) => flags & bit)
    .map(([name]) => name)
    .join('|');

describe('tcpdrop', () => {
  let trace: Trace<DropEvent>;
  let lab: NetLab;
  /** Packets that arrive at b. */
  let there: Wire;

  before(function () {
    for (const capability of ['root', 'netns', 'veth'] as const) needs(this, capability);
    trace = new Trace('tcpdrop');
  });
  after(() => trace?.remove());
  beforeEach(async () => {
    lab = new NetLab();
    there = await lab.b.wire();
  });
  afterEach(() => lab?.remove());

  const at = (end: 'a' | 'b') => ['--netns', `${lab[end].netns}`];

  async function serve(...steps: string[]): Promise<Running> {
    const running = lab.b.start(socketsWords(...steps));
    await running.says(/"listen"/, 'stdout');
    return running;
  }

  /** A connection from a to b, both of which wait for a byte on their standard input before they go on. */
  async function connected(client: string, server = 'hold') {
    const { v4 } = lab.b.address;
    const far = await serve('listen 0', v4, `${PORT}`, 'accept 1 0', server);
    const near = lab.a.start(socketsWords('connect 0', v4, PORT, 'hold', client, 'hold'));
    await near.says(/"hold"/, 'stdout');
    await far.says(/"accept"/, 'stdout');
    const connect = stepOf(parseSteps(near.written), 'connect');
    const pids = { near: connect.pid, far: stepOf(parseSteps(far.written), 'accept').pid };
    return {
      pids,
      connect,
      /** Lets the client go on, until it waits again. */
      go: async () => {
        near.child.stdin?.write('x');
        await near.says(/"hold"[\s\S]*"hold"/, 'stdout');
      },
      end: async () => {
        for (const running of [near, far]) running.kill();
        await Promise.allSettled([near.finished, far.finished]);
      },
    };
  }

  for (const family of ['v4', 'v6'] as const)
    it(`shows a packet for which there is no socket, of ${family}`, async function () {
      if (family === 'v6') needs(this, 'ipv6');
      let port: number | undefined;
      const { events } = await trace.during(at('b'), async () => {
        const steps = await doSteps(
          ['bind 0', lab.a.address[family], 0, 'connect 0', lab.b.address[family], REFUSED_PORT],
          {
            before: lab.a.words([]),
          },
        );
        port = stepOf(steps, 'bind').local_port;
      });
      const [packet, ...more] = await there.packets();
      assert.deepEqual(more, []);
      const [event] = events;
      assert.match(event?.location ?? '', /^tcp_v[46]_rcv(\.\w+)*\+0x[0-9a-f]+$/);
      assert.deepEqual(event && { ...event, time: '', user: '', cgroup: '', location: '' }, {
        event: 'tcp_drop',
        time: '',
        pid: 0,
        tid: 0,
        ppid: 0,
        uid: 0,
        user: '',
        comm: '',
        thread_comm: '',
        cgroup: '',
        local_addr: lab.b.address[family],
        local_port: REFUSED_PORT,
        remote_addr: lab.a.address[family],
        remote_port: port,
        netns: lab.b.netns,
        family: family === 'v4' ? 'ipv4' : 'ipv6',
        direction: 'received',
        ...(HAS_REASONS && { drop_reason: 'NO_SOCKET' }),
        seq: packet?.seq,
        ack: 0,
        length: 0,
        flags: 'SYN',
        location: '',
      });
      assert.equal(events.length, 1);
    });

  for (const [family, how, kind] of [
    ['v4', '', 'tcp4'],
    ['v6', ' nonblock', 'tcp6'],
    ['v4', '', 'mptcp4'],
  ] as const)
    it(`knows whose SYN it is that nobody listens for, of ${kind}${how}`, async function () {
      if (family === 'v6') needs(this, 'ipv6');
      if (kind === 'mptcp4') needs(this, 'mptcp');
      const host = lab.a.address[family];
      const connect = (slot: number) => `socket ${slot} ${kind} connect ${slot} ${host} ${REFUSED_PORT}${how}`;
      const steps = socketsWords(connect(1), `fork ( ${connect(2)} exit ) wait`, connect(3), 'sleep 100');
      for (const flags of [['-f'], ['-f', '-n', 'ocket']]) {
        const { events, stdout } = await trace.run(flags, lab.a.words(steps));
        const told = parseSteps(stdout).filter(({ step }) => step === 'connect');
        assert.deepEqual(
          events.map(({ pid, flags, direction, local_addr, local_port, comm }) =>
            [pid, flags, direction, local_addr, local_port, comm].join(' '),
          ),
          told.map(({ pid }) => `${pid} SYN received ${host} ${REFUSED_PORT} sockets`),
        );
        assert.ok(new Set(events.map(({ pid }) => pid)).size === 2);
      }
      // Nor is it anybody else's.
      assert.deepEqual((await trace.run(['-p', `${process.pid}`], lab.a.words(['true']))).events, []);
    });

  it('knows whose SYN it is among many at a time', async () => {
    const port = 21_999;
    const one = `${`connect 1 127.0.0.1 ${port} close 1 `.repeat(40)}exit`;
    const forks = Array.from({ length: 4 }, () => `fork ( ${one} )`);
    const { events, stdout } = await trace.run(['-f'], lab.a.words(socketsWords(...forks, 'wait')));
    const told = parseSteps(stdout).filter(({ step }) => step === 'connect');
    // Where one comes between the two steps of another, that one's SYN is nobody's; never somebody else's. The slower the
    // machine, the more often.
    assert.ok(events.length <= told.length && events.length >= 0.6 * told.length, `${events.length}`);
    assert.equal(new Set(events.map(({ pid }) => pid)).size, 4);
    for (const { pid, remote_port } of events)
      assert.ok(told.some((step) => step.pid === pid && step.local_port === remote_port));
  });

  it('shows what a filter of the socket does not let through', async () => {
    const connection = await connected('send 0 100 sleep 100', 'deafen 1 hold');
    const { events } = await trace.during(at('b'), async () => {
      await connection.go();
    });
    await connection.end();
    const data = (await there.packets()).filter(({ kind }) => kind === 'DATA');
    assert.ok(events.length > 0);
    for (const [i, event] of events.entries()) {
      const { seq, length, drop_reason, pid, state, direction, flags } = event;
      assert.deepEqual([seq, length, flags], [data[i]?.seq, 100, 'PSH|ACK']);
      assert.deepEqual([drop_reason, direction], [because('SOCKET_FILTER'), 'received']);
      assert.deepEqual([pid, state], [connection.pids.far, 'ESTABLISHED']);
    }
  });

  it('shows what came twice', async () => {
    const connection = await connected('send 0 100 sleep 700');
    const back = await lab.a.wire();
    await back.drop({ kinds: ['ACK'], most: 1 });
    const data = async () => (await there.packets()).filter(({ kind }) => kind === 'DATA');
    const { events } = await trace.during(at('b'), async () => {
      await connection.go();
      while ((await data()).length < 2) await sleep(20);
    });
    await connection.end();
    const [first, second] = await data();
    assert.equal(first?.seq, second?.seq);
    const shown = events.map(({ seq, length, drop_reason, pid, state }) => [seq, length, drop_reason, pid, state]);
    const expected = [first?.seq, 100, because('TCP_OLD_DATA'), connection.pids.far, 'ESTABLISHED'];
    // Without reasons, what a socket drops is told only by a function that not every kernel has.
    if (HAS_REASONS || shown.length > 0) assert.deepEqual(shown, [expected]);
  });

  it('shows what a queue of the device drops, as sent', async () => {
    const connection = await connected('send 0 100 sleep 500');
    const { events } = await trace.during(at('a'), async () => {
      lab.a.shell(`tc qdisc add dev ${lab.a.device} root bfifo limit 1`);
      await connection.go();
    });
    await connection.end();
    assert.ok(events.length > 0);
    for (const event of events) {
      assert.deepEqual([event.direction, event.drop_reason], ['sent', because('QDISC_DROP')]);
      assert.deepEqual([event.local_port, event.remote_port], [connection.connect.local_port, PORT]);
      assert.deepEqual([event.pid, event.state, event.length], [connection.pids.near, 'ESTABLISHED', 100]);
      assert.equal(event.seq, events[0]?.seq);
    }
  });

  it('shows what has no way out', async () => {
    const connection = await connected('send 0 100 sleep 300');
    const { events } = await trace.during(at('a'), async () => {
      lab.a.shell(`ip route add unreachable ${lab.b.address.v4}`);
      await connection.go();
    });
    await connection.end();
    assert.ok(events.length > 0);
    for (const event of events) {
      assert.deepEqual([event.direction, event.drop_reason], ['sent', because('IP_OUTNOROUTES')]);
      assert.deepEqual([event.local_addr, event.remote_addr], [lab.a.address.v4, lab.b.address.v4]);
      assert.deepEqual([event.local_port, event.remote_port], [connection.connect.local_port, PORT]);
      assert.deepEqual([event.pid, event.netns, event.length], [connection.pids.near, lab.a.netns, 100]);
    }
  });

  it('knows whom a packet was for that did not get to a socket', async () => {
    lab.b.sysctl({ 'net.ipv4.ip_early_demux': 0 });
    const connection = await connected('send 0 100 sleep 300');
    const { events } = await trace.during(at('b'), async () => {
      lab.b.sysctl({ 'net.ipv4.conf.all.rp_filter': 1 });
      lab.b.shell('ip route flush table main');
      await connection.go();
      await doSteps(
        ['bind 0', lab.a.address.v4, 7777, 'set 0 nonblock', 'connect 0', lab.b.address.v4, PORT, 'sleep 100'],
        {
          before: lab.a.words([]),
        },
      );
    });
    await connection.end();
    const packets = (await there.packets()).map((packet) => `${packet.seq} ${flagsOf(packet)}`);
    for (const { seq, flags } of events) assert.ok(packets.includes(`${seq} ${flags}`), `${seq} ${flags}`);
    const whose = new Map(events.map(({ flags, state, pid, drop_reason }) => [flags, [state, pid, drop_reason]]));
    const reason = because('IP_RPFILTER');
    assert.deepEqual(whose.get('PSH|ACK'), ['ESTABLISHED', connection.pids.far, reason]);
    assert.deepEqual(whose.get('SYN'), ['LISTEN', connection.pids.far, reason]);
  });

  it('shows for which connection a listener has no room', async () => {
    const { v4 } = lab.b.address;
    lab.b.sysctl({ 'net.ipv4.tcp_syncookies': 0 });
    const server = await serve('listen 0', v4, `${PORT}`, 'backlog 2 hold');
    const pid = stepOf(parseSteps(server.written), 'listen').pid;
    const client = lab.a.start(
      socketsWords(
        'connect 0',
        v4,
        PORT,
        'connect 1',
        v4,
        PORT,
        'hold connect 2',
        v4,
        PORT,
        'connect 3',
        v4,
        PORT,
        'hold',
      ),
    );
    await client.says(/"hold"/, 'stdout');
    const { events } = await trace.during(at('b'), async () => {
      // Two more are asked for while there is room for one, and get to it later.
      await there.drop({ kinds: ['ACK'], most: 2 });
      client.child.stdin?.write('x');
      await sleep(patient(2500));
    });
    client.kill();
    server.kill();
    await Promise.allSettled([client.finished, server.finished]);
    // What the wire loses is a drop, too.
    const own = events.filter(({ location = '' }) => !/xdp/.test(location));
    assert.ok(own.length > 0);
    for (const event of own) {
      assert.deepEqual([event.flags, event.state, event.pid, event.local_port], ['ACK', 'LISTEN', pid, PORT]);
      assert.match(event.drop_reason ?? '', /^(TCP_LISTEN_OVERFLOW|NOT_SPECIFIED|)$/);
    }
  });

  it('shows no packet that did what it was for', async () => {
    const { v4 } = lab.b.address;
    const { events } = await trace.during(['--netns', `${lab.a.netns},${lab.b.netns}`], async () => {
      const server = await serve(
        'listen 0',
        v4,
        `${PORT}`,
        'accept 1 0 recv-all 1 send 1 100000 close 1 accept 1 0 unread-close 1',
      );
      const steps = [
        'send 0 100000 shutdown 0 wr recv-all 0 close 0 connect 0',
        v4,
        PORT,
        'send 0 100 sleep 100 close 0',
      ];
      await doSteps(['connect 0', v4, PORT, ...steps], { before: lab.a.words([]) });
      await server.finished;
    });
    // Segments acknowledged late were retransmitted.
    assert.deepEqual(
      events.filter(({ drop_reason }) => drop_reason !== 'TCP_OLD_DATA'),
      [],
    );
  });

  it('counts, with --count, by reason and place', async () => {
    const connection = await connected('send 0 100 sleep 100', 'deafen 1 hold');
    const { events } = await trace.during([...at('b'), '--count'], () => connection.go());
    await connection.end();
    const rows = events as unknown as (DropEvent & { event: string; count: number })[];
    const data = (await there.packets()).filter(({ kind }) => kind === 'DATA');
    assert.deepEqual(
      rows.map(({ event, comm, direction, drop_reason }) => [event, comm, direction, drop_reason]),
      [['tcp_drop_count', 'sockets', 'received', because('SOCKET_FILTER')]],
    );
    assert.ok((rows[0]?.count ?? 0) >= 1 && (rows[0]?.count ?? 0) <= data.length);
    assert.match(rows[0]?.location ?? '', /^\w+/);
  });

  it('shows the stack where it is asked for', async () => {
    const { events } = await trace.during([...at('b'), '--stack'], () =>
      doSteps(['connect 0', lab.b.address.v4, REFUSED_PORT], { before: lab.a.words([]) }),
    );
    const names = events[0]?.stack?.map((name) => name.replace(/\+0x[0-9a-f]+( \[\w+\])?$/, '')) ?? [];
    assert.ok(names.includes('tcp_v4_rcv') && names.includes('ip_protocol_deliver_rcu'), `${names}`);
    assert.match(names[0] ?? '', /kfree_skb|skb_reason_drop|tcp_v4_rcv/);
  });

  it('has the filters', async () => {
    const seen = async (...flags: string[]) => {
      const { events } = await trace.during(flags, () =>
        doSteps(['connect 0', lab.b.address.v4, REFUSED_PORT], { before: lab.a.words([]) }),
      );
      return events.filter((event) => event.netns === lab.b.netns).length;
    };
    const port = ['-P', `${REFUSED_PORT}`];
    assert.equal(await seen(...port), 1);
    assert.equal(await seen(...port, '-4'), 1);
    assert.equal(await seen(...port, '-6'), 0);
    assert.equal(await seen(...port, ...at('a')), 0);
    assert.equal(await seen('--local-port', `${REFUSED_PORT}`, '--remote-addr', lab.a.address.v4), 1);
    assert.equal(await seen('--remote-port', `${REFUSED_PORT}`), 0);
    // It belongs to nobody.
    assert.equal(await seen(...port, '-p', `${process.pid}`), 0);
  });
});
