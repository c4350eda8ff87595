import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needs } from '../capability.js';
import { EXECS } from '../helpers/execs.js';
import { fewer, patient } from '../helpers/patience.js';
import { Running, run, snoopkit } from '../helpers/run.js';
import { unhex } from '../helpers/strace.js';
import { Trace, type Traced } from '../helpers/trace.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const [EXITS, CLONES] = [fixture('exits'), fixture('clones')];

interface ProcessEvent {
  event: string;
  pid: number;
  ppid: number;
  comm: string;
  creator: number;
  creator_comm: string;
  existed_before: boolean;
  exit_code: number;
  signal?: string;
  age: number;
  run_time?: number;
  args: string[] | null;
  args_truncated?: true;
  key: string;
  creator_key: string;
  tree_key: string;
  traceparent: string | null;
  traceparent_truncated?: true;
  traceparent_inherited: boolean;
}

const outcome = ({ exit_code, signal }: ProcessEvent) => signal ?? exit_code;

describe('procsnoop', () => {
  let trace: Trace<ProcessEvent>;
  before(function () {
    needs(this, 'root');
    trace = new Trace('procsnoop');
  });
  after(() => trace?.remove());

  for (const kinds of ['tracepoint,raw_tp', 'raw_tp'])
    it(`tells how each process began, and how it ended, by ${kinds}`, async () => {
      const script = 'true & wait; (exit 3); sh -c "kill -9 \\$\\$" 2>/dev/null; exec sh -c "exit 4"';
      const { events, status } = await trace.run(['--hooks', kinds, '-f'], ['bash', '--norc', '-c', script]);
      assert.equal(status, 4);
      const shell = events.at(-1) as ProcessEvent;
      assert.deepEqual(
        events.map((event) => [event.args, outcome(event)]),
        [
          [null, 0],
          [null, 3],
          [['sh', '-c', 'kill -9 $$'], 'SIGKILL'],
          [['sh', '-c', 'exit 4'], 4],
        ],
      );
      for (const event of events.slice(0, -1))
        assert.deepEqual([event.creator, event.creator_comm, event.existed_before], [shell.pid, 'bash', false]);
      for (const { age, run_time, args } of events)
        assert.ok(args === null ? run_time === undefined : (run_time as number) <= age, `${run_time} of ${age}`);
    });

  it('can do without knowing how processes began', async () => {
    const { events } = await trace.run(['--hooks', 'tracepoint', '-f'], ['sh', '-c', 'sh -c "exit 5"; exit 6']);
    assert.deepEqual(
      events.map((event) => [event.args, event.creator, outcome(event)]),
      [
        [null, 0, 5],
        [null, 0, 6],
      ],
    );
  });

  it('marks a process that was there before', async () => {
    const old = new Running('sh', ['-c', 'read line; exec sh -c "exit 7"']);
    const older = new Running('sh', ['-c', 'read line; exit 8']);
    try {
      const { events } = await trace.during(['-p', `${old.pid},${older.pid}`], async () => {
        for (const { child } of [old, older]) child.stdin?.end('\n');
        await Promise.all([old.finished, older.finished]);
      });
      const seen = events.map((event) => [outcome(event), event.existed_before, event.args]);
      assert.deepEqual(
        seen.sort((a, b) => Number(a[0]) - Number(b[0])),
        [
          [7, false, ['sh', '-c', 'exit 7']],
          [8, true, null],
        ],
      );
    } finally {
      for (const running of [old, older]) running.kill();
    }
  });

  it('knows who created a process whose parent has ended', async () => {
    const script = '(sh -c "sleep 0.3; exit 5" & exit 0); sleep 0.6';
    const { events } = await trace.run(['-f'], ['sh', '-c', script]);
    const orphan = events.find(({ exit_code }) => exit_code === 5) ?? assert.fail();
    const creator = events.find(({ pid }) => pid === orphan.creator) ?? assert.fail();
    assert.deepEqual([creator.args, creator.exit_code], [null, 0]);
    assert.notEqual(orphan.ppid, orphan.creator);
  });

  it('shows what a thread that is not the first executed', async () => {
    assert.deepEqual((await trace.one([], [EXECS, 'thread', '/bin/true', 'zero'])).args, ['zero']);
  });

  it('has arguments as they were executed, or marks them', async () => {
    const words = Array.from({ length: 500 }, (_, i) => `word-${i}`);
    const whole = await trace.one(['--max-args', '64K'], ['/bin/true', ...words]);
    assert.deepEqual([whole.args, whole.args_truncated], [['/bin/true', ...words], undefined]);
    const cut = await trace.one([], ['/bin/true', ...words]);
    assert.equal(cut.args_truncated, true);
    assert.equal(cut.args?.join('\0'), ['/bin/true', ...words].join('\0').slice(0, 1024));
    const renamed = await trace.one([], ['perl', '-e', '$0 = "another"', 'x']);
    assert.deepEqual(renamed.args, ['perl', '-e', '$0 = "another"', 'x']);
  });

  it('-x, --min-duration: only those that failed, or lived long', async () => {
    // A short process of a slow machine lives longer than one that sleeps here.
    const least = Math.min(patient(250), 2500);
    const sleep = `sleep ${(1.2 * least) / 1000}`;
    const script = `sh -c "exit 1"; ${sleep}; sh -c "${sleep}; exit 2"; exit 0`;
    const failed = await trace.run(['-f', '-x'], ['sh', '-c', script]);
    assert.deepEqual(failed.events.map(outcome), [1, 2]);
    const long = await trace.run(['-f', '--min-duration', `${least}ms`], ['sh', '-c', script]);
    assert.deepEqual(
      long.events.map(({ comm }) => comm),
      ['sleep', 'sleep', 'sh', 'sh'],
    );
    assert.ok(long.events.every(({ age }) => age >= least * 1e6));
  });

  it('does not take another process for one that had the same id', async () => {
    const shell = new Running('sh', ['-c', 'read line; (exit 3) & echo $!; wait; read line; exit 4']);
    try {
      const { events } = await trace.during(['-f', '-p', `${shell.pid}`], async () => {
        shell.child.stdin?.write('\n');
        await shell.says(/^\d+\n/, 'stdout');
        const pid = shell.written.trim();
        assert.equal((await run(CLONES, [pid, '9'])).status, 0);
        shell.child.stdin?.end('\n');
        await shell.finished;
      });
      assert.deepEqual(events.map(outcome), [3, 4]);
    } finally {
      shell.kill();
    }
  });

  /** What the kernel skipped, and said so, may be missing. */
  function assertAll({ events: { length }, skipped }: Traced<ProcessEvent>, count: number): void {
    assert.ok(length <= count && length + skipped >= count, `${length} of ${count}, and ${skipped} skipped`);
  }

  it('misses none of many, wide or deep', async function () {
    this.timeout(patient(120_000));
    const count = fewer(10_000);
    const wide = await trace.run(['-f', '-F', 'exit_code,args'], [EXITS, 'children', `${count}`], { timeout: 100_000 });
    assertAll(wide, count + 1);
    const script = join(trace.folder, 'deep.sh');
    writeFileSync(script, 'if [ "$1" -gt 0 ]; then sh "$0" $(($1 - 1)) & sh "$0" $(($1 - 1)); wait; fi\nexit "$1"\n');
    const depth = count >= 5000 ? 8 : 5;
    const deep = await trace.run(['-f'], ['sh', script, `${depth}`], { timeout: 100_000 });
    assertAll(deep, 2 ** (depth + 1) - 1);
    const pids = new Set(deep.events.map(({ pid }) => pid));
    const known = deep.events.filter(({ creator }) => pids.has(creator)).length;
    assert.ok(known <= deep.events.length - 1 && known + deep.skipped >= deep.events.length - 1, `${known} known`);
  });

  it('tells where it had no room for arguments', async () => {
    const script = join(trace.folder, 'chain.sh');
    writeFileSync(script, 'if [ "$1" -gt 0 ]; then sh "$0" $(($1 - 1)); fi\nexit 0\n');
    // With so much for each there is room for 256.
    const flags = ['-f', '--max-args', '64K', '-F', 'args'];
    const { events, losses, lines } = await trace.run(flags, ['sh', script, '299'], { mayLose: true });
    assert.equal(events.filter(({ args }) => args === null).length, 300 - 256);
    assert.equal(
      losses.reduce((sum, { reason, count }) => sum + (reason === 'not_kept' ? count : 0), 0),
      300 - 256,
    );
    assert.match(lines.join('\n'), /^snoopkit: 44 entries not stored, maps full/m);
  });

  it('sees of a build what strace sees', async function () {
    needs(this, 'strace');
    this.timeout(patient(60_000));
    const project = join(trace.folder, 'build');
    mkdirSync(project);
    const sources = Array.from({ length: fewer(60) }, (_, i) => `f${i}`);
    for (const name of sources) writeFileSync(join(project, `${name}.in`), `${name}\n`);
    writeFileSync(
      join(project, 'Makefile'),
      'all: $(patsubst %.in,%.out,$(wildcard *.in)) bad\n%.out: %.in\n\t@tr f g <$< | cat >$@; test -s $@\nbad:\n\t@sh -c "exit 9"\n',
    );
    const prefix = join(trace.folder, 'strace');
    const strace = ['strace', '-ff', '-xx', '-s', '5000', '-e', 'trace=execve', '-e', 'signal=none', '-o', prefix];
    const { events, status } = await trace.run(
      ['-f', '--max-args', '64K'],
      [...strace, 'make', '-C', project, '-k', '-j4'],
      { timeout: 50_000 },
    );
    assert.equal(status, 2);
    const seen = new Map(events.map((event) => [event.pid, [event.args, outcome(event)]]));
    const expected = readdirSync(trace.folder).filter((name) => name.startsWith('strace.'));
    assert.ok(expected.length > 3 * sources.length, `${expected.length} processes`);
    for (const name of expected) {
      const text = readFileSync(join(trace.folder, name), 'latin1');
      const [, words] = [...text.matchAll(/^execve\(.*?, \[(.*?)\], .*\) = 0$/gm)].at(-1) ?? [];
      const [, code, signal] = /\+\+\+ (?:exited with (\d+)|killed by (\w+))/.exec(text) ?? assert.fail(text);
      const args = words && [...words.matchAll(/"((?:\\x..)*)"/g)].map(([, hex = '']) => unhex(hex));
      const pid = Number(name.slice('strace.'.length));
      assert.deepEqual(seen.get(pid), [args ?? null, signal ?? Number(code)], name);
      seen.delete(pid);
    }
    // Whoever else is there is strace itself, which tried what the kernel can do, and started make.
    assert.ok([...seen.values()].every(([args]) => args === null || (args as string[])[0] === 'strace'));
  });

  describe('--trace-context', () => {
    const [OURS, OTHER] = [1, 2].map((digit) => `00-${`${digit}`.repeat(32)}-${`${digit}`.repeat(16)}-01`) as [
      string,
      string,
    ];
    /** What is shown of a program that has one of these environments, each a list of NAME=value in order. */
    const seen = async (environments: readonly (readonly string[])[]) => {
      const script = join(trace.folder, 'environments.sh');
      const lines = environments.map((words) => `env -i ${words.map((word) => `'${word}'`).join(' ')} /bin/true`);
      writeFileSync(script, lines.join('\n'));
      const { events } = await trace.run(['-f', '-F', 'args,traceparent'], ['env', '-i', '/bin/sh', script]);
      return events.filter(({ args }) => args?.join() === '/bin/true').map(({ traceparent }) => traceparent);
    };

    it('shows TRACEPARENT, wherever it is in whatever environment', async function () {
      this.timeout(patient(20_000));
      const ours = `TRACEPARENT=${OURS}`;
      const many = (count: number) => Array.from({ length: count }, (_, i) => `F${i}=${'=x'.repeat(i % 60)}`);
      const sizes = [...Array.from({ length: 100 }, (_, i) => 4020 + i), 8170, 32_700, 120_000];
      const environments = [
        ...[0, 1, 60, 62, 64, 66, 68, 500, 1500].flatMap((count) => [
          [...many(count), ours],
          [ours, ...many(count)],
        ]),
        // At each place where two steps meet.
        ...sizes.map((size) => [`X=${'x'.repeat(size)}`, ours]),
        // Behind what may be taken for it.
        ['TxxxxPxxxxx=x', 'TRACEPARENS=x', 'TRACESTATE=x', ours],
      ];
      assert.deepEqual(
        await seen(environments),
        environments.map(() => OURS),
      );
    });

    it('takes nothing else for it', async () => {
      const environments = [
        [],
        [`XTRACEPARENT=${OURS}`],
        [`TRACEPARENTS=${OURS}`],
        [`TRACE_PARENT=${OURS}`],
        [`traceparent=${OURS}`],
        [`OTHER=TRACEPARENT=${OURS}`],
        ['TRACEPARENT='],
        [`TRACEPARENT=${OURS.slice(1)}`],
        [`TRACEPARENT=${OURS.replaceAll('-', '_')}`],
      ];
      assert.deepEqual(
        await seen(environments),
        environments.map(() => null),
      );
    });

    it('marks one that is longer than any that is known', async () => {
      const env = { PATH: process.env.PATH, TRACEPARENT: `${OURS}-${'x'.repeat(100)}` };
      const event = await trace.one(['-F', 'traceparent'], ['/bin/true'], { env });
      assert.deepEqual([event.traceparent, event.traceparent_truncated], [env.TRACEPARENT.slice(0, 63), true]);
    });

    it('shows what a program was executed with, not what it made of that', async () => {
      const script = `$ENV{TRACEPARENT} = '${OTHER}'; $ENV{X} = 1`;
      const event = await trace.one(['--trace-context'], ['perl', '-e', script], {
        env: { PATH: process.env.PATH, TRACEPARENT: OURS },
      });
      assert.deepEqual([event.traceparent, event.traceparent_inherited], [OURS, false]);
    });

    it('goes from process to process, and from program to program', async () => {
      const script = `(exit 2); /bin/false; env -i sh -c "exit 3"; TRACEPARENT=${OTHER} sh -c "(exit 4); exit 5"; exec env -i sh -c "exit 6"`;
      const env = { PATH: process.env.PATH, TRACEPARENT: OURS };
      const { events } = await trace.run(['-f', '--trace-context'], ['bash', '--norc', '-c', script], { env });
      assert.deepEqual(
        events.map((event) => [outcome(event), event.traceparent, event.traceparent_inherited]),
        [
          [2, OURS, true],
          [1, OURS, true],
          [3, OURS, true],
          [4, OTHER, true],
          [5, OTHER, false],
          [6, OURS, false],
        ],
      );
    });

    it('tells each process from all others, and what they descend from', async () => {
      const { events } = await trace.run(
        ['-f', '-F', 'pid,creator,+key,creator_key,tree_key,traceparent'],
        [
          ...['env', '-u', 'TRACEPARENT'],
          ...['bash', '--norc', '-c', '(exit 1); (sh -c "sleep 0.3" & exit 0); sleep 0.5; exit 0'],
        ],
      );
      const root = events.at(-1) ?? assert.fail();
      const keys = new Map(events.map(({ key, pid }) => [key, pid]));
      assert.equal(keys.size, events.length);
      for (const event of events) {
        assert.deepEqual([event.tree_key, event.traceparent], [root.key, null]);
        if (event === root) assert.equal(event.creator_key, '0');
        else assert.equal(keys.get(event.creator_key), event.creator);
      }
    });
  });

  describe('--tree', () => {
    const tree = async (flags: readonly string[], script: string) => {
      const { stdout, status, said } = await snoopkit([
        'procsnoop',
        '-f',
        '--tree',
        ...flags,
        '--',
        'sh',
        '-c',
        script,
      ]);
      assert.deepEqual([status, said], [0, '']);
      // Times differ.
      return stdout.toString().replaceAll(/^ +[\d.]+(us|ms|s) +[\d.]+(us|ms|s) /gm, '');
    };

    it('shows each process below the one that created it', async () => {
      const script = 'exec 2>/dev/null; (exit 3); sh -c "sleep 0.01; kill -9 \\$\\$"; sleep 0; exit 0';
      assert.equal(
        await tree([], script),
        [
          '     TIME       CPU STATUS     COMMAND',
          `0          sh -c '${script}'`,
          'exit 3     ├─ (sh)',
          "SIGKILL    ├─ sh -c 'sleep 0.01; kill -9 $$'",
          '0          │  └─ sleep 0.01',
          '0          └─ sleep 0',
          '5 processes, 2 failed',
          '',
        ].join('\n'),
      );
    });

    it('shows with --failed what led to failures', async () => {
      const script = 'sleep 0; sh -c "sleep 0; sh -c \\"exit 2\\"; true"; exit 0';
      assert.equal(
        await tree(['-x'], script),
        [
          '     TIME       CPU STATUS     COMMAND',
          `0          sh -c '${script}'`,
          `0          └─ sh -c 'sleep 0; sh -c "exit 2"; true'`,
          "exit 2        └─ sh -c 'exit 2'",
          '5 processes, 1 failed',
          '',
        ].join('\n'),
      );
    });

    it('is no output of another form', async () => {
      for (const flags of [['-o', 'json'], ['-F', 'pid'], ['--time=utc']]) {
        const { status, lines } = await snoopkit(['procsnoop', '--tree', ...flags, '--', 'true']);
        assert.deepEqual(
          [status, lines],
          [2, ['snoopkit: --tree cannot be combined with --output, --fields or --time']],
        );
      }
    });
  });
});
