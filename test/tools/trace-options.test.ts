/** Options of trace() whose effect is that of the same flags on the command line. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { otlp } from '../../src/otlp/index.js';
import { table } from '../../src/output/index.js';
import { type Trace, trace } from '../../src/trace/index.js';
import { needs } from '../capability.js';
import { plainEnvironment } from '../helpers/otlp-run.js';
import { snoopkit } from '../helpers/run.js';

describe('snoopkit/trace: options', () => {
  let folder: string;
  before(function () {
    needs(this, 'root');
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-'));
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  async function first<Event>(run: Trace<Event>): Promise<Event> {
    for await (const event of run) return event;
    return assert.fail('no event');
  }

  for (const tool of ['execsnoop', 'procsnoop'] as const)
    it(`leave room for the arguments of programs without maxArgs: ${tool}`, async () => {
      const args = ['/bin/sleep', '0', '0.0'];
      const events = await trace(tool, { ppid: process.pid, maxEvents: 1 });
      spawnSync(args[0] as string, args.slice(1));
      assert.deepEqual((await first(events)).args, args);
    });

  it('report aggregates of tcptop at its interval', async () => {
    const reports = await trace('tcptop', { port: 1 });
    const begin = performance.now();
    await once(spawn('sleep', ['1.5']), 'exit');
    assert.ok(reports.events >= 1, `${reports.events} reports after ${performance.now() - begin} ms`);
    await reports.close();
  });

  const opening = (run: Trace<object>) => {
    spawnSync('cat', [join(folder, 'none')]);
    return first(run);
  };

  it('add a column to all others', async () => {
    const filters = { ppid: process.pid, failed: true, path: folder } as const;
    const usual = Object.keys(await opening(await trace('opensnoop', filters)));
    const more = Object.keys(await opening(await trace('opensnoop', { ...filters, fields: '+error' })));
    assert.deepEqual(more, usual);
    const absolute = Object.keys(await opening(await trace('opensnoop', { ...filters, fields: '+full_path' })));
    for (const name of [...usual, 'full_path']) assert.ok(absolute.includes(name), name);
    const mixed = Object.keys(await opening(await trace('opensnoop', { ...filters, fields: 'pid,+error' })));
    assert.deepEqual(mixed, ['pid', 'error']);
  });

  it('choose the columns of a table as the command line does', async () => {
    for (const fields of [undefined, '+error', '+user,+error', 'error,pid', 'pid,+error', '+full_path']) {
      const file = join(folder, `table ${fields}`);
      const filters = { ppid: process.pid, ...(fields !== undefined && { fields }), duration: '10ms' };
      await (await trace('opensnoop', filters, { sinks: [table(file)] })).ended();
      const flags = fields === undefined ? [] : ['-F', fields];
      const { stdout, said } = await snoopkit(['opensnoop', `--ppid=${process.pid}`, '-d', '10ms', ...flags]);
      assert.equal(readFileSync(file, 'utf8'), stdout.toString(), said);
    }
  });

  it('of the tool and of otlp() go together', async () => {
    const exporter = otlp({ hasSpans: true, endpoint: 'http://127.0.0.1:9', timeout: 300 }, plainEnvironment());
    await assert.rejects(trace('procsnoop', { ppid: process.pid }, { sinks: [exporter] }), {
      code: 'ERR_SNOOPKIT_USAGE',
      message: 'hasSpans needs traceContext: true in the options of the tool',
    });
    const lines: string[] = [];
    const options = { ppid: process.pid, traceContext: true, maxEvents: 1 };
    const notices = { info: () => {}, warn: (line: string) => void lines.push(line), error: assert.fail };
    const run = await trace('procsnoop', options, { sinks: [exporter], notices });
    spawnSync('true');
    await run.ended();
    assert.match(lines.join('\n'), /^\d+ spans?: 0 delivered/m);
  });
});
