/** Events of connect(2) that fails before anything is sent: the destination is the requested one. */
import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { NetLab, REFUSED_PORT } from '../helpers/net.js';
import { patient } from '../helpers/patience.js';
import type { CallEvent } from '../helpers/socket-events.js';
import { parseSteps, type Step, socketsWords } from '../helpers/sockets.js';
import { Trace } from '../helpers/trace.js';

interface ConnectEvent extends CallEvent {
  outcome: string;
  latency?: number;
  mptcp?: string;
}

const place = ({ remote_addr, remote_port }: ConnectEvent) => `${remote_addr} ${remote_port}`;
/** What came of an attempt, where to, and whether a SYN has left. */
const summary = (event: ConnectEvent) =>
  [event.outcome, event.error ?? 0, place(event), event.latency === undefined ? 'no SYN' : 'SYN'].join(' ');

describe('tcpconnect: what fails at once', () => {
  let trace: Trace<ConnectEvent>;
  let lab: NetLab;
  before(function () {
    for (const name of ['root', 'netns', 'veth'] as const) needs(this, name);
    trace = new Trace('tcpconnect');
    lab = new NetLab();
    // One port for all who have none of their own.
    lab.a.sysctl({ 'net.ipv4.ip_local_port_range': '40001 40001' });
    lab.a.shell('ip route add prohibit 198.51.100.1; ip route add blackhole 198.51.100.2');
  });
  after(async () => {
    trace?.remove();
    await lab?.remove();
  });

  async function run(flags: readonly string[], ...steps: (string | number)[]) {
    const { events, stdout } = await trace.run(flags, lab.a.words(socketsWords(...steps)));
    return { events, told: parseSteps(stdout) };
  }

  /** A server at port 5000, and a connection to it that has the only port. */
  const taken = (address: string, bound = address) => `listen 0 ${bound} 5000 connect 1 ${address} 5000`;
  const errors = (told: readonly Step[]) => told.map(({ error }) => error).filter(Boolean);

  for (const [name, address, seen, needed] of [
    ['IPv4', '127.0.0.1', '127.0.0.1', undefined],
    ['IPv6', '::1', '::1', 'ipv6'],
    ['IPv4 on an IPv6 socket', '::ffff:127.0.0.1', '127.0.0.1', 'ipv6'],
  ] as const)
    for (const how of ['', ' nonblock', ' absent'])
      it(`has no local port left: ${name}${how}`, async function () {
        if (needed) needs(this, needed);
        const { events, told } = await run([], taken(address), `connect 2 ${address} 5000${how}`);
        assert.deepEqual(errors(told), ['EADDRNOTAVAIL']);
        assert.deepEqual(events.map(summary), [
          `established 0 ${seen} 5000 SYN`,
          `failed EADDRNOTAVAIL ${seen} 5000 no SYN`,
        ]);
        const [first, second] = events;
        assert.deepEqual([second?.pid, second?.family, second?.ret], [first?.pid, first?.family, -99]);
      });

  it('has no local port left: MPTCP', async function () {
    needs(this, 'mptcp');
    const { events } = await run([], taken('127.0.0.1'), 'socket 2 mptcp4 connect 2 127.0.0.1 5000');
    const [, event] = events;
    assert.deepEqual(event && [summary(event), event.mptcp], [
      'failed EADDRNOTAVAIL 127.0.0.1 5000 no SYN',
      'connection',
    ]);
  });

  it('is found by where it was to go, and by nothing else', async () => {
    const steps = [taken('127.0.0.1'), 'connect 2 127.0.0.1 5000'];
    const shown = async (...flags: string[]) => (await run(flags, ...steps)).events.map(summary);
    const failure = 'failed EADDRNOTAVAIL 127.0.0.1 5000 no SYN';
    assert.deepEqual(await shown('-x'), [failure]);
    assert.deepEqual(await shown('-x', '--remote-port', '5000'), [failure]);
    assert.deepEqual(await shown('-x', '--remote-addr', '127.0.0.0/8', '-4'), [failure]);
    assert.deepEqual(await shown('-x', '--remote-port', '0'), []);
    assert.deepEqual(await shown('-x', '--min-latency', '1ms'), []);
  });

  it('is counted by where it was to go', async () => {
    const { events } = await run(
      ['--count'],
      taken('127.0.0.1'),
      ...Array.from({ length: 3 }, () => 'connect 2 127.0.0.1 5000 close 2'),
      'connect 3 198.51.100.1 77',
    );
    const rows = events as unknown as (ConnectEvent & { count: number })[];
    assert.deepEqual(rows.map((row) => `${row.outcome} ${place(row)} ${row.count}`).sort(), [
      'established 127.0.0.1 5000 1',
      'failed 127.0.0.1 5000 3',
      'failed 198.51.100.1 77 1',
    ]);
  });

  it('tells each errno with what was asked for', async function () {
    needs(this, 'ipv6');
    const cases = [
      ['connect 1 198.51.100.1 1001', 'EACCES', '198.51.100.1 1001'],
      ['connect 2 198.51.100.2 1002 nonblock', 'EINVAL', '198.51.100.2 1002'],
      [`connect 3 ${lab.unreachable.v4} 1003`, 'ENETUNREACH', `${lab.unreachable.v4} 1003`],
      [`connect 4 ${lab.hostUnreachable.v6} 1004`, 'EHOSTUNREACH', `${lab.hostUnreachable.v6} 1004`],
      ['socket 5 tcp4 connect 5 ::1 1005', 'EAFNOSUPPORT', '::1 1005'],
      // What the kernel does not take as an address is none.
      ['connect 6 127.0.0.1 1006 length 8', 'EINVAL', '0.0.0.0 0'],
      ['connect 7 127.0.0.1 1007 length 1', 'EINVAL', '0.0.0.0 0'],
      // No device says which of the link's it is.
      ['connect 8 fe80::1 1008', 'EINVAL', 'fe80::1 1008'],
    ] as const;
    const { events, told } = await run([], ...cases.map(([steps]) => steps));
    assert.deepEqual(
      errors(told),
      cases.map(([, error]) => error),
    );
    assert.deepEqual(
      events.map((event) => `${event.error} ${place(event)} ${event.latency}`),
      cases.map(([, error, where]) => `${error} ${where} undefined`),
    );
    assert.deepEqual(
      events.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'failed'),
      ['unreachable', 'unreachable'],
    );
  });

  it('tells what asks a socket in use for another place, and not what asks for the outcome', async () => {
    const { events, told } = await run(
      [],
      'listen 0 127.0.0.1 5000 connect 1 127.0.0.1 5000 connect 1 127.0.0.1 5000 connect 1 0.0.0.0 5000',
      'connect 1 127.0.0.1 5001 connect 0 127.0.0.1 5002',
      `bind 2 ${lab.a.address.v4} 0 connect 2 ${lab.blackHole.v4} 5003 nonblock connect 2 ${lab.blackHole.v4} 5003`,
      `connect 2 ${lab.blackHole.v4} 5004 close 2`,
    );
    assert.deepEqual(errors(told), [
      ...['EISCONN', 'EISCONN', 'EISCONN', 'EISCONN'],
      ...['EINPROGRESS', 'EALREADY', 'EALREADY'],
    ]);
    assert.deepEqual(events.map(summary), [
      'established 0 127.0.0.1 5000 SYN',
      'failed EISCONN 127.0.0.1 5001 no SYN',
      'failed EISCONN 127.0.0.1 5002 no SYN',
      `failed EALREADY ${lab.blackHole.v4} 5004 no SYN`,
      `closed EINPROGRESS ${lab.blackHole.v4} 5003 SYN`,
    ]);
  });

  it('tells what fails once the socket is free again', async () => {
    const { events } = await run(
      [],
      'listen 0 127.0.0.1 5000 connect 1 127.0.0.1 5000 nonblock connected 1 disconnect 1',
      `connect 1 ${lab.unreachable.v4} 1001 connect 1 127.0.0.1 ${REFUSED_PORT} nonblock connected 1`,
    );
    assert.deepEqual(events.map(summary), [
      'established 0 127.0.0.1 5000 SYN',
      `unreachable ENETUNREACH ${lab.unreachable.v4} 1001 no SYN`,
      `refused ECONNREFUSED 127.0.0.1 ${REFUSED_PORT} SYN`,
    ]);
  });

  it('has a latency where a SYN has left, whoever ended the wait', async () => {
    const ms = patient(100);
    const { events } = await run(
      ['-f'],
      `bind 1 ${lab.a.address.v4} 0 thread ( sleep ${ms} shutdown 1 rdwr ) connect 1 ${lab.blackHole.v4} 5000 wait`,
    );
    assert.equal(events.length, 1, JSON.stringify(events));
    const [event] = events as [ConnectEvent];
    assert.equal(place(event), `${lab.blackHole.v4} 5000`);
    assert.match(`${event.error}`, /^ECONN(RESET|ABORTED)$/);
    // The thread may have begun to sleep before the connect.
    assert.ok((event.latency ?? 0) > 0.5e6 * ms, `${event.latency}`);
  });
});
