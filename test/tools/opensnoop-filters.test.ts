import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mountPoint } from '../../src/kernel/mounts.js';
import { namespaceOf } from '../../src/kernel/processes.js';
import { needs } from '../capability.js';
import { type OpenEvent, Workbench } from '../helpers/opens.js';
import { complaints, OPENS, Running, startOpensnoop } from '../helpers/run.js';
import { parseLines } from '../helpers/trace.js';

/** A process of ours that waits, then opens these, then waits again. */
const waiting = (...paths: string[]) => ['wait', ...paths.flatMap((path) => ['openat', 'cwd', path, '0', '0']), 'wait'];

describe('opensnoop filters', () => {
  const started: Running[] = [];
  let bench: Workbench;
  before(function () {
    needs(this, 'root');
    bench = new Workbench();
  });
  after(() => bench?.remove());
  afterEach(() => {
    for (const running of started.splice(0)) running.kill();
  });

  function start(file: string, args: readonly string[]): Running {
    const running = new Running(file, args);
    started.push(running);
    return running;
  }
  const opens = (...paths: string[]) => start(OPENS, waiting(...paths));

  /** Traces while each of the processes opens what it has to open, and returns the paths that were seen. */
  async function see(flags: readonly string[], processes: readonly Running[], opensEach = 1): Promise<string[]> {
    const tool = await startOpensnoop(['-o', 'json', ...flags]);
    started.push(tool);
    for (const running of processes) {
      running.child.stdin?.write('x');
      await running.says(new RegExp(`^(.+\n){${opensEach}}`), 'stdout');
    }
    tool.signal('SIGINT');
    const finished = await tool.finished;
    assert.deepEqual([finished.status, complaints(finished)], [0, []]);
    return parseLines<OpenEvent>(finished.stdout).map(({ path }) => path ?? '');
  }

  it('-p: a process', async () => {
    const [one, two] = [opens('/one', '/more'), opens('/two')];
    assert.deepEqual(await see(['-p', `${one.pid}`], [one], 2), ['/one', '/more']);
    assert.deepEqual(await see(['-p', `${one.pid}`], [two]), []);
  });

  it('-p: several, in several flags and with commas', async () => {
    const all = [opens('/one'), opens('/two'), opens('/three'), opens('/four')];
    const [a, b, c] = all.map(({ pid }) => pid);
    assert.deepEqual(await see(['-p', `${a},${b}`, '--pid', `${c}`], all), ['/one', '/two', '/three']);
  });

  it('-t: a thread', async () => {
    const [one, two] = [opens('/one'), opens('/two')];
    assert.deepEqual(await see(['-t', `${two.pid}`], [one, two]), ['/two']);
    const { events } = await bench.opens(
      [],
      ['openat', 'cwd', '/main', 0, 0, 'thread', 'openat', 'cwd', '/thread', 0, 0],
    );
    assert.deepEqual(
      events.map(({ path }) => path),
      ['/main', '/thread'],
    );
    const main = start(OPENS, [
      'wait',
      'openat',
      'cwd',
      '/main',
      '0',
      '0',
      'thread',
      'openat',
      'cwd',
      '/thread',
      '0',
      '0',
      'wait',
    ]);
    assert.deepEqual(await see(['--tid', `${main.pid}`], [main], 2), ['/main']);
  });

  it('--ppid: the children of a process', async () => {
    const shell = start('sh', ['-c', '"$0" "$@" <&0; exit 0', OPENS, ...waiting('/child')]);
    const stranger = opens('/stranger');
    assert.deepEqual(await see(['--ppid', `${shell.pid}`], [shell, stranger]), ['/child']);
  });

  it('-u: a user, by number', async function () {
    needs(this, 'setpriv');
    const uid = 54_321;
    const [own, other] = [
      start('setpriv', ['--reuid', `${uid}`, '--clear-groups', OPENS, ...waiting('/etc/hostname', '/own')]),
      opens('/root', '/too'),
    ];
    assert.deepEqual(await see(['-u', `${uid}`], [own, other], 2), ['/etc/hostname', '/own']);
  });

  it('-u: a user, by name', async function () {
    needs(this, 'setpriv');
    const flags = ['-u', 'nobody', '-F', 'uid,user,path'];
    const { events } = await bench.run(flags, [
      'setpriv',
      '--reuid',
      'nobody',
      '--clear-groups',
      OPENS,
      ...waiting('/x').slice(1, -1),
    ]);
    assert.deepEqual(events, [{ event: 'open', uid: 65534, user: 'nobody', path: '/x' }]);
  });

  it('-n: a part of the name', async () => {
    const unique = `snoop${process.pid % 1000}`;
    const named = (name: string) => start(OPENS, ['name', name, ...waiting(`/${name}`)]);
    const names = [`${unique}`, `a-${unique}`, `${unique}-z`, unique.slice(0, -1), `x${unique.slice(1)}`];
    const all = names.map(named);
    assert.deepEqual(await see(['-n', unique], all), [`/${unique}`, `/a-${unique}`, `/${unique}-z`]);
    // Any of several; a blank and a comma are parts of a name.
    const more = [named(`b c,${unique}`), named(`q${unique}`), named('neither')];
    assert.deepEqual(await see(['-n', `b c,${unique}`, '-n', `q${unique}`], more), [`/b c,${unique}`, `/q${unique}`]);
  });

  it('-c: a cgroup and all below it', async function () {
    needs(this, 'cgroup2');
    const root = mountPoint('cgroup2') as string;
    const name = `snoopkit-filter-${process.pid}`;
    const folders = [join(root, name), join(root, name, 'inner'), join(root, `${name}-beside`)];
    for (const folder of folders) mkdirSync(folder);
    try {
      const [outer, inner, beside, outside] = [opens('/outer'), opens('/inner'), opens('/beside'), opens('/outside')];
      [outer, inner, beside].forEach((running, i) => {
        writeFileSync(join(folders[i] as string, 'cgroup.procs'), `${running?.pid}`);
      });
      const all = [outer, inner, beside, outside] as Running[];
      assert.deepEqual(await see(['-c', folders[0] as string], all), ['/outer', '/inner']);
      for (const running of started.splice(0)) {
        running.kill();
        await running.finished.catch(() => {});
      }
      const next = opens('/again');
      writeFileSync(join(folders[1] as string, 'cgroup.procs'), `${next.pid}`);
      assert.deepEqual(await see(['-c', `${name}/inner`, '--cgroup', `/${name}-beside`], [next]), ['/again']);
    } finally {
      for (const running of started.splice(0)) {
        running.kill();
        await running.finished.catch(() => {});
      }
      for (const folder of folders.reverse()) rmdirSync(folder);
    }
  });

  for (const [flag, kind, option] of [
    ['--mntns', 'mnt', '--mount'],
    ['--netns', 'net', '--net'],
  ] as const)
    it(`${flag}: a namespace, by its number or a process`, async function () {
      needs(this, 'unshare');
      if (kind === 'mnt') needs(this, 'own-root');
      const inside = (path: string) =>
        start('unshare', [option, OPENS, 'wait', 'openat', 'cwd', path, '0', '0', 'wait']);
      const [first, second, outside] = [inside('/first'), inside('/second'), opens('/outside')];
      // Its namespace is its own as soon as unshare has become opens.
      for (const running of [first, second])
        for (let i = 0; i < 500 && namespaceOf(running.pid, kind) === namespaceOf('self', kind); i++)
          await new Promise((resolve) => setTimeout(resolve, 5));
      assert.notEqual(namespaceOf(first.pid, kind), namespaceOf(second.pid, kind));
      assert.deepEqual(await see([flag, `pid:${first.pid}`], [first, outside]), ['/first']);
      assert.deepEqual(await see([flag, String(namespaceOf(second.pid, kind))], [second]), ['/second']);
    });

  it('-f with -p: children that were there before, and new ones', async () => {
    const script = '"$0" "$@" <&0; "$0" openat cwd /new 0 0; exit 0';
    const shell = start('sh', ['-c', script, OPENS, 'wait', 'openat', 'cwd', '/old', '0', '0']);
    const tool = await startOpensnoop(['-o', 'json', '-f', '-p', `${shell.pid}`, '-n', 'opens']);
    started.push(tool);
    shell.child.stdin?.end('x');
    await shell.finished;
    tool.signal('SIGINT');
    const { stdout, status } = await tool.finished;
    assert.equal(status, 0);
    assert.deepEqual(
      parseLines<OpenEvent>(stdout).map(({ path }) => path),
      ['/old', '/new'],
    );
  });

  it('-x: only what failed', async () => {
    const steps = [
      'openat',
      'cwd',
      '/etc/hostname',
      0,
      0,
      'openat',
      'cwd',
      '/nope',
      0,
      0,
      'openat',
      'cwd',
      '/etc/passwd',
      0,
      0,
      'bad',
      'cwd',
    ];
    const { events } = await bench.opens(['-x'], steps);
    assert.deepEqual(
      events.map(({ path, error }) => [path, error]),
      [
        ['/nope', 'ENOENT'],
        [null, 'EFAULT'],
      ],
    );
  });

  it('with several flags: what all of them allow', async () => {
    const steps = [
      'openat',
      'cwd',
      '/nope',
      0,
      0,
      'name',
      'other',
      'openat',
      'cwd',
      '/nope2',
      0,
      0,
      'openat',
      'cwd',
      '/etc/passwd',
      0,
      0,
    ];
    const { events } = await bench.opens(['-x', '-n', 'other', '-u', '0'], steps);
    assert.deepEqual(
      events.map(({ path }) => path),
      ['/nope2'],
    );
    assert.deepEqual((await bench.opens(['-u', '1'], steps)).events, []);
  });
});
