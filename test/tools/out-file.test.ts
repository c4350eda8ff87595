import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { needs } from '../capability.js';
import { Workbench } from '../helpers/opens.js';
import { OPENS, Running, run, SNOOPKIT, snoopkit } from '../helpers/run.js';

let bench: Workbench;
before(() => {
  bench = new Workbench();
});
after(() => bench.remove());

const burst = (count: number) => ['--', OPENS, 'burst', String(count), '/dev/null'];
const csv = ['opensnoop', '-o', 'csv', '-F', 'path'];
const text = (path: string) => readFileSync(path, 'utf8');

describe('--out', () => {
  before(function () {
    needs(this, 'root');
  });

  it('adds to what a run before has left, and is its owner alone to read', async () => {
    const file = join(bench.folder, 'again.csv');
    for (const count of [2, 3])
      assert.equal(
        (await run('sh', ['-c', 'umask 0; exec "$@"', 'sh', SNOOPKIT, ...csv, '--out', file, ...burst(count)])).status,
        0,
      );
    assert.equal(text(file), `path\n${'/dev/null\n'.repeat(5)}`);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    await snoopkit([...csv, '--truncate', '--out', file, ...burst(1)]);
    assert.equal(text(file), 'path\n/dev/null\n');
  });

  it('--rotate begins new files and loses nothing, --keep removes the oldest', async () => {
    const folder = join(bench.folder, 'rotated');
    mkdirSync(folder);
    const file = join(folder, 'opens.csv');
    await snoopkit([...csv, '--rotate', '2K', '--keep', '99', '--out', file, ...burst(1000)]);
    const all = readdirSync(folder).map((name) => text(join(folder, name)));
    assert.ok(all.length >= 5 && all.every((one) => one.startsWith('path\n') && one.length <= 2048));
    assert.equal(all.map((one) => one.slice(5)).join(''), '/dev/null\n'.repeat(1000));
    await snoopkit([...csv, '--rotate', '1K', '--keep', '2', '--out', join(folder, 'few'), ...burst(1000)]);
    assert.deepEqual(
      readdirSync(folder)
        .filter((name) => name.startsWith('few'))
        .sort(),
      ['few', 'few.1', 'few.2'],
    );
  });

  it('refuses other columns and another form before anything runs, and says how to go on', async () => {
    const file = join(bench.folder, 'mixed.csv');
    const ran = join(bench.folder, 'ran');
    await snoopkit([...csv, '--out', file, ...burst(1)]);
    const before = text(file);
    for (const [flags, what] of [
      [['-o', 'csv', '-F', 'path,comm'], 'other columns (path)'],
      [['-o', 'csv'], 'other columns (path)'],
      [['-o', 'json'], 'no JSON lines, it begins with (path)'],
    ] as const) {
      const { status, lines } = await snoopkit(['opensnoop', ...flags, '--out', file, '--', 'touch', ran]);
      assert.deepEqual(
        [status, lines],
        [2, [`snoopkit: ${file} has ${what}: choose another file, or truncate it (--truncate)`]],
      );
    }
    assert.ok(!existsSync(ran));
    assert.equal(text(file), before);
    await snoopkit(['opensnoop', '-o', 'json', '--truncate', '--out', file, ...burst(1)]);
    await snoopkit(['opensnoop', '-o', 'json', '-F', 'comm', '--out', file, ...burst(1)]);
    assert.match(text(file), /^\{.*\}\n\{"event":"open","comm":"opens"\}\n$/);
  });

  it('is needed by what says how it is written', async () => {
    for (const [flags, line] of [
      [['--out', ''], '--out: empty value'],
      [['--out=', '--rotate', '1M'], '--out: empty value'],
      [['--rotate', '1M'], '--rotate needs --out'],
      [['--truncate'], '--truncate needs --out'],
      [['--out', '/dev/null', '--keep', '3'], '--keep needs --rotate'],
      [['--out', '/dev/null', '--rotate', '1'], '--rotate 1: expected a size of at least 1K, such as 100M'],
    ] as const) {
      const { status, lines } = await snoopkit(['opensnoop', ...flags, '--', 'true']);
      assert.deepEqual([status, lines], [2, [`snoopkit: ${line}`]]);
    }
  });

  describe('to a FIFO', () => {
    let fifo: string;
    beforeEach(() => {
      fifo = join(bench.folder, `fifo-${Math.random()}`);
      assert.equal(spawnSync('mkfifo', [fifo]).status, 0);
    });

    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      it(`that nobody reads waits, and ends on ${signal}`, async () => {
        const tool = new Running(process.execPath, [SNOOPKIT, ...csv, '--out', fifo, ...burst(1)]);
        await tool.says(/waiting until somebody reads the FIFO/);
        tool.signal(signal);
        const { status, lines } = await tool.finished;
        assert.deepEqual([status, lines], [0, [`snoopkit: waiting until somebody reads the FIFO ${fifo}`]]);
      });

    it('goes on when a reader comes, and ends quietly when it goes', async () => {
      const tool = new Running(process.execPath, [SNOOPKIT, ...csv, '--out', fifo, ...burst(3)]);
      await sleep(300);
      assert.equal((await run('cat', [fifo])).stdout.toString(), `path\n${'/dev/null\n'.repeat(3)}`);
      assert.equal((await tool.finished).status, 0);
      const other = new Running(process.execPath, [
        SNOOPKIT,
        ...csv,
        '--out',
        fifo,
        '--',
        'sh',
        '-c',
        'while :; do cat /dev/null; done',
      ]);
      assert.match((await run('head', ['-n', '3', fifo])).stdout.toString(), /^path\n/);
      assert.equal((await other.finished).status, 0);
    });
  });

  it("writes through no stranger's link, file or FIFO, and loads nothing", async () => {
    const open = join(bench.folder, 'open');
    mkdirSync(open);
    chmodSync(open, 0o1777);
    const victim = join(bench.folder, 'victim');
    writeFileSync(victim, 'precious\n');
    symlinkSync(victim, join(open, 'link'));
    writeFileSync(join(open, 'file'), '');
    assert.equal(spawnSync('mkfifo', [join(open, 'fifo')]).status, 0);
    assert.equal(spawnSync('chown', ['-h', 'nobody', join(open, 'link')]).status, 0);
    for (const name of ['file', 'fifo']) chownSync(join(open, name), 65534, 65534);
    for (const name of ['link', 'file', 'fifo']) {
      const { status, lines } = await snoopkit([...csv, '--out', join(open, name), '--', 'echo', 'ran']);
      assert.equal(status, 1);
      assert.match(
        lines.join('\n'),
        /^snoopkit: cannot write to .* (user 65534 (and is )?in a world-writable folder)$/,
      );
    }
    assert.equal(text(victim), 'precious\n');
  });
});
