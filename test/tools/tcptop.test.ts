import assert from 'node:assert/strict';
import { needs, whyMissing } from '../capability.js';
import { fewer } from '../helpers/patience.js';
import { type Connection, traceSteps } from '../helpers/socket-events.js';
import { socketsWords, stepOf } from '../helpers/sockets.js';
import { Trace } from '../helpers/trace.js';

interface TopRow extends Connection {
  sent: number;
  received: number;
}

const PAIR = 'listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 accept 2 0';
/** One report, at the end. */
const AT_END = ['-i', '1h'];

describe('tcptop', () => {
  let trace: Trace<TopRow>;
  before(function () {
    needs(this, 'root');
    trace = new Trace('tcptop');
  });
  after(() => trace?.remove());

  const tops = (flags: readonly string[], ...steps: (string | number)[]) =>
    traceSteps(trace, [...AT_END, ...flags], steps);
  const bytes = (events: readonly TopRow[]) => events.map(({ sent, received }) => [sent, received]);

  const hooks = [
    [],
    ...(whyMissing('fentry') === undefined ? [['--hooks', 'fentry']] : []),
    ...(whyMissing('kprobe-pmu') === undefined ? [['--hooks', 'kprobe']] : []),
  ];
  for (const flags of hooks)
    describe(`by ${flags[1] ?? 'its first hook'}`, () => {
      it('adds up what each end sends and receives, exactly', async () => {
        const { events, told } = await tops(
          flags,
          PAIR,
          'send 1 1000 times 7 send 2 333 transfer 1 2 3000000 recv 1 300 peek 1 33 recv 1 33 close 1 recv-all 2',
        );
        const { pid, local_port, remote_port } = stepOf(told, 'connect', 1);
        assert.deepEqual(bytes(events), [
          [333, 3_007_000],
          [3_007_000, 333],
        ]);
        assert.deepEqual(
          events.map((row) => [row.event, row.pid, row.comm, row.local_port, row.remote_port]),
          [
            ['tcp_top', pid, 'sockets', remote_port, local_port],
            ['tcp_top', pid, 'sockets', local_port, remote_port],
          ],
        );
      });

      it('knows who of those that share a connection sent and received', async () => {
        const { events, told } = await tops(
          [...flags, '-f', '--sort', 'sent'],
          PAIR,
          'send 1 10 fork ( send 1 20 exit ) wait pass 1 ( send 1 30 close 1 ) wait recv 2 60',
        );
        const [own, forked, passed] = told.filter(({ step }) => step === 'send').map(({ pid }) => pid);
        assert.deepEqual(
          events.map(({ pid, sent }) => [pid, sent]),
          [
            [passed, 30],
            [forked, 20],
            [own, 10],
            [own, 0],
          ],
        );
      });
    });

  it('shows IPv6 and mapped addresses', async function () {
    needs(this, 'ipv6');
    for (const [address, seen] of [
      ['::1', '::1'],
      ['::ffff:127.0.0.1', '127.0.0.1'],
    ] as const) {
      const { events } = await tops([], PAIR.replaceAll('127.0.0.1', address), 'send 1 5 recv 2 5');
      assert.deepEqual(
        events.map(({ local_addr, remote_addr }) => [local_addr, remote_addr]),
        [
          [seen, seen],
          [seen, seen],
        ],
      );
    }
  });

  it('filters, and sees nothing but TCP', async () => {
    const steps = 'listen 0 127.0.0.1 21997 connect 1 127.0.0.1 @0 accept 2 0 send 1 5 recv 2 5';
    const count = async (...flags: string[]) => (await tops(flags, steps)).events.length;
    assert.equal(await count('--local-port', '21997'), 1);
    assert.equal(await count('-n', 'nobody'), 0);
    assert.equal(await count('-6'), 0);
    assert.deepEqual(
      (await tops([], 'udp-bind 0 127.0.0.1 0 udp-bind 1 127.0.0.1 0 udp-send 1 127.0.0.1 @0 9')).events,
      [],
    );
  });

  it('counts what many connections send, reported in short intervals', async () => {
    const count = fewer(400);
    const steps = `listen 0 127.0.0.1 0 ${'connect 1 127.0.0.1 @0 accept 2 0 send 1 100 recv 2 100 close 1 close 2 '.repeat(count)}`;
    const { events } = await trace.run(['-i', '50ms'], socketsWords(steps));
    const sum = (of: (row: TopRow) => number) => events.reduce((total, row) => total + of(row), 0);
    assert.equal(
      sum(({ sent }) => sent),
      100 * count,
    );
    assert.equal(
      sum(({ received }) => received),
      100 * count,
    );
  });
});
