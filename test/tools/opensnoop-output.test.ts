import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '../capability.js';
import { Workbench } from '../helpers/opens.js';
import { complaints, type Finished, OPENS, Running, SNOOPKIT, snoopkit, startOpensnoop } from '../helpers/run.js';

const THREE = ['/one', '/two', '/three'].flatMap((path) => ['openat', 'cwd', path, '0', '0']);

describe('opensnoop output', () => {
  let bench: Workbench;
  before(function () {
    needs(this, 'root');
    bench = new Workbench();
  });
  after(() => bench?.remove());

  /** The table of a workload, line by line. */
  async function table(flags: readonly string[], steps: readonly string[] = THREE): Promise<string[]> {
    const { stdout, status } = await snoopkit(['opensnoop', ...flags, '--', OPENS, ...steps]);
    assert.equal(status, 0);
    return stdout.toString().trimEnd().split('\n');
  }

  it('waits for a reader that is slow, and has no complaint of its own about that', async () => {
    // Some 30 MB, of which 1 MiB may wait.
    const count = 100_000;
    const slowly = 'while (sysread STDIN, $_, 300000) { $n += tr/\\n//; select undef, undef, undef, 0.003 } print $n';
    const line = `'${process.execPath}' '${SNOOPKIT}' opensnoop -o json --buffer 64M -- '${OPENS}' burst ${count} /dev/null`;
    const { stdout, said } = await new Running('sh', ['-c', `${line} | perl -e '${slowly}'`]).finished;
    assert.deepEqual([stdout.toString(), said], [`${count}`, '']);
  });

  describe('-F', () => {
    for (const [fields, header, row] of [
      ['path', 'PATH', /^\/one$/],
      ['ret,path', '    RET PATH', /^ ENOENT \/one$/],
      ['path,error', 'PATH                 ERROR', /^\/one {17}ENOENT$/],
      [
        '+error,+flags',
        '    PID COMM                 RET ERROR    FLAGS              PATH',
        /^ *\d+ opens {13}ENOENT ENOENT {3}O_RDONLY {11}\/one$/,
      ],
      ['uid,user,+dirfd', '   UID USER          DIRFD', / 0 root {7}AT_FDCWD$/],
    ] as const)
      it(`${fields} chooses columns`, async () => {
        const [first, second] = await table(['-F', fields]);
        assert.equal(first, header);
        assert.match(second ?? '', row);
      });

    it('chooses the fields of JSON, too', async () => {
      const { stdout } = await snoopkit(['opensnoop', '-o', 'json', '-F', 'path,ret', '--', OPENS, ...THREE]);
      assert.deepEqual(stdout.toString().split('\n')[0], '{"event":"open","path":"/one","ret":-2}');
    });

    it('says what there is when something is not', async () => {
      for (const fields of ['nope', '+full', 'pid,,comm']) {
        const { status, lines, stdout } = await snoopkit(['opensnoop', '-F', fields, '--', 'true']);
        assert.deepEqual([status, lines.length, stdout.length], [2, 1, 0]);
        assert.match(lines[0] ?? '', /^snoopkit: --fields: no column .*; columns: time, pid, /);
      }
    });
  });

  describe('-T', () => {
    for (const [flag, pattern] of [
      ['-T', /^TIME +PID.*\n\d\d:\d\d:\d\d\.\d{6} +\d+ opens/],
      ['--time', /^TIME +PID.*\n\d\d:\d\d:\d\d\.\d{6} +\d+ opens/],
      ['--time=local', /^TIME +PID.*\n\d\d:\d\d:\d\d\.\d{6} +\d+ opens/],
      ['-T=utc', /\n\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z +\d+ opens/],
      ['--time=epoch', /\n1\d{9}\.\d{9} +\d+ opens/],
      ['--time=boot', /\n\d+\.\d{9} +\d+ opens/],
      ['--time=delta', /^ {8}TIME .*\n +0\.000000000 +\d+ opens.*\n +0\.\d{9} .*\n +0\.\d{9} /],
    ] as const)
      it(`${flag} shows when it happened`, async () => assert.match((await table([flag])).join('\n'), pattern));

    it('never goes back in one process', async () => {
      const { events } = await bench.opens([], THREE);
      const times = events.map(({ time }) => time);
      assert.deepEqual(times, [...times].sort());
      assert.equal(new Set(times).size, 3);
    });

    it('refuses another style', async () => {
      const { status, lines } = await snoopkit(['opensnoop', '--time=tomorrow', '--', 'true']);
      assert.deepEqual([status, lines.length], [2, 1]);
      assert.match(lines[0] ?? '', /tomorrow.*local, utc, epoch, boot, delta/);
    });
  });

  describe('ends', () => {
    it('-N: after so many events', async () => {
      const rows = await table(['-N', '2', '-F', 'path']);
      assert.deepEqual(rows, ['PATH', '/one', '/two']);
    });

    it('-N: and ends a command that runs on', async () => {
      const steps = [...THREE, 'wait'];
      const running = new Running(process.execPath, [
        SNOOPKIT,
        'opensnoop',
        '-N',
        '3',
        '-F',
        'path',
        '--',
        OPENS,
        ...steps,
      ]);
      const { status, stdout, said } = await running.finished;
      assert.deepEqual([status, stdout.toString()], [0, 'PATH\n/one\n/two\n/three\n']);
      assert.equal(said.split('\n').filter((line) => line.startsWith('snoopkit')).length, 0);
    });

    it('-d: after some time', async () => {
      const started = Date.now();
      const running = await startOpensnoop(['-d', '300ms', '-p', `${process.pid}`]);
      const finished = await running.finished;
      assert.deepEqual([finished.status, complaints(finished)], [0, []]);
      assert.ok(Date.now() - started >= 300);
    });
  });

  describe('--out', () => {
    it('writes a file, and the command keeps its output', async () => {
      const file = join(bench.folder, 'table');
      const { stdout, said, status } = await snoopkit([
        'opensnoop',
        '--out',
        file,
        '-F',
        'path',
        '--',
        'sh',
        '-c',
        'echo out; echo err >&2; cat /nope 2>/dev/null || exec cat /etc/hostname',
      ]);
      assert.deepEqual(
        [status, said, stdout.toString()],
        [0, 'err\n', `out\n${readFileSync('/etc/hostname', 'utf8')}`],
      );
      assert.match(readFileSync(file, 'utf8'), /^PATH\n(.*\n)*\/etc\/hostname\n$/);
    });

    it('leaves a file alone when nothing can be traced', async () => {
      const file = join(bench.folder, 'kept');
      const kept = await snoopkit(['opensnoop', '--out', file, '--', 'true']);
      assert.equal(kept.status, 0);
      const before = readFileSync(file, 'utf8');
      assert.equal((await snoopkit(['opensnoop', '--out', file, '--btf', '/etc/hostname', '--', 'true'])).status, 1);
      assert.equal(readFileSync(file, 'utf8'), before);
    });
  });

  it('-v tells the hooks, and the log of libbpf', async () => {
    const { lines, status } = await snoopkit(['opensnoop', '-v', '--', 'true']);
    assert.equal(status, 0);
    assert.ok(lines.some((line) => /^snoopkit: attached handle_openat to tp\/syscalls\/sys_exit_openat$/.test(line)));
    assert.ok(lines.some((line) => /^snoopkit: libbpf debug: /.test(line)));
    assert.deepEqual(complaints({ lines } as Finished), []);
  });

  describe('is coloured', () => {
    /** The output on a terminal, which script(1) makes. */
    async function onTerminal(flags: string, env: NodeJS.ProcessEnv): Promise<string> {
      const line = `${process.execPath} ${SNOOPKIT} opensnoop ${flags} -- true`;
      const { stdout } = await new Running('script', ['-qec', line, '/dev/null'], {
        input: '',
        env: { PATH: process.env.PATH, TERM: 'xterm', ...env },
      }).finished;
      return stdout.toString();
    }
    before(function () {
      needs(this, 'script');
    });

    it('on a terminal', async () => assert.ok((await onTerminal('', {})).includes('\u001b[1m    PID')));
    for (const [what, flags, env] of [
      ['--no-color', '--no-color', {}],
      ['NO_COLOR', '', { NO_COLOR: '1' }],
      ['a terminal that can not', '', { TERM: 'dumb' }],
    ] as const)
      it(`not with ${what}`, async () => assert.equal((await onTerminal(flags, env)).includes('\u001b'), false));
  });
});
