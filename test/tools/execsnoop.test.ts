import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { needs } from '../capability.js';
import { EXECS, ExecBench } from '../helpers/execs.js';
import { run } from '../helpers/run.js';

const TRUE = '/bin/true';
const exeOf = (path: string) => realpathSync(path);

describe('execsnoop', () => {
  let bench: ExecBench;
  before(function () {
    needs(this, 'root');
    bench = new ExecBench();
  });
  after(() => bench?.remove());

  const HOOKS: [kinds: string, hasInterpreter: boolean][] = [
    ['raw_tp,tracepoint', true],
    ['tracepoint', false],
    ['raw_tp,tp_btf', true],
  ];
  for (const [kinds, hasInterpreter] of HOOKS)
    describe(`by ${kinds}`, () => {
      it('shows what is executed, and who did it', async () => {
        const { events } = await bench.run(
          ['--hooks', kinds, '-f'],
          ['sh', '-c', 'cat /etc/hostname >/dev/null; true'],
        );
        const [shell, cat, ...more] = events;
        assert.ok(shell && cat && more.length === 0);
        assert.deepEqual(shell.args, ['sh', '-c', 'cat /etc/hostname >/dev/null; true']);
        const { event, comm, ret, error, parent_comm, path, interpreter, exe, args } = cat;
        assert.deepEqual([event, comm, ret, error, parent_comm], ['exec', 'cat', 0, undefined, 'sh']);
        assert.deepEqual(
          [path, exe].map((file) => basename(file ?? '')),
          ['cat', basename(exeOf(path ?? ''))],
        );
        assert.deepEqual([interpreter, args], [null, ['cat', '/etc/hostname']]);
        assert.deepEqual([cat.ppid, cat.tid], [shell.pid, cat.pid]);
        if (kinds.includes('raw_tp')) assert.equal(cat.comm_before, 'sh');
      });

      it('shows what can not be executed', async () => {
        const [script, plain] = [join(bench.folder, 'no-script'), join(bench.folder, 'not-executable')];
        writeFileSync(script, 'nothing that a kernel runs\n');
        writeFileSync(plain, '');
        chmodSync(script, 0o755);
        const words = ['-c', '"$0" one "two words"; /no/such; "$1"; true', script, plain];
        const { events } = await bench.run(['--hooks', kinds, '-f', '-x'], ['bash', '--norc', ...words]);
        assert.deepEqual(
          events.map(({ ret, error, path, args }) => [ret, error, path, args]),
          [
            [-8, 'ENOEXEC', script, [script, 'one', 'two words']],
            [-2, 'ENOENT', '/no/such', ['/no/such']],
            [-13, 'EACCES', plain, [plain]],
          ],
        );
        assert.ok(
          events.every(({ exe, comm, comm_before }) => exe === null && comm === 'bash' && comm_before === 'bash'),
        );
      });

      it('shows scripts of scripts', async () => {
        const [first, second] = [join(bench.folder, 'first'), join(bench.folder, 'second')];
        writeFileSync(first, '#!/bin/sh -e\nexit 0\n');
        writeFileSync(second, `#!${first} word\n`);
        for (const file of [first, second]) chmodSync(file, 0o755);
        const event = await bench.second(['--hooks', kinds], ['sh', '-c', `exec ${second} more`]);
        assert.deepEqual(event.args, ['/bin/sh', '-e', first, 'word', second, 'more']);
        assert.deepEqual([event.path, event.exe, event.comm], [second, exeOf('/bin/sh'), 'second']);
        assert.equal(event.interpreter, hasInterpreter ? '/bin/sh' : null);
      });

      it('shows execveat(2) of a file descriptor', async () => {
        const event = await bench.second(['--hooks', kinds], [EXECS, 'descriptor', TRUE, 'zero', 'one']);
        assert.deepEqual([event.ret, event.exe, event.args], [0, exeOf(TRUE), ['zero', 'one']]);
        assert.match(event.path ?? '', /^\/dev\/fd\/\d+$/);
      });

      it('shows execveat(2) that fails', async () => {
        const event = await bench.second(['--hooks', kinds], [EXECS, 'descriptor', '/no/such', 'zero']);
        assert.deepEqual([event.error, event.path, event.args], ['EBADF', '', ['zero']]);
      });
    });

  it('shows a program that is in memory alone', async () => {
    const event = await bench.second([], [EXECS, 'memory', TRUE, 'zero', 'one']);
    assert.deepEqual([event.ret, event.args], [0, ['zero', 'one']]);
    assert.deepEqual([event.exe, event.exe_deleted], ['/memfd:copy', true]);
  });

  it('says whether its file and its directory are deleted', async () => {
    const [folder, file] = [
      join(realpathSync(bench.folder), 'gone'),
      join(realpathSync(bench.folder), 'true (deleted)'),
    ];
    copyFileSync(TRUE, file);
    const run = async (script: string) => {
      const { exe, exe_deleted, cwd, cwd_deleted } = await bench.second(
        ['--context'],
        ['sh', '-c', script, file, folder],
      );
      return { exe, exe_deleted, cwd, cwd_deleted };
    };
    const at = { exe: file, cwd: process.cwd() };
    assert.deepEqual(await run('exec "$0"'), { ...at, exe_deleted: false, cwd_deleted: false });
    // A builtin of the shell would not do: it is the exec that is looked at.
    const both = `exec 3<"$0" && mkdir "$1" && cd "$1" && ${process.execPath} -e 'fs.rmdirSync(process.argv[1]);fs.rmSync(process.argv[2])' "$1" "$0"`;
    const { events } = await bench.run(
      ['-f', '--context'],
      ['sh', '-c', `${both} && exec /proc/self/fd/3`, file, folder],
    );
    const { exe, exe_deleted, cwd, cwd_deleted } = events.at(-1) ?? assert.fail();
    assert.deepEqual(
      { exe, exe_deleted, cwd, cwd_deleted },
      { exe: file, exe_deleted: true, cwd: folder, cwd_deleted: true },
    );
  });

  it('shows what another thread than the first one executes', async () => {
    const event = await bench.second([], [EXECS, 'thread', TRUE, 'zero']);
    assert.deepEqual([event.ret, event.exe, event.args], [0, exeOf(TRUE), ['zero']]);
    assert.equal(event.tid, event.pid);
    const failed = await bench.second([], [EXECS, 'thread', '/no/such', 'zero']);
    assert.deepEqual([failed.error, failed.args], ['ENOENT', ['zero']]);
    assert.notEqual(failed.tid, failed.pid);
  });

  it('shows an argument that is too long', async () => {
    const event = await bench.second(['--max-args', '128K'], [EXECS, 'long', TRUE, `${200_000}`]);
    assert.deepEqual([event.error, event.path, event.args_truncated], ['E2BIG', TRUE, true]);
    assert.deepEqual(event.args?.[0], 'long');
    assert.match(event.args?.[1] ?? '', /^x+$/);
    // How long it is nobody knows.
    assert.deepEqual([event.args_count, event.args_size], [undefined, undefined]);
  });

  it('shows arguments that are not there', async () => {
    const event = await bench.second([], [EXECS, 'unreadable', TRUE]);
    assert.deepEqual([event.error, event.args, event.args_truncated], ['EFAULT', ['first'], true]);
  });

  it('shows a program without arguments', async () => {
    const event = await bench.second([], [EXECS, 'none', TRUE]);
    // Since 5.18 the kernel gives it an empty one.
    assert.ok(event.args?.length === 0 || event.args?.[0] === '', JSON.stringify(event.args));
  });

  describe('arguments', () => {
    const words = (count: number, size: number) => Array.from({ length: count }, (_, i) => `${i}`.padEnd(size, 'x'));

    it('are exact: 100,000 bytes', async () => {
      const all = words(100, 1000);
      const event = await bench.one(['--max-args', '128K'], [TRUE, ...all]);
      assert.deepEqual([event.args, event.args_truncated], [[TRUE, ...all], undefined]);
    });

    it('are marked where not all are kept, with how many there were', async () => {
      const all = words(5000, 10);
      const size = TRUE.length + 1 + 5000 * 11;
      for (const [flags, kept] of [
        [[], 8192],
        [['--max-args', '100'], 100],
      ] as const) {
        const event = await bench.one(flags, [TRUE, ...all]);
        assert.deepEqual([event.args_truncated, event.args_count, event.args_size], [true, 5001, size]);
        assert.equal(event.args?.join('\0'), [TRUE, ...all].join('\0').slice(0, kept).replace(/\0$/, ''));
      }
    });

    it('of what failed are exact, or marked', async () => {
      const few = words(100, 200);
      const event = await bench.one(['-x', '--max-args', '128K'], [EXECS, 'descriptor', '/no/such', ...few]);
      assert.deepEqual([event.args, event.args_truncated], [few, undefined]);
      const cut = await bench.one(['-x'], [EXECS, 'descriptor', '/no/such', ...few]);
      assert.deepEqual([cut.args_truncated, cut.args_count, cut.args_size], [true, 100, 100 * 201]);
      assert.equal(cut.args?.join('\0'), few.join('\0').slice(0, 8192));
      const many = words(3000, 4);
      const most = await bench.one(['-x', '--max-args', '128K'], [EXECS, 'descriptor', '/no/such', ...many]);
      assert.deepEqual([most.args, most.args_truncated, most.args_count], [many.slice(0, 128), true, undefined]);
    });
  });

  describe('the environment', () => {
    const env = { PATH: process.env.PATH, TRACEPARENT: '00-0af7-01', EMPTY: '', ODD: 'a=b\nc', SECRET: 'hunter2' };

    it('is shown by name', async () => {
      const event = await bench.one(['--env', 'TRACEPARENT,EMPTY,ODD,NONE'], [TRUE], { env });
      assert.deepEqual(event.env, { TRACEPARENT: env.TRACEPARENT, EMPTY: '', ODD: env.ODD });
    });
  });

  it('shows where a program runs', async () => {
    const cwd = join(bench.folder, 'here', 'and there');
    mkdirSync(cwd, { recursive: true });
    const event = await bench.one(['--context'], [TRUE], { cwd });
    const { cwd: seen, cgroup, tty, session, ...rest } = event;
    assert.deepEqual([seen, tty], [realpathSync(cwd), null]);
    assert.equal(cgroup, /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1]);
    // The test's helper has made it a session of its own.
    assert.equal(session, event.ppid);
    for (const kind of ['mnt', 'pid', 'net', 'user', 'uts', 'ipc', 'cgroup'] as const)
      assert.equal(rest[`${kind}ns`], Number(/\d+/.exec(readlinkSync(`/proc/self/ns/${kind}`))?.[0]), kind);
  });

  it('shows the terminal', async function () {
    needs(this, 'script');
    const file = join(bench.folder, 'tty');
    const { status } = await run('script', [
      '-qec',
      `${process.execPath} bin/snoopkit.cjs execsnoop -o json -F tty,args --out ${file} -- ${TRUE}`,
      '/dev/null',
    ]);
    assert.equal(status, 0);
    assert.match(readFileSync(file, 'utf8'), /"tty":"pts\d+"|"tty":"pts\/\d+"/);
  });
});
