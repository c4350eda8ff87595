import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { parseSteps, type Step, socketsWords } from '../helpers/sockets.js';
import { Trace } from '../helpers/trace.js';

interface Row {
  event: string;
  pid?: number;
  comm?: string;
  local_addr?: string;
  local_port?: number;
  remote_addr?: string;
  remote_port?: number;
  srtt_count: number;
  srtt_average: number;
  srtt: { unit: string; count: number; sum: string; buckets: { from: number; to: number; count: number }[] };
}

const ADDRESSES = { v4: '127.0.0.1', v6: '::1' };
/** Longer than an acknowledgement is put off. */
const SETTLE = 'sleep 250';

/** Connections of slots 1, 3, 5..., each of which has measured once, in the handshake, when its only data is acknowledged. */
function exchanges(count: number, address: string): string[] {
  const slots = Array.from({ length: count }, (_, i) => 1 + 2 * i);
  const all = slots.flatMap((slot) => [
    `connect ${slot} ${address} @0`,
    `accept ${slot + 1} 0`,
    `info ${slot}`,
    `send ${slot} 10`,
  ]);
  return [`listen 0 ${address} 0`, ...all, SETTLE];
}

describe('tcprtt', () => {
  let trace: Trace<Row>;
  before(function () {
    needs(this, 'root');
    trace = new Trace('tcprtt');
  });
  after(() => trace?.remove());

  /** What is seen of some exchanges, and what the sockets had before their data was acknowledged. */
  async function measure(flags: readonly string[], count: number, address: string) {
    const { events, stdout } = await trace.run(flags, socketsWords(...exchanges(count, address)));
    const steps = parseSteps(stdout);
    return { rows: events, steps, infos: steps.filter(({ step }) => step === 'info') };
  }

  /** The histogram that these times make: the kernel knows eighths of a microsecond, TCP_INFO whole ones. */
  function assertSpread({ srtt, srtt_count, srtt_average }: Row, infos: readonly Step[]): void {
    const told = infos.map(({ rtt_us = 0 }) => rtt_us * 1000);
    const [sum, wanted] = [Number(srtt.sum), told.reduce((total, ns) => total + ns, 0)];
    assert.ok(sum >= wanted && sum < wanted + told.length * 1000, `${sum} of ${wanted}`);
    assert.deepEqual([srtt.unit, srtt.count, srtt_count], ['ns', told.length, told.length]);
    assert.equal(srtt_average, Math.floor(sum / told.length));
    for (const { from, to, count } of srtt.buckets) {
      const least = told.filter((ns) => ns >= from && ns + 999 < to).length;
      const most = told.filter((ns) => ns + 999 >= from && ns < to).length;
      assert.ok(count >= least && count <= most, `${from}-${to}: ${count} of ${told}`);
    }
  }

  for (const [family, capability] of [
    ['v4', undefined],
    ['v6', 'ipv6'],
  ] as const) {
    const address = ADDRESSES[family];
    it(`has the times of all connections together, by ${family}`, async function () {
      if (capability) needs(this, capability);
      const { rows, infos } = await measure([], 8, address);
      assert.equal(rows.length, 1, JSON.stringify(rows));
      const [row = assert.fail()] = rows;
      assert.deepEqual(
        Object.keys(row).filter((name) => /pid|comm|addr|port/.test(name)),
        [],
      );
      assertSpread(row, infos);
    });

    it(`has them apart for each port and address, by ${family}`, async function () {
      if (capability) needs(this, capability);
      const flags = ['--by-local-port', '--by-local-addr', '--by-remote-addr', '--by-remote-port'];
      const { rows, infos } = await measure(flags, 3, address);
      assert.equal(rows.length, 3, JSON.stringify(rows));
      for (const info of infos) {
        const row = rows.find(({ local_port }) => local_port === info.local_port) ?? assert.fail();
        assert.deepEqual([row.local_addr, row.remote_addr, row.remote_port], [address, address, info.remote_port]);
        assertSpread(row, [info]);
      }
    });
  }

  it('has them apart for each process', async () => {
    const child = exchanges(2, ADDRESSES.v4).join(' ');
    const { events, stdout } = await trace.run(
      ['-f', '--by-process'],
      socketsWords(`fork ( ${child} ) name parent ${child} wait`),
    );
    const steps = parseSteps(stdout).filter(({ step }) => step === 'info');
    assert.equal(new Set(steps.map(({ pid }) => pid)).size, 2);
    assert.equal(events.length, 2, JSON.stringify(events));
    for (const row of events) {
      const own = steps.filter(({ pid }) => pid === row.pid);
      assertSpread(row, own);
    }
    assert.deepEqual(events.map(({ comm }) => comm).sort(), ['parent', 'sockets']);
  });

  it('asks for what is shown', async () => {
    const { rows, infos } = await measure(['-F', 'remote_port,srtt_count'], 2, ADDRESSES.v4);
    assert.deepEqual(rows, [{ event: 'tcp_rtt', remote_port: infos[0]?.remote_port, srtt_count: 2 }]);
  });

  it('heeds filters for ends', async () => {
    const only = async (...flags: string[]) => (await measure(flags, 2, ADDRESSES.v4)).rows.length;
    assert.equal(await only('--remote-addr', '127.0.0.0/8'), 1);
    assert.equal(await only('--remote-addr', '10.0.0.0/8'), 0);
    assert.equal(await only('--remote-port', '1'), 0);
    assert.equal(await only('-6'), 0);
    assert.equal(await only('-4', '--by-process'), 1);
  });

  it('counts what is acknowledged, not what comes', async () => {
    // Received data tells an end nothing.
    const steps = [`listen 0 ${ADDRESSES.v4} 0`, `connect 1 ${ADDRESSES.v4} @0`, 'accept 2 0', 'send 1 1000 times 20'];
    const { events, stdout } = await trace.run(['--by-local-port'], socketsWords(...steps, 'recv 2 20000', SETTLE));
    const connect = parseSteps(stdout).find(({ step }) => step === 'connect');
    assert.deepEqual(
      events.map(({ local_port }) => local_port),
      [connect?.local_port],
    );
    assert.ok((events[0]?.srtt_count ?? 0) <= 20);
  });
});
