import assert from 'node:assert/strict';
import type { ArrivedMetric, ArrivedPoint } from '../helpers/otlp-arrivals.js';
import { ACCOUNT, plainEnvironment, useReceiver } from '../helpers/otlp-run.js';
import { OPENS, snoopkit } from '../helpers/run.js';
import { socketsWords } from '../helpers/sockets.js';
import { Trace } from '../helpers/trace.js';

type Row = Readonly<Record<string, unknown>>;

const PAIR = 'listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 accept 2 0';
/** Columns that distinguish all rows: as attributes these would make series without end. */
const BY_ALL = ['--by', 'pid,comm,local_addr,local_port,remote_addr,remote_port'];
/** Reports at the end, so that one is all. */
const AT_END = ['-i', '1h'];
const DELTA = 1;
const CUMULATIVE = 2;

/** The names of attributes that rows of all tools of sockets have. */
const KEYS: Readonly<Record<string, string>> = {
  pid: 'process.pid',
  comm: 'snoopkit.process.comm',
  local_addr: 'network.local.address',
  local_port: 'network.local.port',
  remote_addr: 'network.peer.address',
  remote_port: 'network.peer.port',
};
const keysOf = (row: Row) =>
  Object.fromEntries(Object.entries(KEYS).flatMap(([column, name]) => (column in row ? [[name, row[column]]] : [])));

