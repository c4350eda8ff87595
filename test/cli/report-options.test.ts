import assert from 'node:assert/strict';
import { attributesBy, refuseReportFlags, reportOptions } from '../../src/cli/flags/report-options.js';
import { UsageError } from '../../src/errors.js';
import type { Column } from '../../src/events/column.js';
import type { Tally } from '../../src/trace/features/tally/tally.js';

const columns = [
  { name: 'comm', kind: 'text', json: 'string' },
  { name: 'count', kind: 'plain', json: 'integer' },
  { name: 'took', kind: 'histogram', json: 'object' },
] as Column[];
const tally: Tally = { sort: 'count', sums: ['count'] };
const isUsage = (error: unknown) => error instanceof UsageError;

describe('cli: options of reports', () => {
  it('are one report of all rows at the end when nothing is asked for', () => {
    const { sort, sums, room, ...rest } = reportOptions(
      tally,
      columns,
      {},
      { isForPeople: true, interval: undefined, columns },
    );
    assert.deepEqual([sort.name, sums.map(({ name }) => name), room()], ['count', ['count'], Number.POSITIVE_INFINITY]);
    assert.deepEqual(rest, {
      interval: undefined,
      lookInterval: undefined,
      isOnce: false,
      isScreen: false,
      isTotal: false,
    });
  });

  it('have a collector told meanwhile where reports are rarer than its intervals', () => {
    const lookInterval = (interval: string | undefined, collector: number | undefined) =>
      reportOptions(tally, columns, { interval }, { isForPeople: true, interval: undefined, columns, collector })
        .lookInterval;
    assert.equal(lookInterval(undefined, 60_000), 60_000);
    assert.equal(lookInterval('1h', 60_000), 60_000);
    assert.equal(lookInterval('60', 60_000), undefined);
    assert.equal(lookInterval('1', 60_000), undefined);
    assert.equal(lookInterval(undefined, undefined), undefined);
  });

  it('tell metrics apart by columns, for a collector alone', () => {
    assert.deepEqual(attributesBy({ by: 'comm, remote_port' }, true), ['comm', 'remote_port']);
    assert.equal(attributesBy({}, true), undefined);
    assert.throws(() => attributesBy({ by: 'comm' }, false), isUsage);
  });

  it('are what the flags say', () => {
    const given = { sort: 'comm', rows: '5', interval: '500ms', once: true };
    const { sort, room, interval, isOnce } = reportOptions({ ...tally, isTop: true }, columns, given, {
      isForPeople: true,
      interval: undefined,
      columns,
    });
    assert.deepEqual([sort.name, room(), interval, isOnce], ['comm', 5, 500, true]);
  });

  it('are those of a screen on a terminal alone, as long as that is', () => {
    const top = { ...tally, isTop: true } as const;
    const { TERM } = process.env;
    process.env.TERM = 'xterm';
    assert.equal(reportOptions(top, columns, {}, { isForPeople: true, interval: undefined, columns }).isScreen, true);
    assert.equal(
      reportOptions(top, columns, {}, { isForPeople: true, interval: undefined, columns }).room(),
      (process.stdout.rows ?? 24) - 3,
    );
    assert.equal(reportOptions(top, columns, {}, { isForPeople: false, interval: undefined, columns }).isScreen, false);
    process.env.TERM = 'dumb';
    assert.equal(reportOptions(top, columns, {}, { isForPeople: true, interval: undefined, columns }).isScreen, false);
    process.env.TERM = TERM;
  });

  for (const [what, given] of [
    ['a column that is not there', { sort: 'nope' }],
    ['a column without an order', { sort: 'took' }],
    ['no row', { rows: '0' }],
    ['no time', { interval: '0' }],
  ] as const)
    it(`refuse ${what}`, () =>
      assert.throws(
        () => reportOptions(tally, columns, given, { isForPeople: false, interval: undefined, columns }),
        isUsage,
      ));

  it('are refused where there are no reports', () => {
    refuseReportFlags('count', { pid: ['1'] });
    refuseReportFlags(undefined, { interval: '1' });
    assert.throws(() => refuseReportFlags('count', { interval: '1' }), /^UsageError: --interval needs --count$/);
  });
});
