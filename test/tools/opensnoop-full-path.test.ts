import assert from 'node:assert/strict';
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '../capability.js';
import { type OpenEvent, percent, type Told, Workbench } from '../helpers/opens.js';
import { OPENS, snoopkit } from '../helpers/run.js';

const [O_DIRECTORY, O_PATH] = [process.arch === 'x64' ? 0o200000 : 0o40000, 0o10000000];

/** Steps of fixtures/opens.c, @ being the folder, and where in it the file of each open is. */
type Case = readonly [what: string, steps: readonly (string | number)[], paths: readonly string[]];

describe('opensnoop --full-path', () => {
  let bench: Workbench;
  let base: string;
  before(function () {
    needs(this, 'root');
    needs(this, 'own-root');
    bench = new Workbench();
    base = realpathSync(bench.folder);
    mkdirSync(join(base, 'a/b/c'), { recursive: true });
    writeFileSync(join(base, 'a/b/file'), '');
    writeFileSync(join(base, 'a/b/we ird\n"\xff"'), '');
    symlinkSync('b', join(base, 'a/link'));
    symlinkSync(join(base, 'a/b/file'), join(base, 'a/absolute'));
    symlinkSync('loop', join(base, 'a/loop'));
  });
  after(() => bench?.remove());

  /** The opens, as reported by both sides. */
  async function opens(...steps: (string | number)[]): Promise<{ events: OpenEvent[]; told: Told[] }> {
    const { events, told } = await bench.opens(['--full-path'], steps);
    const own = events.filter(({ comm }) => comm === 'opens');
    assert.equal(own.length, told.length);
    return { events: own, told };
  }

  /** The opens of each case, all in one run: a start takes longer than all the rest. */
  async function opensAll(cases: readonly Case[]): Promise<Awaited<ReturnType<typeof opens>>[]> {
    const steps = cases.flatMap(([, words]) => words.map((word) => String(word).replace('@', base)));
    const { events, told } = await opens(...steps);
    let at = 0;
    return cases.map(([, , paths]) => {
      const from = at;
      at += paths.length;
      return { events: events.slice(from, at), told: told.slice(from, at) };
    });
  }

  /** Each successful open must be shown where /proc/self/fd says that it is. */
  function agree({ events, told }: { events: OpenEvent[]; told: Told[] }): void {
    events.forEach((event, i) => {
      assert.deepEqual(
        [event.ret, event.full_path, event.full_path_resolved, event.full_path_deleted],
        [told[i]?.ret, told[i]?.link, true, false],
        `${event.path}`,
      );
      assert.equal(event.full_path_truncated, undefined);
    });
  }

  describe('shows where they are', () => {
    const cases: readonly Case[] = [
      ['absolute ones', ['openat', 'cwd', '@/a/b/file', 0, 0], ['/a/b/file']],
      [
        'those below the working directory',
        ['cd', '@/a', 'openat', 'cwd', 'b/file', 0, 0, 'openat', 'cwd', './b//./file', 0, 0],
        ['/a/b/file', '/a/b/file'],
      ],
      [
        'those below a directory that is open',
        ['keep', 'openat', 'cwd', '@/a/b', O_DIRECTORY, 0, 'openat', 'kept', 'file', 0, 0],
        ['/a/b', '/a/b/file'],
      ],
      [
        'those below a directory opened with O_PATH',
        ['keep', 'openat', 'cwd', '@/a', O_PATH, 0, 'openat2', 'kept', 'b/file', 0, 0, 0],
        ['/a', '/a/b/file'],
      ],
      [
        'those that go up',
        ['cd', '@/a/b/c', 'openat', 'cwd', '../file', 0, 0, 'openat', 'cwd', '..', 0, 0],
        ['/a/b/file', '/a/b'],
      ],
      [
        'links',
        ['cd', '@/a', 'openat', 'cwd', 'link/file', 0, 0, 'openat', 'cwd', 'absolute', 0, 0],
        ['/a/b/file', '/a/b/file'],
      ],
      ['the directory itself', ['cd', '@/a', 'openat', 'cwd', '.', 0, 0], ['/a']],
      ['the odd ones', ['openat', 'cwd', percent('@/a/b/we ird\n"\xff"'), 0, 0], ['/a/b/we ird\n"\xff"']],
      ['those in a thread', ['thread', 'openat', 'cwd', '@/a/b/file', 0, 0], ['/a/b/file']],
    ];
    let seen: Awaited<ReturnType<typeof opens>>[];
    before(async () => {
      seen = await opensAll(cases);
    });

    cases.forEach(([what, , links], i) => {
      it(what, () => {
        const { events, told } = seen[i] ?? assert.fail();
        agree({ events, told });
        assert.deepEqual(
          told.map(({ link }) => link),
          links.map((link) => base + link),
        );
      });
    });
  });

  it('shows the root, and what is on other mounts', async () => {
    const result = await opens(
      'openat',
      'cwd',
      '/',
      0,
      0,
      'openat',
      'cwd',
      '/proc/self/status',
      0,
      0,
      'openat',
      'cwd',
      '/dev/null',
      0,
      0,
    );
    agree(result);
    assert.equal(result.events[0]?.full_path, '/');
    assert.match(result.events[1]?.full_path ?? '', /^\/proc\/\d+\/status$/);
  });

  it('shows what is no file by a path', async () => {
    const { events } = await opens('openat', 'cwd', `${base}/a/b/c`, 0o20000000 | O_DIRECTORY | 2, 0o600);
    assert.match(events[0]?.full_path ?? '', new RegExp(`^${base}/a/b/c/#\\d+$`));
  });

  it('shows where a bind mount and a tmpfs are, in a mount namespace', async function () {
    needs(this, 'unshare');
    mkdirSync(join(base, 'bound'));
    mkdirSync(join(base, 'tmpfs'));
    const script = `mount --bind ${base}/a ${base}/bound && mount -t tmpfs none ${base}/tmpfs &&
      mkdir -p ${base}/tmpfs/x/bound && : > ${base}/tmpfs/x/new && mount --bind ${base}/a/b ${base}/tmpfs/x/bound && exec "$@"`;
    const steps = [
      'bound/b/file',
      'bound/link/file',
      'tmpfs/x/new',
      'tmpfs/x/bound/file',
      'tmpfs',
      'bound',
      'tmpfs/x/bound/../new',
    ].flatMap((path) => ['openat', 'cwd', `${base}/${path}`, '0', '0']);
    const command = ['unshare', '--mount', 'sh', '-c', script, 'sh', OPENS, ...steps];
    const { events, stdout, said } = await bench.run(['--full-path', '-n', 'opens'], command);
    assert.equal(said, '');
    const told = stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[2]);
    assert.deepEqual(
      events.map(({ full_path }) => full_path),
      told,
    );
    assert.deepEqual(
      told.map((link) => link?.slice(base.length + 1)),
      ['bound/b/file', 'bound/b/file', 'tmpfs/x/new', 'tmpfs/x/bound/file', 'tmpfs', 'bound', 'tmpfs/x/new'],
    );
  });

  it("shows a changed root's folder in front", async () => {
    const { events, told } = await opens(
      'root',
      `${base}/a`,
      'cd',
      '/',
      'openat',
      'cwd',
      '/b/file',
      0,
      0,
      'openat',
      'cwd',
      'link/file',
      0,
      0,
      'openat',
      'cwd',
      '/',
      0,
      0,
      'openat',
      'cwd',
      '/no',
      0,
      0,
    );
    // The process itself sees less: it has no /proc there.
    assert.deepEqual(
      told.map(({ ret }) => ret < 0),
      [false, false, false, true],
    );
    assert.deepEqual(
      events.map(({ full_path }) => full_path),
      ['/a/b/file', '/a/b/file', '/a', '/a/no'].map((path) => base + path),
    );
  });

  it('shows a directory that is deleted by its last name', async () => {
    const gone = `${base}/gone`;
    const { events, told } = await opens(
      'mkdir',
      gone,
      'cd',
      gone,
      'rmdir',
      gone,
      'openat',
      'cwd',
      '.',
      0,
      0,
      'openat',
      'cwd',
      'file',
      0,
      0,
    );
    assert.equal(told[0]?.link, `${gone} (deleted)`);
    assert.deepEqual(
      events.map(({ full_path, ret }) => [full_path, ret < 0]),
      [
        [gone, false],
        [`${gone}/file`, true],
      ],
    );
  });

  describe('of what could not be opened', () => {
    const cases: readonly Case[] = [
      ['is absolute', ['openat', 'cwd', '@/a/nope', 0, 0], ['/a/nope']],
      ['is below the working directory', ['cd', '@/a', 'openat', 'cwd', 'b/nope', 0, 0], ['/a/b/nope']],
      [
        'is below a directory that is open',
        ['keep', 'openat', 'cwd', '@/a/b', O_DIRECTORY, 0, 'openat', 'kept', 'nope', 0, 0],
        ['/a/b', '/a/b/nope'],
      ],
      ['has links that nobody resolved', ['cd', '@/a', 'openat', 'cwd', 'link/../nope', 0, 0], ['/a/nope']],
      ['is a link to itself', ['openat', 'cwd', '@/a/loop', 0, 0], ['/a/loop']],
    ];
    let seen: Awaited<ReturnType<typeof opens>>[];
    before(async () => {
      seen = await opensAll(cases);
    });

    cases.forEach(([what, , paths], i) => {
      it(`${what}: the name below its directory, marked`, () => {
        const event = seen[i]?.events.at(-1);
        assert.ok((event?.ret ?? 0) < 0);
        assert.deepEqual([event?.full_path, event?.full_path_resolved], [`${base}${paths.at(-1)}`, false]);
      });
    });

    it('is marked in a table, too', async () => {
      const { stdout } = await snoopkit([
        'opensnoop',
        '--full-path',
        '--',
        OPENS,
        'cd',
        base,
        'openat',
        'cwd',
        'nope',
        '0',
        '0',
      ]);
      assert.match(stdout.toString(), new RegExp(`^ *PID .* FULL_PATH\n.* ENOENT \\[unresolved\\]${base}/nope\n$`));
    });

    it('is missing without a name, or without a directory', async () => {
      const { events } = await opens('bad', 'cwd', 'openat', 99, 'x', 0, 0);
      assert.deepEqual(
        events.map(({ full_path, full_path_resolved }) => [full_path, full_path_resolved]),
        [
          [null, false],
          [null, false],
        ],
      );
    });
  });

  it('goes down hundreds of directories', async () => {
    mkdirSync(join(base, 'deep'));
    const result = await opens(
      'cd',
      `${base}/deep`,
      'deep',
      400,
      'dd',
      'openat',
      'cwd',
      'file',
      0o100,
      0o600,
      'openat',
      'cwd',
      'nope',
      0,
      0,
    );
    const folder = `${base}/deep${'/dd'.repeat(400)}`;
    assert.deepEqual(
      result.events.map(({ full_path, full_path_resolved }) => [full_path, full_path_resolved]),
      [
        [`${folder}/file`, true],
        [`${folder}/nope`, false],
      ],
    );
    assert.equal(result.told[0]?.link, `${folder}/file`);
  });

  it('says when there is more than it can show', async () => {
    mkdirSync(join(base, 'deeper'));
    const { events } = await opens('cd', `${base}/deeper`, 'deep', 700, 'd', 'openat', 'cwd', 'file', 0o100, 0o600);
    const [event] = events;
    assert.equal(event?.full_path_truncated, true);
    assert.match(event.full_path ?? '', /^(\/d){400,}\/file$/);
  });

  it('says when names are too long to be shown together', async () => {
    mkdirSync(join(base, 'long'));
    const name = 'n'.repeat(255);
    const steps = ['cd', `${base}/long`, 'deep', '70', name, 'openat', 'cwd', 'file', '64', '384'];
    const { events } = await opens(...steps);
    assert.equal(events[0]?.full_path_truncated, true);
    assert.match(events[0]?.full_path ?? '', /^(\/n{255}){60,}\/file$/);
    const again = [
      'cd',
      `${base}/long`,
      ...Array.from({ length: 70 }, () => ['cd', name]).flat(),
      'openat',
      'cwd',
      'file',
      '0',
      '0',
    ];
    const { stdout } = await snoopkit(['opensnoop', '-F', 'full_path', '--', OPENS, ...again]);
    assert.match(stdout.toString(), /^FULL_PATH\n\[truncated\]\.\.\.(\/n{255})+\/file\n$/);
  });

  it('is not there unless one asks for it', async () => {
    const steps = ['openat', 'cwd', '/etc/hostname', '0', '0'];
    const { events } = await bench.opens([], steps);
    assert.ok(events[0] && !('full_path' in events[0]) && !('full_path_resolved' in events[0]));
    const { events: implied } = await bench.opens(['-F', '+full_path'], steps);
    assert.equal(implied[0]?.full_path, '/etc/hostname');
  });
});
