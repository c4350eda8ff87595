/** Tools as programs use them: snoopkit/trace, with sinks of snoopkit/output and snoopkit/otlp. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { UnsupportedError } from '../../src/bpf/errors.js';
import { UsageError } from '../../src/errors.js';
import { otlp } from '../../src/otlp/index.js';
import { csv, jsonLines, table } from '../../src/output/index.js';
import { BaseSink, trace } from '../../src/trace/index.js';
import { plainEnvironment, useReceiver } from '../helpers/otlp-run.js';
import { run } from '../helpers/run.js';
import { loadTool } from '../helpers/tools.js';
import { take, useTraceFiles } from '../helpers/trace-files.js';

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

/** Timers of the collector's side come and go; one of a run that is left stays. */
async function noTimerSince(from: number): Promise<void> {
  for (let i = 0; i < 50 && timers() > from; i++) await sleep(20);
  assert.ok(timers() <= from, 'no timer is left');
}

describe('snoopkit/trace', () => {
  const receiver = useReceiver();
  const files = useTraceFiles();
  const { open } = files;

  /** A child sends itself a signal so often. */
  const probe = (times: number) => spawnSync('sh', ['-c', 'kill -CONT $$; '.repeat(times)]);

  it('is an iteration over events, whose end ends the run', async () => {
    const opens = await trace('opensnoop', { ppid: process.pid, path: files.folder });
    const paths = open('one', 'two');
    const events = await take(opens, 2);
    assert.deepEqual(
      events.map(({ path }) => path),
      paths,
    );
    const [first = assert.fail()] = events;
    assert.equal(first.comm, 'touch');
    assert.equal(first.ppid, process.pid);
    assert.equal(typeof first.time, 'bigint');
    assert.ok(Number(first.ret) > 0);
    assert.equal(opens.events, 2);
    assert.deepEqual(opens.losses, {});
  });

  it('ends with the number of events, the duration, the signal, and `using`', async () => {
    const counted = await trace('opensnoop', { ppid: process.pid, path: files.folder, maxEvents: 2 });
    open('a', 'b', 'c');
    assert.equal((await take(counted, 10)).length, 2);

    const short = await trace('opensnoop', { ppid: process.pid, path: files.folder, duration: '100ms' });
    assert.equal((await take(short, 1)).length, 0);

    const abort = new AbortController();
    const aborted = await trace('opensnoop', { ppid: process.pid, path: files.folder }, { signal: abort.signal });
    open('a');
    await sleep(100);
    abort.abort();
    assert.equal((await take(aborted, 10)).length, 1, 'what was seen can still be read');
    await assert.rejects(trace('opensnoop', {}, { signal: abort.signal }), { name: 'AbortError' });

    {
      await using used = await trace('opensnoop', { ppid: process.pid, path: files.folder });
      assert.equal(used.events, 0);
    }
    const ended = await trace('opensnoop', { ppid: process.pid, duration: '50ms' }, { sinks: [] });
    await ended.ended();
  });

  it('reports aggregates as rows', async () => {
    const counts = await trace('sigsnoop', {
      count: true,
      interval: '100ms',
      signal: 'CONT',
      ppid: process.pid,
    });
    probe(2);
    const rows = await take(counts, 1);
    assert.deepEqual([rows[0]?.signal, rows[0]?.count], ['SIGCONT', 2]);
  });

  it('reports a wrong option by its name', async () => {
    for (const [options, message] of [
      [{ nope: 1 }, 'opensnoop has no option nope'],
      [{ port: 80 }, 'opensnoop has no option port'],
      [{ follow: 1 }, 'follow: expected true or false'],
      [{ maxEvents: 0 }, 'maxEvents 0: expected an integer from 1 to 9007199254740991'],
      [{ pid: [1, 'x'] }, 'pid x: expected an integer from 1 to 4294967295'],
      [{ duration: '5d' }, /^duration 5d: expected a time/],
      [{ fullPath: 'yes' }, 'fullPath: expected true or false'],
      [{ pid: 4194000 }, 'pid 4194000: no such process'],
    ] as const)
      await assert.rejects(
        trace('opensnoop' as string, options),
        (error: Error) =>
          error instanceof UsageError &&
          (typeof message === 'string'
            ? assert.equal(error.message, message) === undefined
            : message.test(error.message)),
      );
    await assert.rejects(trace('opensnoop', { fields: 'pid,nope' }), /^NotFoundError: no column nope; columns: time, /);
    await assert.rejects(trace('nosnoop'), /^UsageError: unknown tool nosnoop$/);
    await assert.rejects(trace('../index'), /^UsageError: unknown tool/);
  });

  it('writes to files as the command line does, each sink all of it', async () => {
    const outputs = ['json', 'csv', 'table'].map((name) => join(files.folder, `out.${name}`));
    const [json, values, rows] = outputs as [string, string, string];
    const opens = await trace(
      'opensnoop',
      { ppid: process.pid, path: join(files.folder, 'seen'), maxEvents: 1 },
      { sinks: [jsonLines(json), csv(values), table(rows)] },
    );
    const [path] = open('seen');
    assert.deepEqual(await take(opens, 1), [], 'they are not handed to the program');
    const event = JSON.parse(readFileSync(json, 'utf8'));
    assert.deepEqual([event.event, event.path, event.ppid], ['open', path, process.pid]);
    assert.match(readFileSync(values, 'utf8'), /^time,pid,.*\n[^\n]+\n$/);
    assert.match(readFileSync(rows, 'utf8'), /^ +PID COMM +RET PATH\n[^\n]+seen\n$/);
  });

  it('gives no warning while nothing is missing', async () => {
    const warnings: Error[] = [];
    const keep = (warning: Error) => warnings.push(warning);
    process.on('warning', keep);
    try {
      const child = spawn('sh', ['-c', `read line; : >${join(files.folder, 'quiet')}`]);
      const { origin } = new URL(receiver().flags[1] ?? '');
      const sinks = [otlp({ endpoint: origin, protocol: 'http/protobuf' }, plainEnvironment())];
      const run = await trace('opensnoop', { pid: child.pid ?? 0, path: files.folder }, { sinks });
      child.stdin.end('\n');
      // The process has ended, and its record is delivered.
      await run.ended();
      await sleep(0);
      assert.equal(receiver().take().logs.length, 1);
    } finally {
      process.off('warning', keep);
    }
    assert.deepEqual(warnings, []);
  });

  it('reports that a file can not be written, and releases everything', async () => {
    writeFileSync(join(files.folder, 'table'), 'PID\n');
    await assert.rejects(trace('opensnoop', {}, { sinks: [csv(join(files.folder, 'table'))] }), /other columns/);
    await assert.rejects(trace('opensnoop', {}, { sinks: [csv(join(files.folder, 'no', 'folder'))] }), /no such file/);
  });

  it('runs two tools and the exporter at once, another fails to attach, and they end in any order', async () => {
    const opensnoop = await loadTool('opensnoop');
    const kprobes = { ...opensnoop, hooks: { opens: { ways: [{ programs: ['handle_function'] }] } } };
    for (const order of [0, 1]) {
      const from = timers();
      const lines: string[] = [];
      const notices = { info: (line: string) => void lines.push(line), warn: assert.fail, error: assert.fail };
      const { origin } = new URL(receiver().flags[1] ?? '');
      const sent = await trace(
        'opensnoop',
        { ppid: process.pid, path: join(files.folder, 'sent') },
        { sinks: [otlp({ endpoint: origin, protocol: 'http/protobuf' }, plainEnvironment())], notices },
      );
      const signals = await trace('sigsnoop', { signal: 'CONT', ppid: process.pid });
      const refused = trace(kprobes, { ppid: process.pid, hooks: 'fentry' }).then(
        (other) => other.close(),
        (error) => assert.ok(error instanceof UnsupportedError, String(error)),
      );
      open('sent', 'other');
      probe(1);
      await refused;
      const runs = [() => sent.close(), async () => assert.equal((await take(signals, 1))[0]?.signal, 'SIGCONT')];
      for (const end of order === 0 ? runs : runs.reverse()) await end();
      assert.match(lines.join('\n'), /1 log record: 1 delivered/);
      const { logs } = receiver().take();
      assert.deepEqual(
        logs.map(({ attributes }) => (attributes as Record<string, unknown>)['file.path']),
        [join(files.folder, 'sent')],
      );
      await noTimerSince(from);
    }
  });

  it('runs in a worker, beside one in this thread', async () => {
    const file = fileURLToPath(new URL('../fixtures/trace-worker.js', import.meta.url));
    const worker = new Worker(file, { workerData: files.folder });
    const messages: unknown[] = [];
    const [attached, ended] = [
      new Promise((resolve) => worker.once('message', resolve)),
      new Promise((resolve, reject) => {
        worker.on('message', (message) => messages.push(message));
        worker.once('exit', resolve);
        worker.once('error', reject);
      }),
    ];
    const opens = await trace('opensnoop', { path: files.folder, ppid: process.pid });
    await attached;
    const paths = open('x', 'y', 'z');
    const here = await take(opens, 3);
    await ended;
    assert.deepEqual(messages.at(-1), paths);
    assert.deepEqual(
      here.map(({ path }) => path),
      paths,
    );
  });

  it('fails with the error of a sink, whenever that comes, and releases everything', async () => {
    // Mocha starts that of the test when it first waits.
    await sleep(1);
    const from = timers();
    for (const broken of ['event', 'report', 'tick'] as const) {
      class Broken extends BaseSink {
        override event(): void {}
      }
      Broken.prototype[broken] = () => {
        throw new Error(`no ${broken}`);
      };
      const options = { signal: 'CONT', ppid: process.pid } as const;
      const extras = { sinks: [() => new Broken()] };
      const failing =
        broken === 'report'
          ? await trace('sigsnoop', { ...options, count: true, interval: '50ms' }, extras)
          : await trace('sigsnoop', options, extras);
      const ended = assert.rejects(failing.ended(), { message: `no ${broken}` });
      probe(1);
      await ended;
    }
    await noTimerSince(from);
  });

  it('lets the process end when it is done', async () => {
    const module = new URL('../../src/trace/index.js', import.meta.url).href;
    const script = `
      const { trace } = await import(${JSON.stringify(module)});
      const opens = await trace('opensnoop', { ppid: process.pid });
      await opens.close();
      console.log('closed');`;
    const { status, stdout, said } = await run(process.execPath, ['--input-type=module', '-e', script], {});
    assert.deepEqual([status, stdout.toString(), said], [0, 'closed\n', '']);
  });
});
