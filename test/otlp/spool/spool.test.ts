import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sinon from 'sinon';
import { needs } from '../../capability.js';
import { patient } from '../../helpers/patience.js';
import { randomBelow } from '../../helpers/random.js';
import {
  addNumbers,
  assertAddsUp,
  away,
  FakeCollector,
  later,
  REFUSED,
  range,
  TAKEN,
} from '../delivery/fake-collector.js';
import { SpoolLab } from './spool-lab.js';

describe('OTLP: Spool', () => {
  let lab: SpoolLab;
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    lab = new SpoolLab();
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    clock.restore();
    lab.remove();
  });

  /** Lets time go by, in which the disk does its work, until something is so. */
  async function pass(isReached: () => boolean): Promise<void> {
    for (let turn = 0; !isReached(); turn++) {
      assert.ok(turn < patient(5000), `it does not come to that: ${isReached}`);
      await clock.tickAsync(50);
      await sleep(1);
    }
  }

  it('keeps what the collector does not take, and delivers it in order when it does', async () => {
    const folder = await lab.open();
    const collector = away();
    const target = await lab.exporter(folder, collector);
    for (let id = 0; id < 1000; id += 20) {
      addNumbers(target, id, id + 20);
      await pass(() => target.account.spooled === id + 20);
    }
    assert.deepEqual(collector.taken, []);
    assert.equal(target.account.waiting, 0);
    collector.answer = () => TAKEN;
    await pass(() => target.account.delivered === 1000);
    addNumbers(target, 1000, 1010);
    await pass(() => target.account.delivered === 1010);
    assert.deepEqual(collector.taken, range(0, 1010));
    const { replayed, spooled } = target.account;
    assert.deepEqual([replayed, spooled], [1000, 0]);
    assertAddsUp(target);
    await pass(() => lab.files().length === 0);
    await target.close(1000);
    await folder.close();
    assert.deepEqual(readdirSync(lab.directory), []);
    assert.deepEqual(lab.troubles, []);
  });

  it('takes what is newer to disk while older ones are replayed', async () => {
    const folder = await lab.open();
    const collector = away();
    const target = await lab.exporter(folder, collector);
    addNumbers(target, 0, 30);
    await pass(() => target.account.spooled === 30);
    collector.answer = () => new Promise((resolve) => setTimeout(() => resolve(TAKEN), 40));
    let next = 30;
    await pass(() => {
      if (target.account.waiting < 50) {
        addNumbers(target, next, next + 7);
        next += 7;
      }
      return next >= 1000;
    });
    await pass(() => target.account.waiting + target.account.spooled === 0);
    assert.deepEqual(collector.taken, range(0, next));
    await target.close(1000);
    await folder.close();
  });

  it('takes what waits to disk when the collector is too slow, what is under way first', async () => {
    const folder = await lab.open();
    const answers: (() => void)[] = [];
    const collector = new FakeCollector(() => new Promise((resolve) => answers.push(() => resolve(TAKEN))));
    const batch = { delay: 1000, maxBatch: 10, maxQueue: 1000 };
    const options = { batch, parallel: 2, timeout: Number.POSITIVE_INFINITY };
    const target = await lab.exporter(folder, collector, options);
    let next = 0;
    await pass(() => {
      if (target.account.waiting < 900) {
        addNumbers(target, next, next + 10);
        next += 10;
      }
      return next === 1500;
    });
    assert.equal(target.account.dropped.queue_full, 0);
    await pass(() => target.account.waiting === 0);
    assert.equal(target.account.spooled, 1500);
    await pass(() => {
      for (const answer of answers.splice(0)) answer();
      return target.account.delivered === 1500;
    });
    assert.deepEqual(collector.taken, range(0, 1500));
    await target.close(1000);
    await folder.close();
    assert.deepEqual(lab.files(), []);
  });

  it('gives up what is refused, even from disk', async () => {
    const folder = await lab.open();
    const collector = away();
    const target = await lab.exporter(folder, collector);
    addNumbers(target, 0, 20);
    await pass(() => target.account.spooled === 20);
    collector.answer = ([first]) => (first === 0 ? REFUSED : TAKEN);
    await pass(() => target.account.spooled === 0);
    assert.deepEqual([target.account.delivered, target.account.dropped.refused], [10, 10]);
    assertAddsUp(target);
    await target.close(0);
    await folder.close();
    assert.deepEqual(lab.files(), []);
  });

  it('leaves to the next run what is not delivered, which delivers it first', async () => {
    await lab.leave(0, 100);
    await lab.leave(100, 150);
    await lab.leave(150, 200);
    const folder = await lab.open();
    const collector = new FakeCollector();
    const target = await lab.exporter(folder, collector);
    addNumbers(target, 200, 210);
    await pass(() => target.account.waiting + target.account.spooled === 0);
    assert.deepEqual(collector.taken, range(0, 210));
    const { adopted, replayed, seen } = target.account;
    // The last ones wait in memory or on disk, as it comes.
    assert.deepEqual([adopted, seen], [200, 10]);
    assert.ok(replayed >= 200);
    assertAddsUp(target);
    await target.close(1000);
    await folder.close();
    assert.deepEqual(readdirSync(lab.directory), []);
  });

  it('takes nothing from a run that lives', async () => {
    const folder = await lab.open();
    const target = await lab.exporter(folder, away());
    addNumbers(target, 0, 10);
    await pass(() => target.account.spooled === 10);
    assert.deepEqual(await lab.deliver(), []);
    await target.close(0);
    await folder.close();
    assert.deepEqual(await lab.deliver(), range(0, 10));
  });

  it('takes up no more than it may, and drops the newest', async () => {
    const folder = await lab.open(20_000);
    const collector = away();
    const target = await lab.exporter(folder, collector);
    let next = 0;
    await pass(() => {
      addNumbers(target, next, next + 10, 100);
      next += 10;
      return target.account.dropped.queue_full > 50;
    });
    const size = lab.files().reduce((sum, path) => sum + statSync(join(lab.directory, path)).size, 0);
    assert.ok(size <= 20_000 && size > 10_000, `${size}`);
    const kept = target.account.spooled + target.account.waiting;
    collector.answer = () => TAKEN;
    await pass(() => target.account.delivered === kept);
    assert.equal(collector.taken.length, kept);
    // What was dropped came late: there is no gap among what found room at once.
    assert.deepEqual(collector.taken.slice(0, 100), range(0, 100));
    assert.deepEqual(
      [...collector.taken].sort((a, b) => a - b),
      collector.taken,
    );
    assertAddsUp(target);
    await target.close(0);
    await folder.close();
  });

  it('goes on in memory when it cannot write, and says so once', async () => {
    const folder = await lab.open();
    rmSync(lab.directory, { recursive: true });
    const collector = away();
    const target = await lab.exporter(folder, collector);
    addNumbers(target, 0, 50);
    await pass(() => collector.requests.length > 2);
    assert.equal(target.account.waiting, 50);
    collector.answer = () => TAKEN;
    await pass(() => target.account.delivered === 50);
    assert.deepEqual(collector.taken, range(0, 50));
    assert.equal(lab.troubles.length, 1);
    assert.match(lab.troubles[0] ?? '', /^cannot write to .*: no such file or directory \(ENOENT\); .*memory$/);
    await target.close(0);
    await folder.close();
  });

  it('goes on in memory when the disk is full', async function () {
    needs(this, 'root');
    mkdirSync(lab.directory);
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=200k,mode=0700', 'none', lab.directory], {
      encoding: 'utf8',
    });
    assert.equal(mount.status, 0, mount.stderr);
    try {
      const folder = await lab.open();
      const collector = away();
      const batch = { delay: 1000, maxBatch: 50, maxQueue: 5000 };
      const target = await lab.exporter(folder, collector, { batch });
      addNumbers(target, 0, 3000, 200);
      await pass(() => lab.troubles.length > 0);
      assert.match(lab.troubles.join(), /no space left on device \(ENOSPC\)/);
      assert.ok(target.account.spooled > 100 && target.account.waiting > 100, JSON.stringify(target.account));
      collector.answer = () => TAKEN;
      await pass(() => target.account.delivered === 3000);
      assert.deepEqual(collector.taken, range(0, 3000));
      assert.equal(lab.troubles.length, 1);
      await target.close(0);
      await folder.close();
      assert.deepEqual(readdirSync(lab.directory), []);
    } finally {
      spawnSync('umount', ['-l', lab.directory]);
    }
  });

  it('adds up, in order, and sends nothing twice, whatever the collector does', async function () {
    this.timeout(patient(60_000));
    for (let seed = 1; seed <= 10; seed++) {
      const below = randomBelow(seed);
      const folder = await lab.open(below(3) === 0 ? 20_000 : 1 << 30);
      let isAway = false;
      const collector = new FakeCollector(async (_, signal) => {
        if (below(4) === 0) await new Promise((resolve) => setTimeout(resolve, below(1000)));
        if (signal.aborted || isAway) return later(below(4) === 0 ? below(5000) : undefined);
        return below(20) === 0 ? REFUSED : TAKEN;
      });
      const parallel = 1 + below(3);
      const target = await lab.exporter(folder, collector, { parallel, timeout: 2000 });
      let next = 0;
      let steps = 0;
      await pass(() => {
        if (below(10) === 0) isAway = !isAway;
        const count = below(30);
        addNumbers(target, next, next + count, below(100));
        next += count;
        return ++steps === 150;
      });
      const done = target.close(below(3000));
      let isOver = false;
      void done.then(() => {
        isOver = true;
      });
      await pass(() => isOver);
      await folder.close();
      const { account } = target;
      const context = `seed ${seed}: ${JSON.stringify(account)}`;
      assertAddsUp(target);
      assert.equal(account.waiting, 0, context);
      assert.equal(account.seen, next);
      assert.equal(collector.taken.length, account.delivered, context);
      const rest = await lab.deliver();
      assert.equal(rest.length, account.spooled, context);
      const all = [...collector.taken, ...rest];
      assert.equal(new Set(all).size, all.length, context);
      if (parallel === 1)
        assert.deepEqual(
          [...all].sort((a, b) => a - b),
          all,
          context,
        );
      assert.deepEqual(lab.troubles, []);
    }
  });
});