describe('--output otlp: metrics', () => {
  const receiver = useReceiver();

  /** The rows of a run, and the metrics of the same run. */
  async function both(tool: string, flags: readonly string[], command: readonly string[], more?: NodeJS.ProcessEnv) {
    const trace = new Trace<Row>(tool);
    try {
      const all = [...flags, '--otlp', ...receiver().flags];
      const options = { maySay: ACCOUNT, env: plainEnvironment(more), mayLose: true };
      const { events, losses } = await trace.run(all, command, options);
      const { metrics, logs } = receiver().take();
      return { rows: events, losses, metrics, logs };
    } finally {
      trace.remove();
    }
  }

  /** The last that was told of a metric. */
  function metricOf(metrics: readonly ArrivedMetric[], name: string): ArrivedMetric {
    return (
      metrics.findLast((metric) => metric.name === name) ?? assert.fail(`${name}: ${metrics.map((one) => one.name)}`)
    );
  }

  /** The only point that has these attributes, among others. */
  function pointOf({ points, name }: ArrivedMetric, attributes: Row): ArrivedPoint {
    const entries = Object.entries(attributes);
    const found = points.filter((point) => entries.every(([key, value]) => point.attributes[key] === value));
    assert.equal(found.length, 1, `${name} with ${JSON.stringify(attributes)}`);
    return found[0] as ArrivedPoint;
  }

  it('tcptop: each row, in both directions', async () => {
    const steps = [PAIR, 'send 1 1000 times 7 send 2 333 transfer 1 2 300000 recv 1 333 close 1 recv-all 2'];
    const { rows, metrics, logs } = await both('tcptop', [...AT_END, ...BY_ALL], socketsWords(...steps));
    assert.deepEqual([rows.length, logs.length], [2, 0]);
    const metric = metricOf(metrics, 'snoopkit.tcp.io');
    assert.deepEqual(
      [metric.kind, metric.unit, metric.temporality, metric.points.length],
      ['sum', 'By', CUMULATIVE, 4],
    );
    for (const row of rows)
      for (const [direction, column] of [
        ['receive', 'received'],
        ['transmit', 'sent'],
      ] as const) {
        const point = pointOf(metric, { ...keysOf(row), 'network.io.direction': direction });
        assert.equal(point.value, row[column], `${direction} of ${JSON.stringify(row)}`);
      }
    assert.equal(
      metric.points.reduce((sum, { value }) => sum + value, 0),
      2 * (7 * 1000 + 333 + 300_000),
    );
  });

  it('tcptop: all reports of a run together, cumulative or delta', async () => {
    const steps = [PAIR, 'send 1 1000 recv 2 1000 sleep 350 send 1 2000 recv 2 2000 sleep 350 send 1 4000 recv 2 4000'];
    for (const [flags, temporality] of [
      [[], CUMULATIVE],
      [['--otlp-temporality', 'delta'], DELTA],
    ] as const) {
      const { rows, metrics } = await both('tcptop', ['-i', '250ms', ...flags], socketsWords(...steps));
      const told = metrics.filter(({ name }) => name === 'snoopkit.tcp.io');
      assert.ok(told.length >= 3, 'several reports');
      assert.deepEqual(new Set(told.map((metric) => metric.temporality)), new Set([temporality]));
      const sent = (some: readonly ArrivedMetric[]) =>
        some.flatMap(({ points }) =>
          points.filter(({ attributes }) => attributes['network.io.direction'] === 'transmit'),
        );
      const counted = temporality === DELTA ? told : told.slice(-1);
      const sum = sent(counted).reduce((all, { value }) => all + value, 0);
      assert.equal(
        sum,
        rows.reduce((all, row) => all + Number(row.sent), 0),
      );
      assert.equal(sum, 7000);
    }
  });

  it('tcptop: one series for each command, unless more is asked for', async () => {
    const pairs = [3, 5, 7].map((slot) => `connect ${slot} 127.0.0.1 @0 accept ${slot + 1} 0 send ${slot} 10`);
    const steps = ['listen 0 127.0.0.1 0', ...pairs];
    const attributes = async (...flags: string[]) => {
      const { metrics } = await both('tcptop', [...AT_END, ...flags], socketsWords(...steps));
      return metricOf(metrics, 'snoopkit.tcp.io').points.map((point) => Object.keys(point.attributes));
    };
    assert.deepEqual(await attributes(), [['snoopkit.process.comm', 'network.io.direction']]);
    assert.deepEqual(
      await attributes('--by', 'local_port'),
      Array(3).fill(['network.local.port', 'network.io.direction']),
    );
  });

  it('beside a table, at each interval, though that has one report', async () => {
    const steps = [PAIR, 'sleep 700', 'connect 3 127.0.0.1 @0 sleep 700', 'connect 4 127.0.0.1 @0'];
    const flags = ['--count', '--otlp', ...receiver().flags];
    const words = ['tcpconnect', ...flags, '--', ...socketsWords(...steps)];
    const finished = await snoopkit(words, { env: plainEnvironment({ OTEL_METRIC_EXPORT_INTERVAL: '250' }) });
    assert.equal(finished.status, 0, finished.said);
    const told = receiver()
      .take()
      .metrics.filter(({ name }) => name === 'snoopkit.tcp.connects');
    const sums = told.map(({ points }) => points.reduce((sum, { value }) => sum + value, 0));
    // All of them, in steps: cumulative, each more than the one before.
    assert.ok(sums.length >= 4, `${sums}`);
    assert.deepEqual([...new Set(sums)], [1, 2, 3]);
    // The table has all of it in one.
    const rows = finished.stdout.toString().trimEnd().split('\n').slice(1);
    assert.deepEqual(
      rows.map((row) => row.trim().split(/\s+/)[0]),
      ['3'],
      finished.stdout.toString(),
    );
  });

  it('are forgotten when they are silent, and begin when they are first measured', async () => {
    const steps = [PAIR, 'send 1 100 recv 2 100 sleep 2500 send 1 10 recv 2 10 sleep 300'];
    const { metrics } = await both('tcptop', ['-i', '200ms'], socketsWords(...steps));
    const told = metrics.filter(({ name }) => name === 'snoopkit.tcp.io').map(({ points }) => points[0]);
    assert.ok(told.length < 11, `${told.length} times`);
    const [first, last] = [told[0] ?? assert.fail(), told.at(-1) ?? assert.fail()];
    assert.deepEqual([first.value, last.value], [100, 10]);
    assert.ok(last.start > first.time && last.start < last.time);
  });

  for (const [words, message] of [
    [['tcptop', '--by', 'comm'], '--by needs --output otlp or --otlp'],
    [['tcptop', '--otlp', '--by', 'nothing'], '--by nothing: not a metric attribute; columns: '],
    [['tcptop', '--otlp', '--by', 'sent'], '--by sent: not a metric attribute; columns: '],
    [['tcpconnect', '--otlp', '--by', 'comm'], '--by needs --count'],
  ] as const)
    it(`${words.join(' ')}: is refused`, async () => {
      const { status, said } = await snoopkit(words, { env: plainEnvironment() });
      assert.equal(status, 2);
      assert.ok(said.includes(message), said);
    });

  for (const style of ['explicit', 'exponential'] as const)
    it(`tcprtt: the same buckets, ${style}`, async () => {
      const exchanges = [1, 3, 5].map((slot) => `connect ${slot} 127.0.0.1 @0 accept ${slot + 1} 0 send ${slot} 10`);
      const steps = ['listen 0 127.0.0.1 0', ...exchanges, 'sleep 250'];
      const flags = [...AT_END, '--by-local-port', '--otlp-histograms', style];
      const { rows, metrics } = await both('tcprtt', flags, socketsWords(...steps));
      assert.equal(rows.length, 3);
      const metric = metricOf(metrics, 'snoopkit.tcp.rtt');
      const isExplicit = style === 'explicit';
      assert.equal(metric.kind, isExplicit ? 'histogram' : 'exponentialHistogram');
      assert.equal(metric.unit, 's');
      assert.equal(metric.points.length, rows.length);
      for (const row of rows) {
        const srtt = row.srtt as { count: number; sum: string; buckets: { from: number; to: number; count: number }[] };
        const point = pointOf(metric, keysOf(row));
        assert.deepEqual([point.count, point.sum], [srtt.count, Number(srtt.sum) / 1e9]);
        const { positive, bucketCounts, explicitBounds, scale } = point;
        const [counts, from] = isExplicit
          ? [bucketCounts, (i: number) => Math.round((explicitBounds[i - 1] ?? 0) * 1e9)]
          : [positive.bucketCounts, (i: number) => 2 ** Math.ceil(positive.offset + i + Math.log2(1e9))];
        assert.equal(scale, 0);
        assert.deepEqual(
          counts.flatMap((count, i) => (count > 0 ? [[from(i), count]] : [])),
          srtt.buckets.filter(({ count }) => count > 0).map((bucket) => [bucket.from, bucket.count]),
        );
      }
    });

  it('tcpconnect --count: each row', async () => {
    const steps = [PAIR, 'connect 3 127.0.0.1 @0 connect 4 127.0.0.1 1'];
    const { rows, metrics } = await both(
      'tcpconnect',
      [...AT_END, '--count', '--by', 'comm,remote_addr,remote_port'],
      socketsWords(...steps),
    );
    const metric = metricOf(metrics, 'snoopkit.tcp.connects');
    assert.deepEqual([metric.kind, metric.unit, metric.points.length], ['sum', '{connection}', rows.length]);
    assert.deepEqual(
      rows.map((row) => pointOf(metric, keysOf(row)).value),
      rows.map(({ count }) => count),
    );
    assert.deepEqual(rows.map(({ count }) => count).sort(), [1, 2]);
  });

  it('how snoopkit itself fares: what was seen, lost and sent', async () => {
    // Behind that the ring has no room.
    const flags = ['--buffer', '4K', '--otlp-delay', '100ms'];
    const burst = [OPENS, 'burst', '20000', '/dev/null'];
    const more = { OTEL_METRIC_EXPORT_INTERVAL: '200' };
    const { rows, losses, metrics, logs } = await both('opensnoop', flags, burst, more);
    const lost = losses.reduce((sum, { count }) => sum + count, 0);
    assert.ok(lost > 0, 'the ring was too small');
    const tool = { 'snoopkit.tool': 'opensnoop' };
    const value = (name: string, attributes: Row) => pointOf(metricOf(metrics, name), attributes).value;
    assert.equal(value('snoopkit.events', tool), rows.length);
    assert.equal(value('snoopkit.ringbuf.lost', { ...tool, 'snoopkit.lost.reason': 'ring_full' }), lost);
    const told = logs.filter(({ name }) => name === 'snoopkit.events.lost');
    assert.deepEqual(
      told.map(({ attributes }) => [attributes['snoopkit.lost.reason'], attributes['snoopkit.lost.count']]),
      losses.map(({ reason, count }) => [reason, count]),
    );
    // The last report is made when all has been sent.
    const processed = value('otel.sdk.processor.log.processed', { 'otel.component.type': 'batching_log_processor' });
    const exported = value('otel.sdk.exporter.log.exported', { 'otel.component.type': 'otlp_http_log_exporter' });
    const waiting = value('otel.sdk.processor.log.queue.size', {});
    assert.equal(exported, processed);
    assert.deepEqual([processed, waiting], [logs.length, 0]);
    assert.equal(value('otel.sdk.processor.log.queue.capacity', {}), 65_536);
    const durations = metricOf(metrics, 'otel.sdk.exporter.operation.duration');
    assert.ok(pointOf(durations, { 'otel.component.type': 'otlp_http_log_exporter' }).count > 0);
  });

  it('none, where OTEL_METRICS_EXPORTER says so', async () => {
    const words = ['opensnoop', '-o', 'otlp', ...receiver().flags, '--', OPENS, 'burst', '10', '/dev/null'];
    const { status } = await snoopkit(words, { env: plainEnvironment({ OTEL_METRICS_EXPORTER: 'none' }) });
    const { logs, metrics } = receiver().take();
    assert.deepEqual([status, metrics.length], [0, 0]);
    assert.ok(logs.length >= 10);
  });
});
