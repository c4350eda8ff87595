import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { needs } from '../capability.js';
import { fewer } from '../helpers/patience.js';
import { Running, run, snoopkit } from '../helpers/run.js';
import { plainAddress } from '../helpers/socket-events.js';
import { parseSteps, SOCKETS, type Step, socketsWords } from '../helpers/sockets.js';
import { nobody, type UdpEvent, useUdp, WAYS } from '../helpers/udp.js';

const SENDS = /^(udp-send|send|sendmsg|sendmmsg|write)$/;
const RECEIVES = /^(udp-recv|recv|recvmsg|recvmmsg|read)$/;

/** What a step did, in the words of the event; of a step of several calls what they did in all. */
function truth(steps: readonly Step[]): string[] {
  return steps
    .filter(({ step }) => SENDS.test(step) || RECEIVES.test(step))
    .map((step) => {
      const isSend = SENDS.test(step.step);
      // Where a message goes it says itself; where it comes from the step tells.
      const [address, port] = isSend && step.asked ? [step.asked, step.asked_port] : [step.remote, step.remote_port];
      const local = `${plainAddress(step.local)} ${step.local_port}`;
      const end = address ? `${plainAddress(address)} ${port}` : nobody(local);
      return `${step.pid} ${step.tid} ${isSend ? 'send' : 'receive'} ${step.error ?? step.bytes} ${local} - ${end}`;
    });
}

const shown = (e: UdpEvent) =>
  `${e.pid} ${e.tid} ${e.direction} ${e.error ?? e.bytes} ${e.local_addr} ${e.local_port} - ${e.remote_addr} ${e.remote_port}`;

