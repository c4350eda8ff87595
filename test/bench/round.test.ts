import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureTraced, measureUntraced, type Setting } from '../../bench/measure.js';
import { runMicro } from '../../bench/micro.js';
import { subjects } from '../../bench/subjects.js';
import { mountPoint } from '../../src/kernel/mounts.js';
import { needs } from '../capability.js';

const contenders = subjects.flatMap(({ name, contenders }) =>
  name === 'opensnoop' ? contenders.filter(({ program }) => program === 'snoopkit') : [],
);

describe('a round of the benchmark', function () {
  this.timeout(60_000);
  let folder: string;
  let setting: Setting;

  before(function () {
    needs(this, 'root');
    needs(this, 'own-root');
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-bench-'));
    for (const name of ['first', 'event', 'last']) writeFileSync(join(folder, name), '');
    setting = { kind: 'open', events: 1, count: 2000, folder, tracefs: mountPoint('tracefs') === undefined, ours: [] };
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  for (const contender of contenders) {
    it(`sees every open (${contender.output})`, async () => {
      const untraced = await measureUntraced(setting);
      const measured = await measureTraced(setting, { contender, file: contender.file }, untraced);
      assert.deepEqual([measured.events, measured.reportedLost], [2000, 0]);
      for (const [name, value] of Object.entries(measured)) {
        if (name !== 'reportedLost') assert.ok(value > 0, `${name} is ${value}`);
      }
      assert.ok(measured.peakKb > 20_000 && measured.firstEventMs > 10);
    });
  }

  it('loses nothing in silence', async () => {
    const [contender] = contenders;
    assert.ok(contender);
    const small = { ...setting, count: 50_000, ours: ['--buffer', '64K'] };
    const measured = await measureTraced(small, { contender, file: contender.file }, await measureUntraced(small));
    assert.ok(measured.reportedLost > 0);
    // Beside those that are counted there is one open each millisecond, which may be lost, too.
    const surplus = measured.events + measured.reportedLost - small.count;
    assert.ok(surplus >= 0 && surplus < 100, `${measured.events} seen, ${measured.reportedLost} said to be lost`);
  });

  it('decodes, writes and reads the ring in the micro-benchmarks', () => {
    const micro = runMicro({ ring: true, roundUs: 1000 });
    assert.deepEqual(
      micro.map(({ name }) => name),
      ['decode', 'write a table', 'write JSON', 'read the ring'],
    );
    for (const { name, eventsPerSecond } of micro) assert.ok(eventsPerSecond.median > 1000, name);
  });
});
