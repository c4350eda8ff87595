import assert from 'node:assert/strict';
import type { EventRecord, HistogramColumn } from '../../../src/events/column.js';
import type { MetricMappings } from '../../../src/otlp/metrics/metric-mapping.js';
import { attributeColumns, keyColumns, TallyMetrics } from '../../../src/otlp/metrics/tally-metrics.js';
import { JsonFormat } from '../../../src/output/json.js';
import sigsnoop from '../../../tools/sigsnoop.js';
import tcprtt from '../../../tools/tcprtt.js';
import tcptop from '../../../tools/tcptop.js';
import { bytes } from '../../output/helpers.js';
import { attributesOf, byColumn, decodeAll, metricOf, options, SECOND, START, TallyRows } from './metric-helpers.js';

const at = (seconds: number) => START + BigInt(seconds) * SECOND;
const IO: MetricMappings = Object.fromEntries(
  (
    [
      ['received', 'receive'],
      ['sent', 'transmit'],
    ] as const
  ).map(([column, direction]) => [
    column,
    {
      name: 'snoopkit.tcp.io',
      unit: 'By',
      description: 'Bytes',
      attributes: { 'network.io.direction': direction },
    },
  ]),
);

describe('output: OTLP metrics of tallies', () => {
  const top = new TallyRows(tcptop);
  const rtt = new TallyRows(tcprtt);
  const topShape = top.shape({ event: 'tcp_top', sums: ['received', 'sent'] });

  it('have as attributes what tells rows apart, once', () => {
    const names = (shape: Parameters<typeof keyColumns>[0]) => keyColumns(shape).map(({ name }) => name);
    const connection = ['local_addr', 'local_port', 'remote_addr', 'remote_port', 'remote_name', 'netns', 'mptcp'];
    assert.deepEqual(names(topShape), ['cgroup', 'pid', 'comm', ...connection]);
    assert.deepEqual(names(rtt.shape()).sort(), [
      'cgroup',
      'comm',
      'local_addr',
      'local_port',
      'mptcp',
      'pid',
      'remote_addr',
      'remote_port',
    ]);
    const signals = new TallyRows(sigsnoop).shape({
      mappings: { count: { name: 'snoopkit.signals', description: '' } },
    });
    assert.deepEqual(names(signals), ['cgroup', 'comm', 'target_comm', 'signal', 'origin', 'result']);
  });

  it('are told apart by what is bounded in number, or was asked for', () => {
    const names = (shape: Parameters<typeof attributeColumns>[0]) => attributeColumns(shape).map(({ name }) => name);
    assert.deepEqual(names(topShape), ['comm', 'mptcp']);
    assert.deepEqual(names({ ...topShape, chosen: ['remote_addr', 'sent', 'nothing'] }), [
      'comm',
      'remote_addr',
      'mptcp',
    ]);
    assert.deepEqual(names({ ...topShape, chosen: ['remote_addr'], by: ['local_port', 'pid'] }), ['pid', 'local_port']);
    assert.deepEqual(names({ ...topShape, by: [] }), []);
    assert.deepEqual(names(rtt.shape()), ['comm', 'mptcp']);
  });

  it('are forgotten when nothing comes any more, and others find room', () => {
    const tally = new TallyMetrics(topShape, { attributesOf: byColumn(topShape, 'pid') }, options({ limit: 3 }));
    const sent = (seconds: number, ...rows: Record<string, number>[]) =>
      decodeAll(tally.report(top.of(...rows), at(seconds)))
        .filter(({ name }) => name.endsWith('.sent'))
        .flatMap(({ points }) => points)
        .map((point) => [
          Object.values(attributesOf(point))[0],
          Number(point.asInt),
          Number(BigInt(point.startTimeUnixNano) - START) / 1e9,
        ]);
    sent(1, { pid: 1, sent: 5 }, { pid: 2, sent: 6 });
    const full = sent(2, { pid: 3, sent: 7 }, { pid: 2, sent: 1 });
    assert.deepEqual(full, [
      ['1', 5, 0],
      ['2', 7, 0],
      [true, 7, 1],
    ]);
    for (const seconds of [3, 4, 5]) sent(seconds, { pid: 2, sent: 1 });
    // Five reports without the first.
    assert.deepEqual(sent(6, { pid: 2, sent: 1 }), [
      ['2', 11, 0],
      [true, 7, 1],
    ]);
    assert.deepEqual(sent(7, { pid: 3, sent: 9 }), [
      ['2', 11, 0],
      ['3', 9, 6],
    ]);
    // What comes back begins anew.
    for (const seconds of [8, 9, 10, 11]) sent(seconds, { pid: 3, sent: 1 });
    assert.deepEqual(sent(12, { pid: 2, sent: 4 }), [
      ['3', 13, 6],
      ['2', 4, 11],
    ]);
  });

  it('are of a metric for each resource', () => {
    const web = { key: 'web', bytes: Buffer.of(1) };
    const owner = {
      attributesOf: () => [],
      resourceOf: (record: EventRecord) => (pid.value(record) === 7 ? web : undefined),
    };
    const pid = topShape.columns.find(({ name }) => name === 'pid') ?? assert.fail();
    const metrics = new TallyMetrics(topShape, owner, options()).report(
      top.of({ pid: 7, sent: 100 }, { pid: 8, sent: 3 }, { pid: 7, sent: 1 }),
      at(1),
    );
    assert.deepEqual(
      metrics.map(({ name, resource }) => [name, resource?.key]),
      [
        ['snoopkit.tcp_top.sent', 'web'],
        ['snoopkit.tcp_top.sent', undefined],
      ],
    );
    assert.deepEqual(
      decodeAll(metrics).map(({ points }) => points.map(({ asInt }) => asInt)),
      [['101'], ['3']],
    );
  });

  it('have names of their own where nobody gives one', () => {
    const metrics = decodeAll(
      new TallyMetrics(topShape, { attributesOf: byColumn(topShape, 'pid') }, options()).report(
        top.of({ pid: 7, sent: 100, received: 2n ** 40n }),
        at(1),
      ),
    );
    assert.deepEqual(
      metrics.map(({ name, unit, description, points }) => [name, unit, description, points.length, points[0]?.asInt]),
      [
        ['snoopkit.tcp_top.sent', '1', 'bytes sent by its calls', 1, '100'],
        ['snoopkit.tcp_top.received', '1', 'bytes received by its calls', 1, String(2n ** 40n)],
      ],
    );
    assert.deepEqual(attributesOf(metrics[0]?.points[0] ?? assert.fail()), { pid: '7' });
  });

  it('bring columns of one name together, and rows of the same attributes', () => {
    const shape = { ...topShape, mappings: IO };
    const tally = new TallyMetrics(shape, { attributesOf: byColumn(shape, 'pid') }, options());
    const rows = top.of(
      { pid: 7, netns: 1, sent: 100, received: 5 },
      { pid: 7, netns: 2, sent: 11 },
      { pid: 8, received: 9 },
    );
    const report = (seconds: number, of = rows) => {
      const metrics = decodeAll(tally.report(of, at(seconds)));
      assert.deepEqual(
        metrics.map(({ name, unit }) => [name, unit]),
        [['snoopkit.tcp.io', 'By']],
      );
      return metrics[0]?.points.map((point) => [...Object.values(attributesOf(point)), point.asInt]);
    };
    assert.deepEqual(report(1), [
      ['7', 'transmit', '111'],
      ['7', 'receive', '5'],
      ['8', 'receive', '9'],
    ]);
    assert.deepEqual(report(2)?.[0], ['7', 'transmit', '222']);
    assert.deepEqual(report(3, top.of())?.[0], ['7', 'transmit', '222']);
  });

  it('know rows that are totals already', () => {
    for (const [temporality, expected] of [
      ['cumulative', ['10', '15', '15']],
      ['delta', ['10', '5', undefined]],
    ] as const) {
      const shape = { ...topShape, isTotal: true };
      const tally = new TallyMetrics(shape, { attributesOf: byColumn(shape, 'pid') }, options({ temporality }));
      const sent = [10, 15, 15].map((total, i) => {
        const [metric] = decodeAll(tally.report(top.of({ pid: 1, sent: total }), at(i + 1)));
        return metric?.points[0]?.asInt;
      });
      assert.deepEqual(sent, expected, temporality);
    }
  });

  it('tell nothing where there is nothing', () => {
    const tally = new TallyMetrics(topShape, { attributesOf: byColumn(topShape) }, options({ temporality: 'delta' }));
    assert.deepEqual(tally.report(top.of(), at(1)), []);
    assert.deepEqual(tally.report(top.of({ pid: 3 }), at(2)), []);
    const [metric] = decodeAll(tally.report(top.of({ pid: 3, sent: 1 }), at(3)));
    assert.deepEqual([metric?.name, metric?.points[0]?.startTimeUnixNano], ['snoopkit.tcp_top.sent', String(at(2))]);
  });

  it('have the buckets that JSON shows', () => {
    const rows = rtt.of({
      pid: 4,
      'srtt.0': 123_456_789n,
      'srtt.1': 2,
      'srtt.12': 5,
      'srtt.20': 1n << 33n,
      'srtt.54': 3,
    });
    const json = bytes((out) => {
      const format = new JsonFormat(
        'tcp_rtt',
        rtt.columns.filter(({ name }) => name === 'srtt'),
      );
      rows.forEach((record) => {
        format.event(record, out);
      });
    });
    const shown: ReturnType<HistogramColumn['value']> = JSON.parse(json.toString()).srtt;
    for (const histograms of ['explicit', 'exponential'] as const) {
      const shape = rtt.shape({ event: 'tcp_rtt' });
      const metrics = decodeAll(
        new TallyMetrics(shape, { attributesOf: byColumn(shape, 'pid') }, options({ histograms })).report(rows, at(1)),
      );
      assert.equal(metrics.length, 1);
      const { points, unit } = metricOf(metrics, 'snoopkit.tcp_rtt.srtt');
      assert.equal(unit, 's');
      const [point] = points;
      assert.ok(point);
      const buckets =
        histograms === 'explicit'
          ? point.bucketCounts.map((count, i) => [Math.round((point.explicitBounds[i - 1] ?? 0) * 1e9), Number(count)])
          : [
              [0, Number(point.zeroCount)],
              ...(point.positive?.bucketCounts.map((count, i) => [
                // The next power of two, in nanoseconds, above what begins at one of a second.
                2 ** Math.ceil(i + (point.positive?.offset ?? 0) + Math.log2(1e9)),
                Number(count),
              ]) ?? []),
            ];
      const some = (all: readonly (readonly number[])[]) => all.filter(([, count]) => count);
      assert.deepEqual(some(buckets as number[][]), some(shown.buckets.map(({ from, count }) => [from, count])));
      assert.equal(Number(point.count), shown.count);
      assert.equal(point.sum, Number(shown.sum) / 1e9);
    }
  });
});
