import assert from 'node:assert/strict';
import sinon from 'sinon';
import { Exporter } from '../../../src/otlp/delivery/exporter.js';
import type { ExporterOptions } from '../../../src/otlp/delivery/exporter-options.js';
import type { ExportReport } from '../../../src/otlp/delivery/sender.js';
import { ReportedCauses } from '../../../src/otlp/delivery/troubles.js';
import type { Outcome } from '../../../src/otlp/types.js';
import { randomBelow } from '../../helpers/random.js';
import {
  addNumbers,
  assertAddsUp,
  envelope,
  FakeCollector,
  later,
  REFUSED,
  range,
  silence,
  TAKEN,
} from './fake-collector.js';

describe('OTLP: Exporter', () => {
  let clock: sinon.SinonFakeTimers;
  let troubles: string[];
  let reports: ExportReport[];
  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
    troubles = [];
    reports = [];
  });
  afterEach(() => clock.restore());

  function exporter(transport: FakeCollector, options: Partial<ExporterOptions> = {}): Exporter {
    return new Exporter({
      signal: 'logs',
      envelope: envelope(),
      transport,
      batch: { delay: 1000, maxBatch: 10, maxQueue: 100 },
      timeout: 10_000,
      random: () => 0.5,
      onTrouble: (text) => troubles.push(text),
      onExport: (report) => reports.push(report),
      ...options,
    });
  }

  const closed = async (target: Exporter, ms: number) => {
    const done = target.close(ms);
    await clock.tickAsync(ms);
    await done;
    assertAddsUp(target);
    assert.equal(target.account.waiting, 0);
    assert.equal(clock.countTimers(), 0);
  };

  it('sends a batch as soon as it is large enough, and the rest after the delay', async () => {
    const collector = new FakeCollector();
    const target = exporter(collector);
    addNumbers(target, 0, 25);
    assert.equal(target.account.waiting, 25);
    await clock.tickAsync(0);
    assert.deepEqual(collector.taken, range(0, 20));
    await clock.tickAsync(999);
    assert.equal(collector.requests.length, 2);
    await clock.tickAsync(1);
    assert.deepEqual(collector.taken, range(0, 25));
    assert.equal(clock.countTimers(), 0);
    assert.deepEqual(
      reports.map(({ records, outcome }) => [records, outcome.kind]),
      [
        [10, 'taken'],
        [10, 'taken'],
        [5, 'taken'],
      ],
    );
    addNumbers(target, 25, 26);
    await clock.tickAsync(1000);
    assert.equal(collector.taken.length, 26);
    await closed(target, 1000);
    assert.ok(collector.isClosed);
    assert.deepEqual(troubles, []);
  });

  it('sends a few large records early, and none that is too large', async () => {
    const collector = new FakeCollector();
    const target = exporter(collector, { batchBytes: 1000, maxRequest: 2000 });
    addNumbers(target, 0, 3, 400);
    await clock.tickAsync(0);
    assert.deepEqual(collector.taken, [0, 1]);
    addNumbers(target, 3, 4, 2000);
    assert.equal(target.account.dropped.too_large, 1);
    addNumbers(target, 4, 5, 1500);
    await closed(target, 1000);
    assert.deepEqual(
      collector.requests.map(({ ids }) => ids),
      [[0, 1], [2], [4]],
    );
    assert.match(troubles[0] ?? '', /log records dropped: larger than .* \(1 so far\)/);
  });

  it('has one request under way, or as many as it is told', async () => {
    for (const parallel of [1, 3]) {
      const collector = new FakeCollector(silence);
      const target = exporter(collector, { parallel });
      addNumbers(target, 0, 95);
      await clock.tickAsync(5000);
      assert.equal(collector.mostUnderWay, parallel);
      await closed(target, 1000);
      assert.equal(target.account.dropped.shutdown, 95);
    }
  });

  it('drops what comes when the queue is full, counts it, and says so once in a while', async () => {
    const collector = new FakeCollector(silence);
    const target = exporter(collector, { timeout: Number.POSITIVE_INFINITY });
    addNumbers(target, 0, 200);
    assert.equal(target.account.dropped.queue_full, 90);
    assert.deepEqual(target.takeLosses(), [{ reason: 'queue_full', count: 90, total: 90 }]);
    assert.deepEqual(target.takeLosses(), []);
    addNumbers(target, 200, 205);
    assert.deepEqual(target.takeLosses(), [{ reason: 'queue_full', count: 5, total: 95 }]);
    assert.equal(troubles.length, 1);
    await clock.tickAsync(59_000);
    addNumbers(target, 205, 206);
    assert.equal(troubles.length, 1);
    await clock.tickAsync(1000);
    addNumbers(target, 206, 207);
    assert.equal(troubles.length, 2);
    assert.match(troubles[1] ?? '', /queue full.*95 more times/);
    await closed(target, 10);
  });

  it('tries again, later each time and by chance a little more or less, until the timeout', async () => {
    const collector = new FakeCollector(() => later());
    const target = exporter(collector, { random: () => 0 });
    addNumbers(target, 0, 10);
    await clock.tickAsync(9000);
    const times = () => collector.requests.map(({ at }) => at - (collector.requests[0]?.at ?? 0));
    // 0.8 of 1000, 1500, 2250, 3375; the next 4050 would be too late.
    assert.deepEqual(times(), [0, 800, 2000, 3800, 6500]);
    assert.equal(target.account.dropped.timeout, 10);
    assert.match(troubles.join(), /cannot export log records, will retry: away.*in time/);
    assert.deepEqual(
      reports.map(({ records, milliseconds, outcome }) => [records, milliseconds, outcome.kind]),
      [[10, 6500, 'later']],
      'once, with all its tries',
    );
    // The next batch fares no better: it has to wait as long as the one before would have had to.
    addNumbers(target, 10, 20);
    await clock.tickAsync(8000);
    assert.deepEqual(times(), [0, 800, 2000, 3800, 6500, 10_550, 16_625]);
    await clock.tickAsync(1000);
    addNumbers(target, 20, 30);
    collector.answer = () => TAKEN;
    await clock.tickAsync(10_000);
    assert.deepEqual(collector.taken, range(20, 30));
    // It has recovered: all is as it was at first.
    collector.answer = () => later();
    const before = times().length;
    addNumbers(target, 30, 40);
    await clock.tickAsync(1000);
    const [first = 0, second = 0] = times().slice(before);
    assert.equal(second - first, 800);
    await closed(target, 10);
  });

  it('does not try more often because batches are given up', async () => {
    const collector = new FakeCollector(() => later());
    const target = exporter(collector, { batch: { delay: 100, maxBatch: 10, maxQueue: 1000 } });
    for (let second = 0; second < 600; second++) {
      addNumbers(target, second * 10, second * 10 + 10);
      await clock.tickAsync(1000);
    }
    const gaps = collector.requests.slice(1).map(({ at }, i) => at - (collector.requests[i]?.at ?? 0));
    assert.ok(Math.min(...gaps.slice(10)) >= 24_000, gaps.join());
    assert.ok(troubles.length <= 3 * 10, `${troubles.length} messages in ten minutes`);
    await closed(target, 10);
  });

  it('lets a collector have no more time than it is to have, and says so', async () => {
    for (const [longestWait, wait] of [
      [undefined, 300_000],
      [20_000, 20_000],
    ] as const) {
      const collector = new FakeCollector(() => later(999_999_999_000));
      troubles = [];
      const target = exporter(collector, longestWait === undefined ? {} : { longestWait });
      addNumbers(target, 0, 10);
      await clock.tickAsync(wait - 1);
      assert.equal(collector.requests.length, 1);
      await clock.tickAsync(1);
      assert.equal(collector.requests.length, 2);
      const told = troubles.filter((text) => text.includes('999999999'));
      assert.equal(
        told[0],
        `the collector asks to retry log records in 999999999 seconds: retrying in ${wait / 1000}, the longest accepted`,
      );
      collector.answer = () => TAKEN;
      await target.close(1);
      assert.deepEqual(collector.taken, range(0, 10));
    }
  });

  it('tells of a wait once for all signals', async () => {
    const causes = new ReportedCauses();
    const collector = new FakeCollector(() => later(999_999_999_000));
    troubles = [];
    const targets = [exporter(collector, { causes }), exporter(collector, { causes })];
    for (const target of targets) addNumbers(target, 0, 10);
    await clock.tickAsync(50_000);
    assert.equal(troubles.filter((text) => text.includes('999999999')).length, 1);
    collector.answer = () => TAKEN;
    for (const target of targets) await target.close(1);
  });

  it('goes on for ever where there is no timeout', async () => {
    const collector = new FakeCollector(() => later());
    const target = exporter(collector, { timeout: Number.POSITIVE_INFINITY });
    addNumbers(target, 0, 10);
    await clock.tickAsync(3_600_000);
    assert.ok(collector.requests.length > 100 && collector.requests.length < 140, `${collector.requests.length}`);
    collector.answer = () => TAKEN;
    await clock.tickAsync(40_000);
    assert.deepEqual(collector.taken, range(0, 10));
    await closed(target, 10);
  });

  it('ends a try that is never answered', async () => {
    const signals: AbortSignal[] = [];
    const collector = new FakeCollector((_, signal) => {
      signals.push(signal);
      return silence();
    });
    const target = exporter(collector, { timeout: 3000 });
    addNumbers(target, 0, 10);
    await clock.tickAsync(2999);
    assert.equal(signals[0]?.aborted, false);
    await clock.tickAsync(1);
    assert.equal(signals[0]?.aborted, true);
    assert.equal(target.account.dropped.timeout, 10);
    await closed(target, 10);
  });

  it('takes a transport that throws for one that failed', async () => {
    const collector = new FakeCollector(() => Promise.reject(new Error('oops\u001b[31m\nagain')));
    const target = exporter(collector);
    addNumbers(target, 0, 10);
    await clock.tickAsync(10);
    assert.deepEqual(troubles, ['cannot export log records, will retry: Error: oops [31m again']);
    collector.answer = () => TAKEN;
    await clock.tickAsync(1000);
    assert.equal(target.account.delivered, 10);
    await closed(target, 10);
  });

  it('waits as long as the collector says', async () => {
    const collector = new FakeCollector(() => later(5000));
    const target = exporter(collector);
    addNumbers(target, 0, 10);
    await clock.tickAsync(4999);
    assert.equal(collector.requests.length, 1);
    collector.answer = () => TAKEN;
    await clock.tickAsync(1);
    assert.deepEqual(collector.taken, range(0, 10));
    await closed(target, 10);
  });

  it('keeps a batch that is to come after the timeout, as part of what waits', async () => {
    const collector = new FakeCollector(() => later(60_000));
    const target = exporter(collector);
    addNumbers(target, 0, 10);
    await clock.tickAsync(30_000);
    addNumbers(target, 10, 105);
    assert.equal(target.account.dropped.queue_full, 5);
    assert.equal(target.account.waiting, 100);
    await clock.tickAsync(29_000);
    assert.equal(collector.requests.length, 1);
    collector.answer = () => TAKEN;
    await clock.tickAsync(2000);
    assert.deepEqual(collector.taken, range(0, 100));
    addNumbers(target, 105, 205);
    assert.equal(target.account.dropped.queue_full, 5);
    await closed(target, 1000);
    assert.equal(target.account.delivered, 200);
  });

  it('gives up what is refused, and counts what is rejected', async () => {
    const answers: Outcome[] = [
      REFUSED,
      { kind: 'taken', rejected: 3, message: 'bad name' },
      { kind: 'taken', rejected: 0, message: 'old schema' },
      { kind: 'taken', rejected: 1000, message: 'all bad' },
    ];
    const collector = new FakeCollector(() => answers.shift() ?? TAKEN);
    const target = exporter(collector);
    addNumbers(target, 0, 40);
    await clock.tickAsync(10);
    const { delivered, rejected, dropped } = target.account;
    assert.deepEqual([delivered, rejected, dropped.refused], [17, 13, 10]);
    assert.deepEqual(target.takeLosses(), [
      { reason: 'refused', count: 10, total: 10 },
      { reason: 'rejected', count: 13, total: 13 },
    ]);
    assert.deepEqual(troubles, [
      'the collector refused 10 log records, now dropped: not like this',
      'the collector rejected 3 log records: bad name',
      'the collector accepted the log records with a warning: old schema',
    ]);
    await closed(target, 10);
  });

  it('sends what failed before what is newer, with several under way, too', async () => {
    let failures = 3;
    const collector = new FakeCollector(([first]) => (first === 10 && failures-- > 0 ? later() : TAKEN));
    const target = exporter(collector, { parallel: 2 });
    addNumbers(target, 0, 60);
    await clock.tickAsync(0);
    // 0 to 9 and 10 to 19 went together, and 20 to 29 in the place of the former.
    assert.ok(collector.taken.every((id) => id < 30));
    await clock.tickAsync(10_000);
    const retried = collector.taken.indexOf(10);
    assert.ok(collector.taken.indexOf(30) > retried, collector.taken.join());
    assert.deepEqual(
      [...collector.taken].sort((a, b) => a - b),
      range(0, 60),
    );
    await closed(target, 10);
  });

  it('flushes', async () => {
    const collector = new FakeCollector();
    const target = exporter(collector);
    await target.flush();
    addNumbers(target, 0, 13);
    await target.flush();
    assert.deepEqual(collector.taken, range(0, 13));
    addNumbers(target, 13, 14);
    await clock.tickAsync(1000);
    assert.equal(collector.taken.length, 14);
    await closed(target, 10);
  });

  it('adds up, in order, and sends nothing twice, whatever the collector does', async function () {
    this.timeout(60_000);
    for (let seed = 1; seed <= 100; seed++) {
      const below = randomBelow(seed);
      const isSure = below(2) === 0;
      const collector = new FakeCollector(async (_, signal) => {
        const wait = below(4) === 0 ? below(3000) : 0;
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        // An answer to a try that was given up is one that nobody knows.
        if (isSure && signal.aborted) return later();
        const kind = below(10);
        if (kind < 2) return later(below(2) === 0 ? below(8000) : undefined);
        if (kind === 2) return REFUSED;
        return { kind: 'taken', rejected: below(5) === 0 ? below(5) : 0, message: '' };
      });
      const parallel = 1 + below(3);
      const target = exporter(collector, { parallel, timeout: 2000 + below(5000), random: () => below(1000) / 1000 });
      let next = 0;
      for (let step = 0; step < 60; step++) {
        const count = below(40);
        addNumbers(target, next, next + count);
        next += count;
        await clock.tickAsync(below(4) === 0 ? below(5000) : below(50));
        assertAddsUp(target);
      }
      const wait = below(20_000);
      const done = target.close(wait);
      const half = below(wait + 1);
      await clock.tickAsync(half);
      if (below(2) === 0) target.hurry(below(5000));
      await clock.tickAsync(wait - half);
      await done;
      assertAddsUp(target);
      assert.equal(target.account.waiting, 0);
      const context = `seed ${seed}: ${JSON.stringify(target.account)}`;
      assert.equal(target.account.seen, next);
      if (isSure) assert.equal(new Set(collector.taken).size, collector.taken.length, context);
      if (isSure) assert.equal(collector.taken.length, target.account.delivered + target.account.rejected, context);
      if (isSure && parallel === 1) {
        assert.deepEqual(
          [...collector.taken].sort((a, b) => a - b),
          collector.taken,
          context,
        );
      }
    }
  });
});
