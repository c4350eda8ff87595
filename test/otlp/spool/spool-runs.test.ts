import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SnoopkitError } from '../../../src/errors.js';
import { patient } from '../../helpers/patience.js';
import { addNumbers, assertAddsUp, away, FakeCollector, range, silence, TAKEN } from '../delivery/fake-collector.js';
import { SpoolLab } from './spool-lab.js';

describe('OTLP: a spool from run to run', () => {
  let lab: SpoolLab;
  beforeEach(() => {
    lab = new SpoolLab();
  });
  afterEach(() => lab.remove());

  it('does not wait for a collector that is away when all is on disk', async () => {
    const folder = await lab.open();
    const target = await lab.exporter(folder, away());
    addNumbers(target, 0, 25);
    const started = performance.now();
    await target.close(60_000);
    assert.ok(performance.now() - started < 30_000);
    assert.deepEqual([target.account.spooled, target.account.waiting], [25, 0]);
    await folder.close();
    assert.deepEqual(await lab.deliver(), range(0, 25));
  });

  it('asks a collector that was away once more at the end', async () => {
    const folder = await lab.open();
    const collector = away();
    const target = await lab.exporter(folder, collector);
    addNumbers(target, 0, 25);
    while (target.account.spooled < 20) await sleep(1);
    collector.answer = () => TAKEN;
    await target.close(patient(20_000));
    assert.deepEqual(collector.taken, range(0, 25));
    await folder.close();
    assert.deepEqual(readdirSync(lab.directory), []);
  });

  it('keeps what never was answered', async () => {
    const folder = await lab.open();
    const target = await lab.exporter(folder, new FakeCollector(silence));
    addNumbers(target, 0, 25);
    await target.close(5);
    assert.equal(target.account.spooled, 25);
    await folder.close();
    assert.deepEqual(await lab.deliver(), range(0, 25));
  });

  it('keeps signals apart', async () => {
    await lab.leave(0, 10, 'logs');
    await lab.leave(10, 20, 'traces');
    await lab.leave(20, 30, 'metrics');
    assert.deepEqual(await lab.deliver('traces'), range(10, 20));
    assert.deepEqual(await lab.deliver('logs'), range(0, 10));
    assert.deepEqual(await lab.deliver('logs'), []);
    assert.deepEqual(await lab.deliver('metrics'), range(20, 30));
    assert.deepEqual(readdirSync(lab.directory), []);
  });

  it('gives to one of several what a dead run left', async () => {
    await lab.leave(0, 50);
    const folders = await Promise.all(range(0, 8).map(() => lab.open()));
    const taken: number[] = [];
    for (const folder of folders) {
      const collector = new FakeCollector();
      const target = await lab.exporter(folder, collector);
      await target.close(10_000);
      taken.push(...collector.taken);
      await folder.close();
    }
    assert.deepEqual(taken, range(0, 50));
    assert.deepEqual(readdirSync(lab.directory), []);
    assert.deepEqual(lab.troubles, []);
  });

  it('is for its owner only', async () => {
    await lab.leave(0, 10);
    assert.equal(statSync(lab.directory).mode & 0o777, 0o700);
    const [path = ''] = lab.files();
    assert.equal(statSync(join(lab.directory, path)).mode & 0o777, 0o600);
    assert.equal(statSync(join(lab.directory, path, '..')).mode & 0o777, 0o700);
  });

  it('begins new files, and removes each as soon as it is delivered', async () => {
    await lab.leave(0, 300, 'logs', 50_000);
    assert.ok(lab.files().length >= 4, lab.files().join());
    for (const path of lab.files()) assert.ok(statSync(join(lab.directory, path)).size <= 4 << 20);
    const folder = await lab.open();
    let most = 0;
    const collector = new FakeCollector((ids) => {
      if (ids.includes(299)) most = lab.files().length;
      return TAKEN;
    });
    const target = await lab.exporter(folder, collector);
    await target.close(patient(20_000));
    assert.deepEqual(collector.taken, range(0, 300));
    assert.ok(most <= 2, `${most}`);
    await folder.close();
  });

  it('delivers what stands before a frame that is torn', async () => {
    await lab.leave(0, 50);
    const path = join(lab.directory, lab.files()[0] ?? '');
    const { size } = statSync(path);
    for (const cut of [1, 30]) truncateSync(path, size - cut);
    assert.deepEqual(await lab.deliver(), range(0, 40));
    assert.match(lab.troubles.join(), /killed while writing to the spool: .* dropped \(1\)/);
    assert.deepEqual(readdirSync(lab.directory), []);
  });

  it('survives any place to be cut at', async () => {
    await lab.leave(0, 30);
    const [name = ''] = lab.files();
    const whole = readFileSync(join(lab.directory, name));
    for (let cut = 0; cut < whole.length; cut += 41) {
      mkdirSync(join(lab.directory, name, '..'), { recursive: true });
      writeFileSync(join(lab.directory, name), whole.subarray(0, cut));
      const taken = await lab.deliver();
      assert.deepEqual(taken, range(0, taken.length));
      assert.equal(taken.length, Math.floor((cut / whole.length) * 3 + 1e-9) * 10, `${cut}`);
    }
  });

  it('leaves out a frame that is damaged, and counts it', async () => {
    await lab.leave(0, 50);
    const path = join(lab.directory, lab.files()[0] ?? '');
    const bytes = readFileSync(path);
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const folder = await lab.open();
    const collector = new FakeCollector();
    const target = await lab.exporter(folder, collector);
    await target.close(10_000);
    assert.deepEqual(collector.taken, [...range(0, 20), ...range(30, 50)]);
    assert.equal(target.account.dropped.unreadable, 10);
    assertAddsUp(target);
    await folder.close();
  });

  it('says in a line why there can be no spool', async () => {
    writeFileSync(lab.directory, '');
    await assert.rejects(
      lab.open(),
      (error) => error instanceof SnoopkitError && /^cannot use the spool /.test(error.message),
    );
  });

  it('touches nothing that is not its own', async () => {
    mkdirSync(lab.directory);
    const other = join(lab.directory, '..', 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'logs-0000000000000-000000000000-00000000.otlp'), 'mine');
    symlinkSync(other, join(lab.directory, 'run-0000000000000-000000000000'));
    writeFileSync(join(lab.directory, 'notes.otlp'), '');
    assert.deepEqual(await lab.deliver(), []);
    assert.deepEqual(readdirSync(lab.directory).sort(), ['notes.otlp', 'run-0000000000000-000000000000']);
    assert.equal(readdirSync(other).length, 1);
  });

  it('loses nothing that is on disk when it is killed', async function () {
    this.timeout(patient(60_000));
    for (const delay of [150, 320]) {
      const victim = spawn(
        process.execPath,
        [fileURLToPath(new URL('./spool-victim.js', import.meta.url)), lab.directory],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      let said = '';
      victim.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      while (Number(said.split('\n').at(-2) ?? 0) < 2000) await sleep(10);
      await sleep(delay);
      victim.kill('SIGKILL');
      await once(victim, 'close');
      const spooled = Number(said.split('\n').at(-2));
      const taken = await lab.deliver();
      assert.deepEqual(taken, range(0, taken.length));
      assert.ok(taken.length >= spooled, `${taken.length} of ${spooled}`);
      assert.deepEqual(readdirSync(lab.directory), []);
    }
  });

  it('loses nothing of 10,000 records a second, with the queue that OpenTelemetry names', async function () {
    this.timeout(patient(60_000));
    const folder = await lab.open();
    const collector = away();
    const batch = { delay: 1000, maxBatch: 512, maxQueue: 2048 };
    const target = await lab.exporter(folder, collector, { batch, random: () => 0 });
    for (let id = 0; id < 20_000; id += 100) {
      addNumbers(target, id, id + 100, 200);
      if (id === 15_000) collector.answer = () => TAKEN;
      await sleep(10);
    }
    await target.close(patient(30_000));
    assert.deepEqual(collector.taken, range(0, 20_000));
    assert.equal(target.account.delivered, 20_000);
    await folder.close();
    assert.deepEqual(readdirSync(lab.directory), []);
  });
});
