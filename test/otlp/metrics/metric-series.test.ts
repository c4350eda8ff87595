import assert from 'node:assert/strict';
import { Instrument } from '../../../src/otlp/metrics/metric-instrument.js';
import { keyValue } from '../../../src/otlp/values.js';
import { attributesOf, type DecodedMetric, decodeAll, options, SECOND, START } from './metric-helpers.js';

const NAME = { name: 'snoopkit.probe', unit: '{packet}', description: 'Probes' };
const DELTA = 1;
const CUMULATIVE = 2;

const of = (name: string | number) => [keyValue('key', name)];
/** What is told of each key; one metric at most. */
const told = (metrics: readonly DecodedMetric[]) => {
  assert.ok(metrics.length <= 1);
  return Object.fromEntries(
    (metrics[0]?.points ?? []).map((point) => [
      attributesOf(point).key ?? Object.keys(attributesOf(point))[0],
      point.asInt,
    ]),
  );
};
const collect = (instrument: Instrument, seconds: number) =>
  decodeAll(instrument.collect(START + BigInt(seconds) * SECOND));
const times = ([metric]: readonly DecodedMetric[]) =>
  metric?.points.map(({ startTimeUnixNano, timeUnixNano }) => [
    Number(BigInt(startTimeUnixNano) - START) / 1e9,
    Number(BigInt(timeUnixNano) - START) / 1e9,
  ]);

