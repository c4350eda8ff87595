import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { NetLab, REFUSED_PORT } from '../helpers/net.js';
import { fewer, patient } from '../helpers/patience.js';
import { type CallEvent, traceSteps } from '../helpers/socket-events.js';
import { type Step, socketsWords, stepOf } from '../helpers/sockets.js';
import { Trace } from '../helpers/trace.js';

interface ConnectEvent extends CallEvent {
  outcome: string;
  latency?: number;
}

const outcomeOf = ({ outcome, error }: ConnectEvent) => `${outcome} ${error ?? 0}`;

const ALARM_MS = patient(100);

/** The alarm is set before the connect begins: how long before is up to the scheduler. */
function isMostOfAlarm(event: ConnectEvent | undefined, { from, to }: Pick<Step, 'from' | 'to'>): void {
  const latency = event?.latency ?? 0;
  assert.ok(latency > 0.5e6 * ALARM_MS && latency <= to - from, `${latency} ns of ${to - from}`);
}

describe('tcpconnect', () => {
  let trace: Trace<ConnectEvent>;
  let lab: NetLab | undefined;
  before(function () {
    needs(this, 'root');
    trace = new Trace('tcpconnect');
  });
  after(() => trace?.remove());

  const connects = (flags: readonly string[], ...steps: (string | number)[]) => traceSteps(trace, flags, steps);
  async function one(flags: readonly string[], ...steps: (string | number)[]): Promise<[ConnectEvent, Step[]]> {
    const { events, told: done } = await connects(flags, ...steps);
    assert.equal(events.length, 1, JSON.stringify(events));
    return [events[0] as ConnectEvent, done];
  }

  for (const [name, address, seen, family] of [
    ['IPv4', '127.0.0.1', '127.0.0.1', 'ipv4'],
    ['IPv6', '::1', '::1', 'ipv6'],
    ['IPv4 on an IPv6 socket', '::ffff:127.0.0.1', '127.0.0.1', 'ipv6'],
  ] as const)
    describe(name, () => {
      before(function () {
        if (name !== 'IPv4') needs(this, 'ipv6');
      });

      for (const how of ['', ' nonblock'])
        it(`shows one that is established${how}`, async () => {
          const [event, steps] = await one([], `listen 0 ${address} 0 connect 1 ${address} @0${how} connected 1`);
          const { pid, local_port, remote_port } = stepOf(steps, 'connected');
          assert.deepEqual(
            [event.event, event.pid, event.comm, event.local_port, event.remote_port, event.ret, outcomeOf(event)],
            ['tcp_connect', pid, 'sockets', local_port, remote_port, 0, 'established 0'],
          );
          assert.deepEqual([event.local_addr, event.remote_addr, event.family], [seen, seen, family]);
          assert.ok((event.latency ?? 0) > 0);
        });

      for (const how of ['', ' nonblock'])
        it(`shows one that is refused${how}`, async () => {
          const [event, steps] = await one([], `connect 1 ${address} ${REFUSED_PORT}${how}${how && ' connected 1'}`);
          assert.equal(stepOf(steps, how ? 'connected' : 'connect').error, 'ECONNREFUSED');
          assert.deepEqual([outcomeOf(event), event.ret], ['refused ECONNREFUSED', -111]);
          assert.deepEqual([event.remote_addr, event.remote_port, event.family], [seen, REFUSED_PORT, family]);
          assert.equal(event.pid, steps[0]?.pid);
        });
    });

  it('tells a wait that a signal ended from one that was given up', async () => {
    // The queue of one is full: what comes then gets no answer.
    const full = 'listen 0 127.0.0.1 0 backlog 0 connect 1 127.0.0.1 @0';
    const last = async (steps: string) => {
      const { events, told } = await connects([], full, steps);
      assert.equal(events.length, 2, JSON.stringify(events));
      const [{ from }, { to }] = [stepOf(told, 'connect', 2), stepOf(told, 'close', 2)];
      return { event: events[1] as ConnectEvent, from, to };
    };
    const { event, ...attempt } = await last(`alarm ${ALARM_MS} connect 2 127.0.0.1 @0 close 2`);
    assert.equal(outcomeOf(event), 'interrupted EINTR');
    isMostOfAlarm(event, attempt);
    const { event: closed } = await last('connect 2 127.0.0.1 @0 nonblock sleep 30 close 2');
    assert.equal(outcomeOf(closed), 'closed EINPROGRESS');
  });

  it('shows the outcome of one that was interrupted and came about after all', async () => {
    const { events, told } = await connects(
      [],
      'listen 0 127.0.0.1 0 backlog 0 connect 1 127.0.0.1 @0',
      `alarm ${ALARM_MS} connect 2 127.0.0.1 @0 accept 3 0 connected 2 close 2`,
    );
    assert.deepEqual(events.map(outcomeOf), ['established 0', 'established 0']);
    const [{ from }, { to }] = [stepOf(told, 'connect', 2), stepOf(told, 'connected', 2)];
    isMostOfAlarm(events[1], { from, to });
  });

  it('shows one of a process that is killed while it waits', async () => {
    const { events } = await connects(
      ['-f'],
      `listen 0 127.0.0.1 0 backlog 0 connect 1 127.0.0.1 @0 fork ( alarm ${ALARM_MS} connect 2 127.0.0.1 @0 kill ) wait`,
    );
    assert.equal(events.length, 2, JSON.stringify(events));
    assert.equal(outcomeOf(events[1] as ConnectEvent), 'interrupted EINTR');
  });

  it('shows each attempt on the same socket', async () => {
    const { events } = await connects(
      [],
      `listen 0 127.0.0.1 0 socket 1 tcp4 connect 1 127.0.0.1 ${REFUSED_PORT} connect 1 127.0.0.1 @0 connect 1 127.0.0.1 @0`,
    );
    assert.deepEqual(events.map(outcomeOf), ['refused ECONNREFUSED', 'established 0']);
  });

  it('belongs to who connects, not to who has the socket later', async () => {
    const [event, steps] = await one(
      ['-f'],
      'listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 pass 1 ( send 1 5 close 1 ) wait',
    );
    assert.equal(event.pid, stepOf(steps, 'connect').pid);
    const [threaded, its] = await one([], 'listen 0 127.0.0.1 0 thread ( connect 1 127.0.0.1 @0 ) wait');
    assert.deepEqual([threaded.pid, threaded.tid], [stepOf(its, 'connect').pid, stepOf(its, 'connect').tid]);
    assert.notEqual(threaded.tid, threaded.pid);
  });

  it('shows with --failed and --min-latency no others', async () => {
    const steps = `listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 connect 2 127.0.0.1 ${REFUSED_PORT}`;
    assert.deepEqual((await connects(['-x'], steps)).events.map(outcomeOf), ['refused ECONNREFUSED']);
    assert.deepEqual((await connects(['--min-latency', '10s'], steps)).events, []);
    assert.equal((await connects(['--remote-port', `${REFUSED_PORT}`], steps)).events.length, 1);
  });

  it('counts, with --count, by destination and outcome', async () => {
    const { events } = await connects(
      ['--count'],
      `listen 0 127.0.0.1 21996 connect-close 127.0.0.1 @0 30 ${`connect 1 127.0.0.1 ${REFUSED_PORT} `.repeat(3)}`,
    );
    const rows = events as unknown as (ConnectEvent & { count: number })[];
    assert.deepEqual(
      rows.map(({ event, comm, remote_addr, remote_port, outcome, count }) =>
        [event, comm, remote_addr, remote_port, outcome, count].join(' '),
      ),
      [
        'tcp_connect_count sockets 127.0.0.1 21996 established 30',
        `tcp_connect_count sockets 127.0.0.1 ${REFUSED_PORT} refused 3`,
      ],
    );
  });

  it('loses none of thousands in a row', async () => {
    const { events, told } = await connects(
      [],
      `listen 0 127.0.0.1 0 connect-close 127.0.0.1 @0 ${fewer(5000)} reset connect-close 127.0.0.1 ${REFUSED_PORT} 1`,
    );
    const ports = told.find(({ step }) => step === 'connect-close')?.ports ?? [];
    assert.deepEqual(
      events.slice(0, -1).map(({ local_port }) => local_port),
      ports,
    );
    assert.ok(events.slice(0, -1).every((event) => outcomeOf(event) === 'established 0'));
    assert.equal(events.at(-1)?.outcome, 'refused');
  });

  describe('over a wire', () => {
    before(function () {
      for (const name of ['netns', 'veth'] as const) needs(this, name);
      lab = new NetLab();
      lab.a.sysctl({ 'net.ipv4.tcp_syn_retries': 1 });
    });
    after(() => lab?.remove());

    const inLab = async (flags: readonly string[], ...steps: (string | number)[]) =>
      (await trace.run(flags, (lab as NetLab).a.words(socketsWords(...steps)), { timeout: 30_000 })).events;

    for (const version of ['v4', 'v6'] as const) {
      for (const how of ['', ' nonblock'])
        it(`shows one that times out${how}, ${version}`, async function () {
          if (version === 'v6') needs(this, 'ipv6');
          this.timeout(patient(20_000));
          const address = (lab as NetLab).blackHole[version];
          const [event, ...more] = await inLab([], `connect 1 ${address} 5000${how}${how && ' connected 1'}`);
          assert.deepEqual(more, []);
          assert.ok(event);
          assert.equal(outcomeOf(event), 'timed_out ETIMEDOUT');
          assert.deepEqual([event.remote_addr, event.remote_port, event.comm], [address, 5000, 'sockets']);
          assert.ok((event.latency ?? 0) > 2e9, `${event.latency}`);
        });

      it(`shows one that fails at once, for want of a way, ${version}`, async function () {
        if (version === 'v6') needs(this, 'ipv6');
        const { unreachable, hostUnreachable } = lab as NetLab;
        const events = await inLab(
          [],
          `connect 1 ${unreachable[version]} 5000 connect 2 ${hostUnreachable[version]} 5001 nonblock`,
        );
        assert.deepEqual(events.map(outcomeOf), ['unreachable ENETUNREACH', 'unreachable EHOSTUNREACH']);
        assert.deepEqual(
          events.map(({ remote_addr, remote_port, latency }) => [remote_addr, remote_port, latency]),
          [
            [unreachable[version], 5000, undefined],
            [hostUnreachable[version], 5001, undefined],
          ],
        );
        assert.deepEqual(await inLab(['-P', '4999'], `connect 1 ${unreachable[version]} 5000`), []);
      });
    }

    it('has the network namespace', async () => {
      const { a } = lab as NetLab;
      const { netns } = a;
      const steps = `connect 1 ${a.address.v4} ${REFUSED_PORT}`;
      const [event] = await inLab(['--netns', `${netns}`], steps);
      assert.equal(event?.netns, netns);
      assert.deepEqual(await inLab(['--netns', '1'], steps), []);
    });
  });
});
