import assert from 'node:assert/strict';
import sinon from 'sinon';
import { Exporter } from '../../../src/otlp/delivery/exporter.js';
import { addNumbers, assertAddsUp, envelope, FakeCollector, later, range, silence, TAKEN } from './fake-collector.js';

describe('OTLP: the end of an Exporter', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  });
  afterEach(() => clock.restore());

  const exporter = (transport: FakeCollector, timeout = Number.POSITIVE_INFINITY) =>
    new Exporter({
      signal: 'logs',
      envelope: envelope(),
      transport,
      batch: { delay: 1000, maxBatch: 10, maxQueue: 100 },
      timeout,
      random: () => 0.5,
    });

  it('closes by the deadline, and counts what is left', async () => {
    const collector = new FakeCollector(silence);
    const target = exporter(collector);
    addNumbers(target, 0, 33);
    let isOver = false;
    const done = target.close(500).then(() => {
      isOver = true;
    });
    assert.equal(target.close(1), target.close(2));
    await clock.tickAsync(499);
    assert.equal(isOver, false);
    await clock.tickAsync(1);
    await done;
    addNumbers(target, 33, 34);
    assert.equal(target.account.dropped.shutdown, 34);
    assert.equal(target.account.waiting, 0);
  });

  it('tries once more, at once, when it closes', async () => {
    const collector = new FakeCollector(() => later());
    const target = exporter(collector);
    addNumbers(target, 0, 15);
    await clock.tickAsync(60_000);
    collector.answer = () => TAKEN;
    await target.close(1);
    assert.deepEqual(collector.taken, range(0, 15));
  });

  it('tries once more where the collector wants more time than there is', async () => {
    for (const kept of [10, 25]) {
      const collector = new FakeCollector(() => later(60_000));
      const target = exporter(collector);
      addNumbers(target, 0, kept);
      await clock.tickAsync(5000);
      collector.answer = () => TAKEN;
      await target.close(1000);
      assert.deepEqual(collector.taken, range(0, kept));
    }
  });

  it('tries once more after a batch was given up', async () => {
    const collector = new FakeCollector(() => later());
    const target = exporter(collector, 5000);
    addNumbers(target, 0, 10);
    await clock.tickAsync(6000);
    assert.equal(target.account.dropped.timeout, 10);
    const before = collector.requests.length;
    addNumbers(target, 10, 13);
    collector.answer = () => TAKEN;
    await target.close(1);
    assert.equal(collector.requests.length, before + 1);
    assert.deepEqual(collector.taken, range(10, 13));
    assertAddsUp(target);
  });

  it('does not wait for a try that comes after the deadline', async () => {
    const collector = new FakeCollector(() => later(60_000));
    const target = exporter(collector);
    addNumbers(target, 0, 10);
    await clock.tickAsync(1);
    await target.close(5000);
    assert.equal(target.account.dropped.shutdown, 10);
  });

  it('closes sooner when it is told to hurry, and never later', async () => {
    const collector = new FakeCollector(silence);
    const target = exporter(collector);
    addNumbers(target, 0, 33);
    target.hurry(1);
    await clock.tickAsync(1000);
    let isOver = false;
    const done = target.close(30_000).then(() => {
      isOver = true;
    });
    await clock.tickAsync(1000);
    target.hurry(5000);
    target.hurry(60_000);
    await clock.tickAsync(4999);
    assert.equal(isOver, false);
    await clock.tickAsync(1);
    await done;
    target.hurry(1);
    assert.deepEqual([target.account.dropped.shutdown, clock.countTimers()], [33, 0]);
    assertAddsUp(target);
  });

  it('tries once more, at once, when it is told to hurry', async () => {
    for (const answer of [TAKEN, later()]) {
      const collector = new FakeCollector(() => later());
      const target = exporter(collector);
      addNumbers(target, 0, 15);
      await clock.tickAsync(60_000);
      const done = target.close(60_000);
      await clock.tickAsync(10_000);
      const before = collector.requests.length;
      collector.answer = () => answer;
      target.hurry(5);
      await done;
      assertAddsUp(target);
      assert.deepEqual(collector.requests[before]?.ids, range(0, 10));
      assert.equal(target.account.delivered, answer === TAKEN ? 15 : 0);
    }
  });

  it('does not wait for a try that comes too late for who hurries', async () => {
    const collector = new FakeCollector(() => later(20_000));
    const target = exporter(collector);
    addNumbers(target, 0, 10);
    const done = target.close(30_000);
    await clock.tickAsync(100);
    target.hurry(5000);
    await done;
    assert.deepEqual([collector.requests.length, target.account.dropped.shutdown], [2, 10]);
  });
});