describe('output: OTLP metric series', () => {
  it('go on to grow where they are cumulative, from one start', () => {
    const counter = Instrument.counter(NAME, 'changes', options());
    counter.add(of('a'), 3n);
    counter.add(of('b'), 1n);
    counter.add(of('a'), 4n);
    const first = collect(counter, 10);
    assert.deepEqual(told(first), { a: '7', b: '1' });
    assert.deepEqual(
      { ...first[0], points: [] },
      { ...NAME, kind: 'sum', temporality: CUMULATIVE, isMonotonic: true, points: [] },
    );
    assert.deepEqual(times(first), [
      [0, 10],
      [0, 10],
    ]);
    counter.add(of('b'), 5n);
    const second = collect(counter, 20);
    assert.deepEqual(told(second), { a: '7', b: '6' });
    assert.deepEqual(times(second)?.[0], [0, 20]);
    assert.deepEqual(told(collect(counter, 30)), { a: '7', b: '6' });
  });

  it('begin with the report before their first measurement', () => {
    const counter = Instrument.counter(NAME, 'changes', options());
    counter.add(of('a'), 1n);
    collect(counter, 10);
    counter.add(of('b'), 1n);
    assert.deepEqual(times(collect(counter, 20)), [
      [0, 20],
      [10, 20],
    ]);
    counter.add(of('b'), 1n);
    assert.deepEqual(times(collect(counter, 30)), [
      [0, 30],
      [10, 30],
    ]);
    // Others have counted from the beginning what they tell late.
    const totals = Instrument.counter(NAME, 'totals', options());
    collect(totals, 10);
    totals.add(of('a'), 1n);
    assert.deepEqual(times(collect(totals, 20)), [[0, 20]]);
  });

  it('are about the time since the report before where they are deltas', () => {
    const counter = Instrument.counter(NAME, 'changes', options({ temporality: 'delta' }));
    counter.add(of('a'), 3n);
    const first = collect(counter, 10);
    assert.equal(first[0]?.temporality, DELTA);
    assert.deepEqual(told(first), { a: '3' });
    assert.deepEqual(times(first), [[0, 10]]);
    counter.add(of('b'), 5n);
    const second = collect(counter, 25);
    assert.deepEqual(told(second), { b: '5' });
    assert.deepEqual(times(second), [[10, 25]]);
    assert.deepEqual(collect(counter, 30), []);
    counter.add(of('a'), 1n);
    assert.deepEqual(times(collect(counter, 40)), [[30, 40]]);
  });

  it('come from totals as well', () => {
    for (const [temporality, expected] of [
      [
        'cumulative',
        [
          { a: '10', b: '1' },
          { a: '12', b: '1' },
          { a: '12', b: '1' },
        ],
      ],
      ['delta', [{ a: '10', b: '1' }, { a: '2' }, {}]],
    ] as const) {
      const counter = Instrument.counter(NAME, 'totals', options({ temporality }));
      const report = (a: bigint, b: bigint, seconds: number) => {
        counter.add(of('a'), a);
        counter.add(of('b'), b);
        return told(collect(counter, seconds));
      };
      assert.deepEqual([report(10n, 1n, 1), report(12n, 1n, 2), report(12n, 0n, 3)], expected, temporality);
    }
  });

  it('are what needs least memory when that is wanted', () => {
    const told = (instrument: Instrument) => {
      instrument.add(of('a'), 1n);
      return collect(instrument, 1)[0]?.temporality;
    };
    const all = (temporality: 'cumulative' | 'delta' | 'lowmemory') => [
      told(Instrument.counter(NAME, 'changes', options({ temporality }))),
      told(Instrument.counter(NAME, 'totals', options({ temporality }))),
      told(Instrument.level(NAME, options({ temporality }))),
    ];
    assert.deepEqual(all('cumulative'), [CUMULATIVE, CUMULATIVE, CUMULATIVE]);
    assert.deepEqual(all('delta'), [DELTA, DELTA, CUMULATIVE]);
    assert.deepEqual(all('lowmemory'), [DELTA, CUMULATIVE, CUMULATIVE]);
  });

  it('tell a level as it is, up and down to zero', () => {
    const level = Instrument.level(NAME, options());
    const report = (value: bigint, seconds: number) => {
      level.add(of('a'), value);
      const metrics = collect(level, seconds);
      assert.equal(metrics[0]?.isMonotonic, false);
      return told(metrics).a;
    };
    assert.deepEqual([report(5n, 1), report(2n, 2), report(0n, 3)], ['5', '2', '0']);
  });

  it('are exact beyond 2^53, up to what the protocol has', () => {
    const counter = Instrument.counter(NAME, 'changes', options());
    counter.add(of('a'), 2n ** 53n + 1n);
    counter.add(of('b'), 2n ** 63n - 2n);
    assert.deepEqual(told(collect(counter, 1)), { a: '9007199254740993', b: '9223372036854775806' });
    counter.add(of('a'), 2n ** 53n);
    counter.add(of('b'), 2n);
    assert.deepEqual(told(collect(counter, 2)), { a: '18014398509481985', b: '9223372036854775807' });
  });

  it('have one more for all that finds no room, so that nothing is missing', () => {
    const add = (counter: Instrument, from: number, to: number) => {
      for (let key = from; key < to; key++) counter.add(of(key), 1n);
    };
    const cumulative = Instrument.counter(NAME, 'changes', options({ limit: 10 }));
    add(cumulative, 0, 9);
    assert.equal(told(collect(cumulative, 1))['otel.metric.overflow'], undefined);
    add(cumulative, 0, 50);
    const full = told(collect(cumulative, 2));
    assert.equal(Object.keys(full).length, 10);
    assert.deepEqual([full['8'], full['9'], full['otel.metric.overflow']], ['2', undefined, '41']);
    add(cumulative, 5, 15);
    const later = told(collect(cumulative, 3));
    assert.deepEqual([later['0'], later['8'], later['otel.metric.overflow']], ['2', '3', '47']);

    const delta = Instrument.counter(NAME, 'changes', options({ limit: 10, temporality: 'delta' }));
    add(delta, 0, 50);
    assert.equal(told(collect(delta, 1))['otel.metric.overflow'], '41');
    add(delta, 20, 29);
    assert.deepEqual(Object.keys(told(collect(delta, 2))), ['20', '21', '22', '23', '24', '25', '26', '27', '28']);
  });

  it('are 2,000 at the most, of one metric', () => {
    const counter = Instrument.counter(NAME, 'changes', options());
    for (let key = 0; key < 5000; key++) counter.add(of(key), 2n);
    const metrics = collect(counter, 1);
    assert.deepEqual(
      metrics.map(({ name, points }) => [name, points.length]),
      [[NAME.name, 2000]],
    );
    const sum = metrics.flatMap(({ points }) => points).reduce((all, { asInt }) => all + Number(asInt), 0);
    assert.equal(sum, 10_000);
  });

  it('are told apart by all that attributes are', () => {
    const counter = Instrument.counter(NAME, 'changes', options());
    const sets = [
      [],
      [keyValue('key', 5)],
      [keyValue('key', '5')],
      [keyValue('key', 5n)],
      [keyValue('key', 5.5)],
      [keyValue('key', true)],
      [keyValue('key', ['5'])],
      [keyValue('key', '5;more=1:a')],
      [keyValue('key', '5'), keyValue('more', 'a')],
      [keyValue('key', 'overflow')],
      [{ key: 'key', value: { bytesValue: Buffer.of(5) } }],
    ];
    for (let round = 0; round < 2; round++)
      sets.forEach((set, i) => {
        counter.add(set, BigInt(i + 1));
      });
    const points = collect(counter, 1)[0]?.points.map(({ asInt }) => Number(asInt));
    assert.deepEqual(
      points,
      sets.map((_, i) => 2 * (i + 1)),
    );
  });

  it('take no room for what adds nothing', () => {
    const counter = Instrument.counter(NAME, 'changes', options({ limit: 2 }));
    counter.add(of('a'), 0n);
    assert.deepEqual(collect(counter, 1), []);
    counter.add(of('b'), 1n);
    assert.deepEqual(told(collect(counter, 2)), { b: '1' });
  });

  it('end after they start, and later than before, whatever the clock does', () => {
    for (const temporality of ['cumulative', 'delta'] as const) {
      const counter = Instrument.counter(NAME, 'changes', options({ temporality }));
      let last = START;
      for (const seconds of [0, 0, 5, -100, 3, 6]) {
        counter.add(of('a'), 1n);
        const [point] = collect(counter, seconds)[0]?.points ?? [];
        const [start, end] = [BigInt(point?.startTimeUnixNano ?? 0), BigInt(point?.timeUnixNano ?? 0)];
        assert.equal(start, temporality === 'delta' ? last : START);
        assert.ok(end > last);
        last = end;
      }
    }
  });
});
