import assert from 'node:assert/strict';
import { flagLabel as label } from '../../src/cli/flags/label.js';
import { UsageError } from '../../src/errors.js';
import type { Column } from '../../src/events/column.js';
import { refuseReportFlags, reportOptions } from '../../src/trace/features/tally/report-options.js';
import type { Tally } from '../../src/trace/features/tally/tally.js';
import type { GivenFlags } from '../../src/trace/flags/flag.js';
import { parseTraceOptions } from '../../src/trace/options.js';

const columns = [
  { name: 'comm', kind: 'text', json: 'string' },
  { name: 'count', kind: 'plain', json: 'integer' },
  { name: 'took', kind: 'histogram', json: 'object' },
] as Column[];
const tally: Tally = { sort: 'count', sums: ['count'] };
const usual = { screen: () => 21, interval: undefined, columns, label };
const parsed = (given: GivenFlags) => parseTraceOptions(given, label).flags;
const isUsage = (error: unknown) => error instanceof UsageError;

describe('cli: options of reports', () => {
  it('are one report of all rows at the end when nothing is asked for', () => {
    const { sort, sums, room, ...rest } = reportOptions(tally, columns, {}, usual);
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
    const lookInterval = (interval: number | undefined, collector: number | undefined) =>
      reportOptions(tally, columns, { interval }, { ...usual, collector }).lookInterval;
    assert.equal(lookInterval(undefined, 60_000), 60_000);
    assert.equal(lookInterval(3_600_000, 60_000), 60_000);
    assert.equal(lookInterval(60_000, 60_000), undefined);
    assert.equal(lookInterval(1000, 60_000), undefined);
    assert.equal(lookInterval(undefined, undefined), undefined);
  });

  it('tell metrics apart by columns', () => {
    assert.deepEqual(parsed({ by: 'comm, remote_port' }).by, ['comm', 'remote_port']);
    assert.equal(parsed({}).by, undefined);
  });

  it('are what the flags say', () => {
    const given = parsed({ sort: 'comm', rows: '5', interval: '500ms', once: true });
    const { sort, room, interval, isOnce } = reportOptions({ ...tally, isTop: true }, columns, given, usual);
    assert.deepEqual([sort.name, room(), interval, isOnce], ['comm', 5, 500, true]);
  });

  it('are those of a screen on a terminal alone, as long as that is', () => {
    const top = { ...tally, isTop: true } as const;
    assert.equal(reportOptions(top, columns, {}, usual).isScreen, true);
    assert.equal(reportOptions(top, columns, {}, usual).room(), 21);
    assert.equal(reportOptions(top, columns, {}, { ...usual, screen: undefined }).isScreen, false);
    assert.equal(reportOptions(tally, columns, {}, usual).isScreen, false);
  });

  for (const [what, given] of [
    ['a column that is not there', { sort: 'nope' }],
    ['a column without an order', { sort: 'took' }],
    ['no row', { rows: '0' }],
    ['no time', { interval: '0' }],
  ] as const)
    it(`refuse ${what}`, () =>
      assert.throws(() => reportOptions(tally, columns, parsed(given), { ...usual, screen: undefined }), isUsage));

  it('are refused where there are no reports', () => {
    refuseReportFlags('count', parsed({ pid: ['1'] }), label);
    refuseReportFlags(undefined, { interval: 1000 }, label);
    assert.throws(
      () => refuseReportFlags('count', { interval: 1000 }, label),
      /^UsageError: --interval needs --count$/,
    );
  });
});
