import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { needs } from '../capability.js';
import { kernelIsSince } from '../helpers/kernel.js';
import { NetLab } from '../helpers/net.js';
import { patient } from '../helpers/patience.js';
import type { CallEvent } from '../helpers/socket-events.js';
import { doSteps, parseSteps, type Step, socketsWords, stepOf } from '../helpers/sockets.js';
import { Trace } from '../helpers/trace.js';
import { type Drop, type Packet, sentAgain, type Wire } from '../helpers/wire.js';

const PORT = 5000;
const PAYLOAD = 60_000;

interface RetransmitEvent extends CallEvent {
  state: string;
  kind: string;
  seq: number;
  length: number;
  congestion: string;
  timeouts: number;
  retransmits: number;
  stack?: string[];
}

/** Whether the kernel tells of what it could not send. */
const TELLS_FAILURES = kernelIsSince(6, 17);

describe('tcpretrans', () => {
  let trace: Trace<RetransmitEvent>;
  let lab: NetLab;
  /** Packets that arrive at the server, and at the client. */
  let there: Wire;
  let back: Wire;

  before(function () {
    for (const capability of ['root', 'netns', 'veth'] as const) needs(this, capability);
    trace = new Trace('tcpretrans');
  });
  after(() => trace?.remove());
  beforeEach(async () => {
    lab = new NetLab();
    [there, back] = [await lab.b.wire(), await lab.a.wire()];
  });
  afterEach(() => lab?.remove());

  interface Exchange {
    flags?: readonly string[];
    family?: 'v4' | 'v6' | 'mapped';
    /** What a does once it is connected, and before that. */
    steps?: readonly string[];
    first?: string;
    drop?: Drop;
    dropBack?: Drop;
  }

  /** Traces while a sends something to b, over a wire that loses some of it. */
  async function exchange({ flags = [], family = 'v4', steps = [], first = '', drop, dropBack }: Exchange) {
    const { v4, v6 } = lab.b.address;
    const address = family === 'v6' ? v6 : v4;
    const server = lab.b.start(socketsWords('listen 0', address, PORT, 'accept 1 0 recv-all 1 close 1'));
    await server.says(/"listen"/, 'stdout');
    let told: Step[] = [];
    const filter = flags.length > 0 ? flags : ['--netns', `${lab.a.netns}`];
    const { events } = await trace.during(filter, async () => {
      if (drop) await there.drop(drop);
      if (dropBack) await back.drop(dropBack);
      const begin = `${first} connect 0 ${family === 'mapped' ? `::ffff:${v4}` : address} ${PORT}`.trim();
      told = await doSteps([begin, ...steps], { before: lab.a.words([]) });
    });
    const served = parseSteps((await server.finished).stdout);
    return { events, told, served, packets: await there.packets(), connect: stepOf(told, 'connect') };
  }

  /** Sees that the events are the packets that came by twice, all of them, and no others. */
  function agree(events: readonly RetransmitEvent[], packets: readonly Packet[]) {
    const place = ({ seq, length }: { seq: number; length: number }) => `${seq}+${length}`;
    const again = sentAgain(packets);
    // A large piece is one event, and goes out in packets.
    const covered = events.flatMap((event) => {
      const found: Packet[] = [];
      for (let seq = event.seq, left = event.length; found.length === 0 || left > 0; ) {
        const packet = again.find((candidate) => candidate.seq === seq && !found.includes(candidate));
        assert.ok(packet, `${place(event)} is not among ${again.map(place)}`);
        found.push(packet);
        seq = (seq + packet.length) >>> 0;
        left -= packet.length;
        assert.ok(left >= 0, place(event));
      }
      return found;
    });
    assert.deepEqual(covered.map(place), again.map(place));
  }

  const kinds = (events: readonly RetransmitEvent[]) => events.map(({ kind }) => kind);
  const quick = ['send 0 100 drain 0 info 0 close 0'];
  const withoutProbes = () => lab.a.sysctl({ 'net.ipv4.tcp_early_retrans': 0 });

  for (const family of ['v4', 'v6', 'mapped'] as const)
    it(`shows a loss probe, of ${family}`, async function () {
      if (family !== 'v4') needs(this, 'ipv6');
      const { events, packets, connect, told } = await exchange({
        family,
        steps: quick,
        drop: { kinds: ['DATA'], most: 1 },
      });
      agree(events, packets);
      const lost = packets.find(({ dropped }) => dropped);
      const [event] = events;
      const address = family === 'v6' ? 'v6' : 'v4';
      assert.deepEqual(event && { ...event, time: '', ppid: 0, tid: 0, uid: 0, user: '', cgroup: '' }, {
        event: 'tcp_retransmit',
        time: '',
        pid: connect.pid,
        tid: 0,
        ppid: 0,
        uid: 0,
        user: '',
        comm: 'sockets',
        thread_comm: 'sockets',
        cgroup: '',
        local_addr: lab.a.address[address],
        local_port: connect.local_port,
        remote_addr: lab.b.address[address],
        remote_port: PORT,
        netns: lab.a.netns,
        family: family === 'v4' ? 'ipv4' : 'ipv6',
        state: 'ESTABLISHED',
        kind: 'loss_probe',
        ret: 0,
        seq: lost?.seq,
        length: 100,
        congestion: 'Open',
        timeouts: 0,
        retransmits: 1,
      });
      assert.deepEqual([events.length, stepOf(told, 'info').retrans], [1, 1]);
    });

  it('shows a timeout', async () => {
    withoutProbes();
    const { events, packets, connect } = await exchange({ steps: quick, drop: { kinds: ['DATA'], most: 2 } });
    agree(events, packets);
    assert.deepEqual(
      events.map(({ kind, congestion, timeouts, retransmits }) => [kind, congestion, timeouts, retransmits]),
      [
        ['rto', 'Loss', 1, 1],
        ['rto', 'Loss', 2, 2],
      ],
    );
    assert.ok(events.every(({ pid }) => pid === connect.pid));
  });

  it('shows what follows a timeout', async () => {
    withoutProbes();
    const { events, packets, told } = await exchange({
      steps: ['send 0 10000 drain 0 info 0 close 0'],
      drop: { kinds: ['DATA'], most: 7 },
    });
    agree(events, packets);
    assert.equal(events[0]?.kind, 'rto');
    assert.deepEqual(new Set(kinds(events.slice(1))), new Set(['after_rto']));
    assert.equal(events.at(-1)?.retransmits, stepOf(told, 'info').retrans);
  });

  for (const family of ['v4', 'v6'] as const)
    it(`shows fast retransmissions, of ${family}`, async function () {
      if (family === 'v6') needs(this, 'ipv6');
      const { events, packets, connect, told } = await exchange({
        family,
        steps: [`send 0 ${PAYLOAD} drain 0 info 0 close 0`],
        drop: { kinds: ['DATA'], every: 7, most: 3 },
      });
      agree(events, packets);
      const lost = packets.filter(({ dropped }) => dropped);
      assert.equal(lost.length, 3);
      for (const { seq } of lost) assert.ok(events.some((event) => event.kind === 'fast' && event.seq <= seq));
      for (const { kind, congestion, pid } of events)
        if (kind === 'fast') assert.deepEqual([congestion, pid], ['Recovery', connect.pid]);
      assert.equal(events.at(-1)?.retransmits, stepOf(told, 'info').retrans);
    });

  it('shows a SYN', async () => {
    const { events, packets, connect } = await exchange({ steps: ['close 0'], drop: { kinds: ['SYN'], most: 1 } });
    agree(events, packets);
    const shown = events.map(({ kind, state, pid, length, timeouts }) => [kind, state, pid, length, timeouts]);
    assert.deepEqual(shown, [['syn', 'SYN_SENT', connect.pid, 0, 1]]);
    assert.equal(events[0]?.local_port, connect.local_port);
  });

  for (const family of ['v4', 'v6'] as const)
    it(`shows the answer to a SYN, of ${family}`, async function () {
      if (family === 'v6') needs(this, 'ipv6');
      const { events, served, connect } = await exchange({
        flags: ['--netns', `${lab.b.netns}`],
        family,
        steps: ['close 0'],
        dropBack: { kinds: ['SYN'], most: 1 },
      });
      agree(events, await back.packets());
      const listen = stepOf(served, 'listen');
      for (const [i, event] of events.entries()) {
        assert.deepEqual([event.kind, event.state, event.pid], ['synack', 'SYN_RECV', listen.pid]);
        assert.deepEqual([event.local_addr, event.local_port], [lab.b.address[family], PORT]);
        assert.deepEqual([event.remote_addr, event.remote_port], [lab.a.address[family], connect.local_port]);
        assert.deepEqual([event.retransmits, event.length, event.netns], [i + 1, 0, lab.b.netns]);
      }
      assert.ok(events.length >= 1);
    });

  it('shows a FIN', async () => {
    const { events, packets } = await exchange({
      steps: ['send 0 10 drain 0 shutdown 0 wr drain 0 close 0'],
      drop: { kinds: ['FIN'], most: 1 },
    });
    agree(events, packets);
    assert.deepEqual(
      events.map(({ state, length }) => [state, length]),
      [['FIN_WAIT1', 0]],
    );
  });

  it('shows what could not be sent', async () => {
    withoutProbes();
    const failed = async (...flags: string[]) => {
      await there.mend();
      const server = lab.b.start(socketsWords('listen 0', lab.b.address.v4, PORT, 'accept 1 0 recv-all 1'));
      await server.says(/"listen"/, 'stdout');
      const client = lab.a.start(socketsWords('connect 0', lab.b.address.v4, PORT, 'hold send 0 10 hold'));
      await client.says(/"hold"/, 'stdout');
      const { events } = await trace.during(['--netns', `${lab.a.netns}`, ...flags], async () => {
        await there.drop({ kinds: ['DATA'] });
        client.child.stdin?.write('x');
        await client.says(/"send"/, 'stdout');
        lab.a.shell(`tc qdisc add dev ${lab.a.device} root bfifo limit 1`);
        await sleep(patient(1000));
        lab.a.shell(`tc qdisc delete dev ${lab.a.device} root`);
      });
      client.kill();
      server.kill();
      await Promise.allSettled([client.finished, server.finished]);
      return events.filter(({ ret }) => ret !== 0);
    };
    const events = [...(await failed()), ...(await failed('-x'))];
    assert.ok(TELLS_FAILURES ? events.length >= 2 : events.length === 0, `${events.length}`);
    for (const { kind, error } of events) assert.deepEqual([kind, error], ['rto', 'ENOBUFS']);
  });

  it('counts, with --count, by destination and kind', async () => {
    withoutProbes();
    const { events } = await exchange({
      flags: ['--netns', `${lab.a.netns}`, '--count'],
      steps: quick,
      drop: { kinds: ['DATA'], most: 2 },
    });
    const rows = events as unknown as (RetransmitEvent & { event: string; count: number; bytes: number })[];
    assert.deepEqual(
      rows.map(({ event, comm, kind, remote_addr, count, bytes }) => [event, comm, kind, remote_addr, count, bytes]),
      [['tcp_retransmit_count', 'sockets', 'rto', lab.b.address.v4, 2, 200]],
    );
  });

  it('shows the stack where it is asked for', async () => {
    const options = { steps: quick, drop: { kinds: ['DATA'] as const, most: 1 } };
    const { events } = await exchange({ ...options, flags: ['--netns', `${lab.a.netns}`, '--stack'] });
    const [event] = events;
    assert.equal(event?.kind, 'loss_probe');
    const names = event?.stack?.map((name) => name.replace(/\+0x[0-9a-f]+( \[\w+\])?$/, '')) ?? [];
    assert.match(names[0] ?? '', /^(__)?tcp_(retransmit_skb|send_loss_probe|transmit_skb)/);
    assert.ok(names.includes('tcp_write_timer') || names.includes('tcp_write_timer_handler'), `${names}`);
  });

  it('has the filters', async function () {
    this.timeout(patient(60_000));
    const seen = async (...flags: string[]) => {
      await there.mend();
      const { events } = await exchange({ flags, steps: quick, drop: { kinds: ['DATA'], most: 1 } });
      return events.filter((event) => event.netns === lab.a.netns).length;
    };
    assert.equal(await seen('-p', `${process.pid}`), 0);
    assert.equal(await seen('-n', 'ocket'), 1);
    assert.equal(await seen('-P', `${PORT}`), 1);
    assert.equal(await seen('--local-port', `${PORT}`), 0);
    assert.equal(await seen('-4', '-P', `${PORT}`), 1);
    assert.equal(await seen('-6', '-P', `${PORT}`), 0);
    assert.equal(await seen('--netns', `${lab.b.netns}`), 0);
    assert.equal(await seen('--remote-addr', lab.b.address.v4), 1);
    assert.equal(await seen('-x', '-P', `${PORT}`), 0);
  });

  it('belongs to the command that is traced', async () => {
    const server = lab.b.start(socketsWords('listen 0', lab.b.address.v4, PORT, 'accept 1 0 recv-all 1'));
    await server.says(/"listen"/, 'stdout');
    await there.drop({ kinds: ['DATA'], most: 1 });
    const steps = socketsWords('connect 0', lab.b.address.v4, PORT, ...quick);
    const { events, stdout } = await trace.run(['-f'], lab.a.words(steps));
    const pid = stepOf(parseSteps(stdout), 'connect').pid;
    assert.deepEqual(
      events.map((event) => [event.kind, event.pid]),
      [['loss_probe', pid]],
    );
    await server.finished;
  });
});
