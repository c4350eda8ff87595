/** Runs across steps of the system's time, which only snoopkit sees: test/fixtures/preload/clock.c. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { needs } from '../capability.js';
import { Trace, type TraceOptions } from '../helpers/trace.js';

const PRELOAD = fileURLToPath(new URL('../fixtures/clock.so', import.meta.url));
const DAY_MS = 86_400_000;

describe('cli: when the system time is set while it traces', () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let set: (ms: number) => void;
  before(function () {
    needs(this, 'root');
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-'));
    const file = join(folder, 'step');
    set = (ms) => writeFileSync(file, Buffer.from(BigInt64Array.of(BigInt(ms) * 1_000_000n).buffer), { flag: 'r+' });
    writeFileSync(file, Buffer.alloc(8));
    env = { ...process.env, LD_PRELOAD: PRELOAD, CLOCK_STEP: file };
  });
  beforeEach(() => set(0));
  after(() => folder && rmSync(folder, { recursive: true }));

  /** Events of the tests' own children in a tool's output. */
  async function during<Event>(
    tool: string,
    flags: readonly string[],
    action: () => unknown,
    options: TraceOptions = {},
  ) {
    const trace = new Trace<Event>(tool);
    try {
      return (await trace.during(['--ppid', `${process.pid}`, ...flags], action, { env, ...options })).events;
    } finally {
      trace.remove();
    }
  }

  const STEPS = [DAY_MS, -DAY_MS, 5000, 0];

  it('events have the new time at once', async () => {
    const opened: number[] = [];
    const events = await during<{ time: string; path: string }>('opensnoop', [], async () => {
      for (const [i, ms] of STEPS.entries()) {
        set(ms);
        opened.push(Date.now() + ms);
        spawnSync('/bin/cat', [`/missing/${i}`]);
        // As long as a batch waits, and not until anything looks by a timer.
        await sleep(60);
      }
    });
    for (const [i, ms] of STEPS.entries()) {
      const { time } = events.find(({ path }) => path === `/missing/${i}`) ?? assert.fail(`${i}`);
      const off = Date.parse(time) - (opened[i] ?? 0);
      assert.ok(off >= -2 && off < 2000, `after a step to ${ms}: off by ${off} ms`);
    }
  });

  it('reports have the new time, and the interval that it was', async () => {
    const began = performance.now();
    const rows = await during<{ time: string; interval: number }>(
      'sigsnoop',
      ['--count', '--interval', '0.2'],
      async () => {
        for (const ms of STEPS) {
          set(ms);
          spawnSync('/bin/sh', ['-c', 'kill -0 $$']);
          await sleep(350);
        }
      },
    );
    const took = performance.now() - began;
    assert.ok(rows.length >= STEPS.length);
    for (const { interval } of rows) assert.ok(interval > 0 && interval / 1e6 < took, `${interval}`);
    const offsets = new Set(rows.map(({ time }) => Math.round((Date.parse(time) - Date.now()) / DAY_MS)));
    assert.deepEqual([...offsets].sort(), [-1, 0, 1]);
  });
});
