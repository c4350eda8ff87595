import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventRecord } from '../../src/events/column.js';
import { Rows } from '../../src/events/rows.js';
import type { Report } from '../../src/output/format.js';
import type { ReportOptions } from '../../src/trace/features/tally/report.js';
import { Reporter } from '../../src/trace/features/tally/reporter.js';
import type { TallyReader } from '../../src/trace/features/tally/tally-reader.js';
import { numberColumn } from '../output/helpers.js';

const first = ({ view, offset }: EventRecord) => view.getUint8(offset);
const sort = numberColumn({ value: first });

/** Reports for intervals with these rows; the end cuts the last one short. */
async function reported(intervals: readonly number[][], options: Partial<ReportOptions>): Promise<number[][]> {
  const left = [...intervals];
  const reports: number[][] = [];
  const pump = {
    events: 0,
    isDone: false,
    isFull: false,
    tally: () => undefined,
    report({ rows }: Report) {
      const values: number[] = [];
      rows.forEach((record) => {
        values.push(first(record));
      });
      reports.push(values);
      pump.events++;
    },
  };
  const tally = { look: () => new Rows(Buffer.alloc(0), 1), read: () => new Rows(Buffer.from(left.shift() ?? []), 1) };
  const usual = { sort, sums: [], room: () => 10, interval: 5, lookInterval: undefined, isOnce: false, isTotal: false };
  const reporter = new Reporter(tally as unknown as TallyReader, pump, {
    ...usual,
    isScreen: false,
    ...options,
  });
  reporter.start(
    undefined,
    () => undefined,
    (act) => act(),
  );
  while (left.length > 1) await sleep(1);
  reporter.finish();
  return reports;
}

describe('cli: reports', () => {
  for (const [what, intervals, screens] of [
    ['stays as it is', [[1], [2], [3]], [[1], [2]]],
    ['stays as it is where nothing follows', [[1], [2], []], [[1], [2]]],
    ['without rows gets those of the interval that was cut short', [[1], [], [3]], [[1], [], [3]]],
    ['without rows gets the latest that there were', [[1], [2], [], [], []], [[1], [2], [], [], [2]]],
    ['without rows stays where there were none', [[], [], []], [[], []]],
    ['is there if the first interval was cut short', [[1]], [[1]]],
  ] as const)
    it(`the last screen ${what}`, async () => {
      const copy = intervals.map((rows) => [...rows]);
      assert.deepEqual(await reported(copy, { isScreen: true }), screens);
    });

  it('elsewhere are those of each interval, and of the rest where it has rows', async () => {
    assert.deepEqual(await reported([[1], [], [3]], {}), [[1], [], [3]]);
    assert.deepEqual(await reported([[1], [], []], {}), [[1], []]);
  });
});
