/** Bytes that tcplife counts as sent if the network does not accept or loses them. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { needs } from '../capability.js';
import { NetLab } from '../helpers/net.js';
import { patient } from '../helpers/patience.js';
import type { Running } from '../helpers/run.js';
import type { SocketEvent } from '../helpers/socket-events.js';
import { parseSteps, socketsWords, stepOf } from '../helpers/sockets.js';
import { Trace } from '../helpers/trace.js';

interface LifeEvent extends SocketEvent {
  retransmits: number;
  retransmitted: number;
  sent: number;
  received: number;
}

const PORT = 5000;

describe('tcplife: bytes', () => {
  let trace: Trace<LifeEvent>;
  let lab: NetLab;
  before(function () {
    for (const name of ['root', 'netns', 'veth'] as const) needs(this, name);
    trace = new Trace('tcplife');
  });
  after(() => trace?.remove());
  beforeEach(() => {
    lab = new NetLab();
  });
  afterEach(() => lab?.remove());

  for (const [what, sizes, ends, isOlder, address] of [
    ['all is acknowledged in the end', [1, 1448, 53], 'drain 1 info 1 close 1', false, 'v4'],
    ['a large piece, over IPv6', [20_000], 'drain 1 info 1 close 1', false, 'v6'],
    ['a FIN follows at once', [7, 700], 'shutdown 1 wr drain 1 info 1 close 1', false, 'v4'],
    ['it is reset in the end', [100, 200], 'drain 1 info 1 reset 1', false, 'v4'],
    ['the connection is older than the trace', [300, 11], 'drain 1 info 1 close 1', true, 'v4'],
  ] as const)
    it(`counts once what a device did not take at first: ${what}`, async function () {
      if (address === 'v6') needs(this, 'ipv6');
      this.timeout(patient(60_000));
      const host = lab.b.address[address];
      const total = sizes.reduce((sum: number, size) => sum + size, 0);
      const sends = sizes.map((size) => `send 1 ${size}`).join(' ');
      const ended = { client: {} as Running, server: {} as Running };
      const begin = async () => {
        ended.server = lab.b.start(socketsWords('listen 0', host, PORT, 'accept 1 0 recv-all 1 close 1'));
        await ended.server.says(/"listen"/, 'stdout');
        ended.client = lab.a.start(
          socketsWords(
            `socket 1 tcp${address.slice(1)} set 1 nodelay connect 1 ${host} ${PORT} hold ${sends} hold ${ends}`,
          ),
        );
        await ended.client.says(/"hold"/, 'stdout');
      };
      if (isOlder) await begin();
      const { events } = await trace.during(['-n', 'sockets', '-P', `${PORT}`], async () => {
        if (!isOlder) await begin();
        // Its queue has no room for any packet.
        lab.a.shell(`tc qdisc add dev ${lab.a.device} root bfifo limit 1`);
        ended.client.child.stdin?.write('x');
        await ended.client.says(/"hold"[\s\S]*"hold"/, 'stdout');
        // On slow machines, too: after 15 tries, half a second apart, the kernel gives up.
        await sleep(1000);
        lab.a.shell(`tc qdisc delete dev ${lab.a.device} root`);
        ended.client.child.stdin?.end('x');
        await Promise.all([ended.client.finished, ended.server.finished]);
      });
      const told = parseSteps(ended.client.written);
      const { bytes_sent = 0 } = stepOf(told, 'info');
      // The kernel has counted each try.
      assert.ok(bytes_sent > total, `${bytes_sent}`);
      assert.equal(events.length, 2, JSON.stringify(events));
      const own = events.find(({ pid }) => pid === stepOf(told, 'connect').pid);
      const other = events.find((event) => event !== own);
      assert.deepEqual([own?.sent, own?.received], [total, 0]);
      assert.deepEqual([other?.sent, other?.received], [0, total]);
    });

  it('counts those of a connection that is older than the trace, at both ends', async () => {
    const steps = 'listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 accept 2 0 send 1 100 recv 2 100 send 2 9 recv 1 9 hold';
    const both = lab.a.start(socketsWords(steps, 'send 1 23 recv 2 23 close 1 recv-all 2 close 2'));
    await both.says(/"hold"/, 'stdout');
    const { events } = await trace.during(['-p', `${both.pid}`], async () => {
      both.child.stdin?.end('x');
      await both.finished;
    });
    assert.deepEqual(events.map(({ sent, received }) => `${sent} ${received}`).sort(), ['123 9', '9 123']);
  });

  for (const address of ['v4', 'v6'] as const)
    it(`counts retransmitted bytes separately, ${address}`, async function () {
      if (address === 'v6') needs(this, 'ipv6');
      const wire = await lab.b.wire();
      await wire.drop({ kinds: ['DATA'], every: 5, most: 3 });
      const host = lab.b.address[address];
      const server = lab.b.start(socketsWords('listen 0', host, PORT, 'accept 1 0 recv-all 1 close 1'));
      await server.says(/"listen"/, 'stdout');
      const steps = socketsWords(`connect 1 ${host} ${PORT} send 1 60000 drain 1 info 1 close 1`);
      const { events, stdout } = await trace.run([], lab.a.words(steps));
      await server.finished;
      const { bytes_sent = 0, retrans = 0 } = stepOf(parseSteps(stdout), 'info');
      const [event] = events;
      assert.deepEqual([events.length, event?.sent, event?.retransmits], [1, 60_000, retrans]);
      assert.equal(event?.retransmitted, bytes_sent - 60_000);
      assert.ok(retrans >= 3 && bytes_sent > 63_000, `${retrans} ${bytes_sent}`);
    });
});
