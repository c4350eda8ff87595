import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { fewer, patient } from '../helpers/patience.js';
import { type CallEvent, traceSteps } from '../helpers/socket-events.js';
import { socketsWords, stepOf } from '../helpers/sockets.js';
import { Trace } from '../helpers/trace.js';

interface AcceptEvent extends CallEvent {
  waiting: number;
  backlog: number;
}

describe('tcpaccept', () => {
  let trace: Trace<AcceptEvent>;
  before(function () {
    needs(this, 'root');
    trace = new Trace('tcpaccept');
  });
  after(() => trace?.remove());

  const accepts = (flags: readonly string[], ...steps: (string | number)[]) => traceSteps(trace, flags, steps);

  for (const [name, address, seen, family] of [
    ['IPv4', '127.0.0.1', '127.0.0.1', 'ipv4'],
    ['IPv6', '::1', '::1', 'ipv6'],
    ['IPv4 on an IPv6 socket', '::ffff:127.0.0.1', '127.0.0.1', 'ipv6'],
  ] as const)
    it(`shows who accepts whom: ${name}`, async function () {
      if (name !== 'IPv4') needs(this, 'ipv6');
      const { events, told } = await accepts([], `listen 0 ${address} 0 connect 1 ${address} @0 accept 2 0`);
      const { pid, tid, ret, local_port, remote_port } = stepOf(told, 'accept');
      assert.equal(events.length, 1);
      const [event] = events as [AcceptEvent];
      assert.deepEqual(
        [event.event, event.pid, event.tid, event.comm, event.ret, event.local_port, event.remote_port],
        ['tcp_accept', pid, tid, 'sockets', ret, local_port, remote_port],
      );
      assert.deepEqual([event.local_addr, event.remote_addr, event.family], [seen, seen, family]);
    });

  it('tells how many still wait, and how many may', async () => {
    const connects = [1, 2, 3].map((slot) => `connect ${slot} 127.0.0.1 @0`).join(' ');
    const { events } = await accepts([], `listen 0 127.0.0.1 0 backlog 7 ${connects} accept 4 0 accept 5 0 accept 6 0`);
    assert.deepEqual(
      events.map(({ waiting, backlog }) => [waiting, backlog]),
      [
        [2, 7],
        [1, 7],
        [0, 7],
      ],
    );
  });

  it('knows the worker, and the thread', async () => {
    const { events, told } = await accepts(
      ['-f'],
      'listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 connect 2 127.0.0.1 @0',
      'fork ( accept 3 0 exit ) wait thread ( accept 4 0 ) wait',
    );
    assert.deepEqual(
      events.map(({ pid, tid }) => [pid, tid]),
      [stepOf(told, 'accept', 3), stepOf(told, 'accept', 4)].map(({ pid, tid }) => [pid, tid]),
    );
    assert.notEqual(events[0]?.pid, events[1]?.pid);
    assert.notEqual(events[1]?.pid, events[1]?.tid);
  });

  it('shows failures with their error, with --failed these alone', async () => {
    const steps = socketsWords(
      'listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 connect 2 127.0.0.1 @0 accept 3 0 accept 4 0',
    );
    // Room for one more descriptor beside those of the sockets.
    const limited = ['sh', '-c', 'ulimit -n 7; exec "$@"', 'sh', ...steps];
    const { events } = await trace.run([], limited);
    assert.deepEqual(
      events.map(({ error, remote_port }) => [error, remote_port > 0]),
      [
        [undefined, true],
        ['EMFILE', false],
      ],
    );
    assert.ok((events[1]?.local_port ?? 0) > 0);
    assert.deepEqual(
      (await trace.run(['-x'], limited)).events.map(({ error }) => error),
      ['EMFILE'],
    );
  });

  it('sees no sockets but those of TCP, and no want of connections', async () => {
    const steps = `listen 0 127.0.0.1 0 alarm ${patient(30)} accept 1 0`;
    assert.deepEqual((await accepts([], steps)).events, []);
  });

  it('filters by port and by process', async () => {
    const steps = 'listen 0 127.0.0.1 21998 connect 1 127.0.0.1 @0 accept 2 0';
    const shown = async (...flags: string[]) => (await accepts(flags, steps)).events.length;
    assert.equal(await shown('--local-port', '21998'), 1);
    assert.equal(await shown('--remote-port', '21998'), 0);
    assert.equal(await shown('-n', 'nobody'), 0);
    assert.equal(await shown('-6'), 0);
  });

  it('loses none of thousands', async () => {
    const { events, told } = await accepts([], `listen 0 127.0.0.1 0 connect-close 127.0.0.1 @0 ${fewer(3000)}`);
    assert.deepEqual(
      events.map(({ remote_port }) => remote_port),
      stepOf(told, 'connect-close').ports,
    );
  });
});
