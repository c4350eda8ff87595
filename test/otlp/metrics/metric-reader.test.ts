import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Instrument } from '../../../src/otlp/metrics/metric-instrument.js';
import { MetricReader } from '../../../src/otlp/metrics/metric-reader.js';
import { decode, options, START } from './metric-helpers.js';

function readerOf(interval: number) {
  const received: Uint8Array[] = [];
  let now = START;
  const reader = new MetricReader({ interval, now: () => ++now, receive: (metric) => received.push(metric) });
  const counter = Instrument.counter({ name: 'snoopkit.probe', unit: '1', description: '' }, 'changes', options());
  counter.add([], 1n);
  reader.add(counter);
  return { reader, received };
}

describe('output: OTLP metric reader', () => {
  it('collects at each interval, and once more at the end', async () => {
    const { reader, received } = readerOf(20);
    reader.start();
    while (received.length < 2) await sleep(5);
    const before = received.length;
    reader.close();
    assert.equal(received.length, before + 1);
    reader.close();
    await sleep(60);
    assert.equal(received.length, before + 1);
    const times = received.map((metric) => BigInt(decode(metric).points[0]?.timeUnixNano ?? 0));
    assert.deepEqual(
      times,
      times.toSorted((a, b) => (a < b ? -1 : 1)),
    );
    assert.equal(new Set(times).size, times.length);
  });

  it('has one collection in a run that is shorter than the interval, however long that is', async () => {
    for (const interval of [60_000, 2 ** 40]) {
      const { reader, received } = readerOf(interval);
      reader.start();
      await sleep(20);
      assert.equal(received.length, 0);
      reader.close();
      assert.deepEqual(
        received.map(decode).map(({ name }) => name),
        ['snoopkit.probe'],
      );
    }
  });

  it('keeps no process alive', () => {
    const url = new URL('../../../src/otlp/metrics/metric-reader.js', import.meta.url);
    const script = `const { MetricReader } = await import(${JSON.stringify(url.href)});
      new MetricReader({ interval: 600000, now: () => 1n, receive() {} }).start();`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 });
    assert.deepEqual([status, stderr.toString()], [0, '']);
  });
});