describe('udpsnoop', () => {
  const { trace, udp } = useUdp();

  for (const [hooks, capability] of WAYS)
    describe(`by ${hooks}`, () => {
      before(function () {
        needs(this, capability);
      });
      const by = ['--hooks', hooks];

      for (const [name, server, client] of [
        ['IPv4', '127.0.0.1', '127.0.0.1'],
        ['any IPv4', '0.0.0.0', '127.0.0.1'],
        ['IPv6', '::1', '::1'],
        ['IPv4, mapped', '::', '::ffff:127.0.0.1'],
        ['IPv4 to IPv6', '::', '127.0.0.1'],
      ] as const)
        it(`knows both ends, connected or not: ${name}`, async () => {
          const to = `${client} @0`;
          const kind = client.includes(':') ? 'udp6' : 'udp4';
          const { events, told } = await udp(
            by,
            `udp-bind 0 ${server} 0`,
            `udp-send 1 ${to} 100 udp-recv 0 50 sendmsg 1 ${to} 1000 recvmsg 0 2000 udp-send 1 ${to} 0 udp-recv 0 9`,
            `socket 2 ${kind} connect 2 ${to} send 2 7 udp-recv 0 9 write 2 8 recvmsg 0 9`,
            // To another than it is connected to.
            `udp-bind 3 ${server} 0 udp-send 2 ${client} @3 33 udp-recv 3 50`,
            // Back to who is connected: there each call knows who it is from.
            `udp-send 0 ${client} @2 11 recv 2 20 udp-send 0 ${client} @2 12 read 2 20 udp-send 0 ${client} @2 13 recvmsg 2 20 nobody`,
          );
          const expected = truth(told).map((line, i) => {
            const asked = told.filter(({ step }) => SENDS.test(step) || RECEIVES.test(step))[i];
            // It did not ask, but the socket has it.
            return asked?.step === 'recvmsg' && asked.remote === undefined
              ? `${line.replace(/ - .*/, '')} - ${plainAddress(client)} ${told[0]?.local_port}`
              : line;
          });
          assert.deepEqual(events.map(shown), expected);
          assert.ok(events.every(({ comm, ret, bytes }) => comm === 'sockets' && ret === bytes));
        });

      it('reports each message of sendmmsg and recvmmsg', async () => {
        const { events, told } = await udp(
          by,
          'udp-bind 0 127.0.0.1 0 udp-bind 1 127.0.0.1 0 udp-bind 2 127.0.0.1 0',
          'sendmmsg 2 20 ( 127.0.0.1 @0 127.0.0.1 @1 127.0.0.1 @0 ) sendmmsg 1 30 ( 127.0.0.1 @0 )',
          'recvmmsg 0 3 udp-recv 1 50',
        );
        const [a, b, c] = told.map(({ local_port }) => local_port);
        assert.deepEqual(
          events.map((e) => `${e.direction} ${e.bytes} ${e.local_port} ${e.remote_port}`),
          [
            ...[`send 20 ${c} ${a}`, `send 21 ${c} ${b}`, `send 22 ${c} ${a}`, `send 30 ${b} ${a}`],
            ...[`receive 20 ${a} ${c}`, `receive 22 ${a} ${c}`, `receive 30 ${a} ${b}`, `receive 21 ${b} ${c}`],
          ],
        );
      });

      it('reports messages that can not be sent', async () => {
        const { events, told } = await udp(
          by,
          // Nobody is there: the second call is told so.
          'bind 9 127.0.0.1 0 socket 0 udp4 connect 0 127.0.0.1 @9 send 0 5 send 0 6',
          'udp-bind 1 127.0.0.1 0 udp-send 1 127.0.0.1 @9 65508 udp-send 1 127.0.0.1 0 4',
          'socket 2 udp4 send 2 3 socket 3 udp6 set 3 v6only udp-send 3 ::ffff:127.0.0.1 9 2',
          'sendmmsg 1 65507 ( 127.0.0.1 @9 127.0.0.1 @9 )',
        );
        assert.deepEqual(events.slice(0, 6).map(shown), truth(told).slice(0, 6));
        assert.deepEqual(
          events.slice(0, 6).map(({ ret, error, bytes }) => error ?? [ret, bytes]),
          [[5, 5], 'ECONNREFUSED', 'EMSGSIZE', 'EINVAL', 'EDESTADDRREQ', 'ENETUNREACH'],
        );
        // The call itself says only that it has sent one.
        assert.deepEqual(
          events.slice(6).map(({ ret, error, remote_port }) => [error ?? ret, remote_port]),
          [
            [65507, told[0]?.local_port],
            ['EMSGSIZE', told[0]?.local_port],
          ],
        );
      });

      if (hooks !== 'kprobe')
        it('tells that nobody was there, where a receiver learns it', async () => {
          const { events } = await udp(by, 'bind 9 ::1 0 socket 0 udp6 connect 0 ::1 @9 send 0 5 recv 0 9');
          assert.deepEqual(
            events.map(({ direction, error, bytes, remote_addr }) => [direction, error ?? bytes, remote_addr]),
            [
              ['send', 5, '::1'],
              ['receive', 'ECONNREFUSED', '::1'],
            ],
          );
        });

      it('sees neither what is only looked at, nor that there is nothing', async () => {
        const { events } = await udp(
          by,
          'udp-bind 0 127.0.0.1 0 set 0 timeout = 20 udp-recv 0 9 alarm 10 udp-recv 0 9',
          'udp-send 1 127.0.0.1 @0 5 peek 0 9 peek 0 2 udp-recv 0 9 set 0 nonblock udp-recv 0 9',
        );
        assert.deepEqual(
          events.map(({ direction, bytes }) => `${direction} ${bytes}`),
          ['send 5', 'receive 5'],
        );
      });

      it('tells apart what threads and children do with one socket', async () => {
        const { events, told } = await udp(
          [...by, '-f'],
          'udp-bind 0 127.0.0.1 0 udp-bind 1 ::1 0',
          'dup 0 2 udp-send 2 127.0.0.1 @0 1 udp-recv 2 9',
          'fork ( udp-send 0 127.0.0.1 @0 2 udp-recv 0 9 ) wait',
          'thread ( name other udp-send 1 ::1 @1 3 udp-recv 1 9 ) wait',
          'pass 0 ( udp-send 0 127.0.0.1 @0 4 udp-recv 0 9 ) wait',
        );
        assert.deepEqual(events.map(shown), truth(told));
        assert.equal(new Set(events.map(({ pid }) => pid)).size, 3);
        assert.deepEqual(
          new Set(events.filter(({ bytes }) => bytes === 3).map(({ comm, thread_comm }) => `${comm} ${thread_comm}`)),
          new Set(['sockets other']),
        );
      });

      it('tells what a call sends in segments as one', async () => {
        const { events, told } = await udp(
          by,
          'udp-bind 0 127.0.0.1 0 socket 1 udp4 set 1 segment = 100 udp-send 1 127.0.0.1 @0 1000',
          ...['udp-recv 0 2000', 'udp-recv 0 2000'],
        );
        assert.ok(
          told.every(({ error }) => error === undefined),
          JSON.stringify(told),
        );
        assert.deepEqual(events.map(shown), truth(told));
        assert.deepEqual(
          events.map(({ bytes }) => bytes),
          [1000, 100, 100],
        );
      });

      it('counts each of many datagrams, with each byte', async () => {
        const [rounds, round] = [fewer(200), 50];
        const count = rounds * round;
        const steps = Array.from(
          { length: rounds },
          (_, i) => `udp-send 1 127.0.0.1 @0 ${i} times ${round} udp-recv 0 999 times ${round}`,
        );
        const { events, told } = await udp(by, 'udp-bind 0 127.0.0.1 0', ...steps);
        for (const [direction, step] of [
          ['send', 'udp-send'],
          ['receive', 'udp-recv'],
        ]) {
          const own = events.filter((event) => event.direction === direction);
          assert.equal(own.length, count);
          assert.deepEqual(
            Array.from({ length: rounds }, (_, i) =>
              own.slice(i * round, (i + 1) * round).reduce((sum, { bytes }) => sum + bytes, 0),
            ),
            told.filter((line) => line.step === step).map(({ bytes }) => bytes),
          );
        }
        assert.equal(new Set(events.map((e) => [e.local_port, e.remote_port].sort().join())).size, 1);
      });
    });

  it('counts, with --count, by process and other end', async () => {
    const { events, told } = await udp(
      ['--count'],
      'udp-bind 0 127.0.0.1 0 udp-bind 1 127.0.0.1 0',
      'udp-send 1 127.0.0.1 @0 100 times 30 udp-recv 0 999 times 30',
    );
    const [receiver, sender] = told.filter(({ step }) => step === 'udp-bind').map(({ local_port }) => local_port);
    const rows = events as unknown as (UdpEvent & { count: number })[];
    assert.deepEqual(
      rows
        .map(({ pid, direction, remote_port, count, bytes }) => [pid, direction, remote_port, count, bytes].join(' '))
        .sort(),
      [`${told[0]?.pid} receive ${sender} 30 3000`, `${told[0]?.pid} send ${receiver} 30 3000`],
    );
  });

  it('reports only failures with -x, each with its peer', async () => {
    const { events, told } = await udp(
      ['-x'],
      'bind 9 127.0.0.1 0 bind 8 127.0.0.1 0 udp-bind 0 127.0.0.1 0 udp-send 0 127.0.0.1 @9 3',
      'sendmmsg 0 65507 ( 127.0.0.1 @9 127.0.0.1 @8 ) udp-send 0 127.0.0.1 @9 70000',
    );
    assert.deepEqual(
      events.map(({ error, remote_port, bytes }) => [error, remote_port, bytes]),
      [
        ['EMSGSIZE', told[1]?.local_port, 0],
        ['EMSGSIZE', told[0]?.local_port, 0],
      ],
    );
  });

  it('filters by port, by address, by IP version', async () => {
    const steps = [
      'udp-bind 0 127.0.0.1 0 udp-bind 1 ::1 0 udp-bind 2 :: 0',
      'udp-send 3 127.0.0.2 @0 1 udp-send 3 127.0.0.1 @0 2 udp-send 4 ::1 @1 3 udp-send 5 ::ffff:127.0.0.1 @0 4',
      'udp-recv 0 9 udp-recv 0 9 udp-recv 1 9',
    ];
    const seen = async (...flags: string[]) =>
      (await udp(flags, ...steps)).events.map(({ direction, bytes }) => `${direction} ${bytes}`);
    assert.deepEqual(await seen('-4'), ['send 1', 'send 2', 'send 4', 'receive 2', 'receive 4']);
    assert.deepEqual(await seen('-6'), ['send 3', 'receive 3']);
    assert.deepEqual(await seen('--remote-addr', '127.0.0.2,::1'), ['send 1', 'send 3', 'receive 3']);
  });

  it('filters by a port that only the message has', async () => {
    const target = new Running(
      SOCKETS,
      socketsWords(
        'udp-bind 0 127.0.0.1 0 udp-bind 1 127.0.0.1 0 hold udp-send 2 127.0.0.1 @1 1 udp-send 2 127.0.0.1 @0 2 recvmsg 0 9',
      ).slice(1),
    );
    try {
      await target.says(/"hold"/, 'stdout');
      const [first] = parseSteps(target.written);
      const flags = ['-p', `${target.pid}`, '--remote-port', `${first?.local_port}`];
      const { events } = await trace().during(flags, () => {
        target.child.stdin?.end('x');
        return target.finished;
      });
      assert.deepEqual(
        events.map(({ direction, bytes, remote_port }) => [direction, bytes, remote_port]),
        [['send', 2, first?.local_port]],
      );
    } finally {
      target.kill();
    }
  });

  it('sees a receive that waited already as tracing began, by tracepoints', async function () {
    needs(this, 'sock-lengths');
    const target = new Running(SOCKETS, socketsWords('udp-bind 0 127.0.0.1 0 hold udp-recv 0 9').slice(1));
    try {
      await target.says(/"hold"/, 'stdout');
      const [bound] = parseSteps(target.written);
      target.child.stdin?.end('x');
      const { events } = await trace().during(['-p', `${target.pid}`, '--hooks', 'raw_tp,tracepoint'], async () => {
        await run(SOCKETS, socketsWords('udp-send 0 127.0.0.1', bound?.local_port ?? 0, 6).slice(1));
        await target.finished;
      });
      const last = parseSteps(target.written).at(-1);
      assert.deepEqual(
        events.map((e) => [e.direction, e.bytes, e.remote_port]),
        [['receive', 6, last?.remote_port]],
      );
    } finally {
      target.kill();
    }
  });

  it('goes by the network namespace of the socket', async function () {
    needs(this, 'netns');
    const script = 'ip link set lo up; exec "$@"';
    const steps = socketsWords('udp-bind 0 127.0.0.1 0 hold udp-send 0 127.0.0.1 @0 5 udp-recv 0 9');
    const target = new Running('unshare', ['--net', 'sh', '-ec', script, 'sh', ...steps]);
    try {
      await target.says(/"hold"/, 'stdout');
      const id = /\d+/.exec(readlinkSync(`/proc/${target.pid}/ns/net`))?.[0] ?? '';
      const { events } = await trace().during(['--netns', id], async () => {
        await run(SOCKETS, socketsWords('udp-bind 0 127.0.0.1 0 udp-send 0 127.0.0.1 @0 1').slice(1));
        target.child.stdin?.end('x');
        await target.finished;
      });
      assert.deepEqual(
        events.map((e) => [e.pid, e.netns, e.direction]),
        ['send', 'receive'].map((direction) => [target.pid, Number(id), direction]),
      );
    } finally {
      target.kill();
    }
  });

  it("sees Node's datagrams, and no other protocol", async () => {
    const script = `const [server, client] = [0, 1].map(() => require('dgram').createSocket('udp4'));
      server.on('message', (_, { port }) => server.send('answer!', port, '127.0.0.1'));
      client.on('message', () => { server.close(); client.close(); http.close(); });
      const http = require('http').createServer((_, response) => response.end('x')).listen(0, '127.0.0.1', () =>
        require('http').get('http://127.0.0.1:' + http.address().port, (r) => r.resume().on('end', () =>
          server.bind(0, '127.0.0.1', () => client.send('ask', server.address().port, '127.0.0.1')))));`;
    const { events } = await trace().run([], [process.execPath, '-e', script]);
    assert.deepEqual(
      events.map(({ direction, bytes }) => `${direction} ${bytes}`),
      ['send 3', 'receive 3', 'send 7', 'receive 7'],
    );
    const [ask, asked, answer, answered] = events;
    assert.deepEqual([ask?.remote_port, asked?.remote_port], [asked?.local_port, ask?.local_port]);
    assert.deepEqual([answer?.remote_port, answered?.remote_port], [ask?.local_port, asked?.local_port]);
  });

  it('has a table that people read', async () => {
    const { stdout } = await snoopkit([
      'udpsnoop',
      '--',
      ...socketsWords('udp-bind 0 127.0.0.1 0 udp-send 0 127.0.0.1 @0 12 udp-recv 0 99 udp-send 0 127.0.0.1 @0 70000'),
    ]);
    const [header, ...rows] = stdout
      .toString()
      .split('\n')
      .filter((line) => !line.startsWith('{'));
    assert.equal(header, '    PID COMM             DIRECTION     RET LOCAL                 REMOTE');
    for (const [i, text] of ['send +12', 'receive +12', 'send +EMSGSIZE'].entries())
      assert.match(rows[i] ?? '', new RegExp(`^ *\\d+ sockets +${text} (127\\.0\\.0\\.1:\\d+) +\\1$`));
  });
});
