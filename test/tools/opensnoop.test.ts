import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '../capability.js';
import { type OpenEvent, Workbench } from '../helpers/opens.js';
import { run, snoopkit } from '../helpers/run.js';
import { type Opened, readStrace, STRACE, sorted } from '../helpers/strace.js';

const opened = ({ flags, path, ret, error }: OpenEvent): Opened => [sorted(flags), path, error ?? ret];

function byProcess(events: readonly OpenEvent[]): Map<number, Opened[]> {
  const found = new Map<number, Opened[]>();
  for (const event of events) found.set(event.pid, [...(found.get(event.pid) ?? []), opened(event)]);
  return found;
}

/** Whether all of `part` is in `whole`, in the same order. */
function isPartOf(part: readonly Opened[], whole: readonly Opened[]): boolean {
  const others = whole.map((entry) => JSON.stringify(entry));
  let at = -1;
  return part.every((entry) => {
    at = others.indexOf(JSON.stringify(entry), at + 1);
    return at >= 0;
  });
}

describe('opensnoop sees what strace sees', () => {
  let bench: Workbench;
  before(function () {
    needs(this, 'root');
    needs(this, 'strace');
    bench = new Workbench();
  });
  after(() => bench?.remove());

  it('of a command, in order: nothing more, nothing less', async () => {
    const command = ['cat', '/etc/hostname', '/no/such/file', '/etc'];
    const prefix = join(bench.folder, 'cat');
    assert.equal((await run('strace', [...STRACE.slice(1), '-o', prefix, ...command])).status, 1);
    const [calls] = readStrace(prefix).values();
    const { events, status, stdout } = await bench.run([], command);
    assert.equal(status, 1);
    assert.equal(stdout.toString(), readFileSync('/etc/hostname', 'utf8'));
    assert.deepEqual(events.map(opened), calls);
    assert.equal(new Set(events.map(({ pid }) => pid)).size, 1);
  });

  /** One run under both: what each process did must be the same, in the same order. */
  async function follows(script: string, processes: number): Promise<void> {
    const prefix = join(bench.folder, `follow-${processes}`);
    const { events, status, said, skipped } = await bench.run(['-f'], [...STRACE, '-o', prefix, 'sh', '-c', script]);
    assert.deepEqual([status, said], [0, '']);
    const calls = readStrace(prefix);
    assert.equal(calls.size, processes);
    const found = byProcess(events);
    let missing = 0;
    for (const [pid, expected] of calls) {
      const seen = found.get(pid) ?? [];
      if (skipped === 0) assert.deepEqual(seen, expected, `process ${pid}`);
      else assert.ok(isPartOf(seen, expected), `process ${pid}`);
      missing += expected.length - seen.length;
    }
    assert.ok(missing <= skipped, `${missing} are missing`);
    // Whoever else is there is strace itself, which started them.
    const others = [...found.keys()].filter((pid) => !calls.has(pid));
    assert.ok(others.length <= 1, others.join());
    assert.ok(events.filter(({ pid }) => others.includes(pid)).every(({ comm }) => comm === 'strace'));
  }

  it('of twenty children at once', () =>
    follows('for i in $(seq 20); do cat /etc/hostname /no/such/$i >/dev/null 2>&1 & done; wait; exit 0', 22));

  it('of a deep tree of processes', async () => {
    const script = join(bench.folder, 'deep.sh');
    writeFileSync(
      script,
      'if [ "$1" -gt 0 ]; then sh "$0" $(($1 - 1)) & sh "$0" $(($1 - 1)); wait; fi\nexec cat /etc/hostname >/dev/null\n',
    );
    // 1 + 2 + 4 + 8 + 16 shells, each of which becomes a cat.
    await follows(`exec sh ${script} 4`, 31);
  });

  it('of one process alone without --follow', async () => {
    const { events } = await bench.run([], ['sh', '-c', 'cat /etc/hostname; cat /etc/hostname; exit 0']);
    assert.deepEqual([...new Set(events.map(({ comm }) => comm))], ['sh']);
  });
});

describe('opensnoop shows a table', () => {
  before(function () {
    needs(this, 'root');
  });

  it('of the usual columns, aligned, without colour in a pipe', async () => {
    const { stdout, status, said } = await snoopkit(['opensnoop', '--', 'cat', '/etc/hostname']);
    assert.equal(status, 0);
    assert.equal(said, readFileSync('/etc/hostname', 'utf8'), "the command's output goes to standard error");
    const [header, ...rows] = stdout.toString().trimEnd().split('\n');
    assert.equal(header, '    PID COMM                 RET PATH');
    for (const row of rows) assert.match(row, /^ *\d+ cat {14} *(\d+|E[A-Z]+) \/\S+$/);
    assert.ok(rows.some((row) => row.endsWith(' 3 /etc/hostname')));
    assert.ok(rows.every((row) => /^.{7} .{16} .{7} \//.test(row)));
  });

  it('that programs read as JSON, with every field', async () => {
    const { stdout } = await snoopkit(['opensnoop', '--json', '--', 'cat', '/etc/hostname']);
    const before = Date.now();
    const event = JSON.parse(stdout.toString().trimEnd().split('\n').at(-1) ?? '') as OpenEvent;
    const { time, pid, tid, ppid, ...rest } = event;
    assert.deepEqual(rest, {
      event: 'open',
      uid: 0,
      user: 'root',
      comm: 'cat',
      thread_comm: 'cat',
      cgroup: /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1],
      ret: 3,
      flags: 'O_RDONLY',
      mode: '0000',
      dirfd: -100,
      path: '/etc/hostname',
    });
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    assert.ok(Math.abs(Date.parse(time) - before) < 60_000, time);
    assert.ok(pid === tid && ppid > 0 && ppid !== pid);
  });

  it('that jq reads', async function () {
    needs(this, 'jq');
    const line = `"$0" "$1" opensnoop -o json -- cat /etc/hostname 2>/dev/null | jq -r 'select(.ret>=0).path' | tail -1`;
    const bin = new URL('../../../bin/snoopkit.cjs', import.meta.url).pathname;
    const { stdout } = await run('sh', ['-c', line, process.execPath, bin]);
    assert.equal(stdout.toString(), '/etc/hostname\n');
  });
});
