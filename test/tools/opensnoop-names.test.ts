import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { needs } from '../capability.js';
import { type OpenEvent, percent, Workbench } from '../helpers/opens.js';
import { OPENS, snoopkit } from '../helpers/run.js';

const [O_CREAT, O_CLOEXEC, O_DIRECTORY] = [0o100, 0o2000000, process.arch === 'x64' ? 0o200000 : 0o40000];
const O_TMPFILE = 0o20000000 | O_DIRECTORY;
const RESOLVE_IN_ROOT = 0x10;

/** The old calls, which newer architectures have not. */
const OLD = process.arch === 'x64';

/** What a path may be made of. */
const NAMES: readonly [what: string, path: string | Buffer][] = [
  ['a blank', '/tmp/no such file'],
  ['a line break', '/tmp/two\nlines'],
  ['an escape sequence', '/tmp/\x1b[2J\x1b]0;title\x07'],
  ['quotes and backslashes', '/tmp/"quoted"\\n\\x41'],
  ['percent', '/tmp/%s%n%25'],
  ['tab, return, delete', '/tmp/\t\r\x7f'],
  ['other scripts', '/tmp/größe/日本/🙂'],
  ['text that runs backwards', '/tmp/\u202egpj.exe'],
  ['a byte order mark', '\ufeff/tmp'],
  ['invalid UTF-8', Buffer.from([0x2f, 0x74, 0xff, 0xfe, 0x2f, 0xc3])],
  ['Latin-1', Buffer.from('/tmp/gr\xf6\xdfe', 'latin1')],
  ['C1 controls', Buffer.from('/tmp/\x9b2J\xc2\x9b', 'latin1')],
  ['nothing', ''],
  ['a dot', '.'],
  ['a name of 255 bytes', `/tmp/${'n'.repeat(255)}`],
  ['a name of 256 bytes', `/tmp/${'n'.repeat(256)}`],
  ['4,000 bytes', `/${'d/'.repeat(1999)}f`],
  ['4,095 bytes, the most', `/${'d/'.repeat(2047)}`],
];

describe('opensnoop shows every path', () => {
  let bench: Workbench;
  before(function () {
    needs(this, 'root');
    bench = new Workbench();
  });
  after(() => bench?.remove());

  describe('in JSON and in a table', () => {
    let events: OpenEvent[];
    let rows: string[];
    const steps = NAMES.flatMap(([, path]) => ['openat', 'cwd', percent(path), '0', '0']);
    before(async () => {
      ({ events } = await bench.opens([], steps));
      const { stdout } = await snoopkit(['opensnoop', '-F', 'ret,path', '--', OPENS, ...steps]);
      assert.ok(isUtf8(stdout));
      rows = stdout.toString().trimEnd().split('\n').slice(1);
    });

    it('of which none is missing', () => assert.deepEqual([events.length, rows.length], [NAMES.length, NAMES.length]));

    NAMES.forEach(([what, path], i) => {
      it(`with ${what}`, () => {
        const bytes = Buffer.from(path);
        const event = events[i];
        assert.equal(event?.path, bytes.toString());
        assert.equal(event.path_base64, isUtf8(bytes) ? undefined : bytes.toString('base64'));
        assert.equal(event.path_truncated, undefined);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: a row must not contain control characters.
        assert.doesNotMatch(rows[i] ?? '', /[\u0000-\u001f\u007f-\u009f\u202e\ufeff]/);
      });
    });

    it('harmlessly', () => {
      const shown = (what: string) => rows[NAMES.findIndex(([name]) => name === what)]?.replace(/^ *\S+ /, '');
      assert.equal(shown('a line break'), '/tmp/two\\nlines');
      assert.equal(shown('an escape sequence'), '/tmp/\\x1b[2J\\x1b]0;title\\x07');
      assert.equal(shown('quotes and backslashes'), '/tmp/"quoted"\\\\n\\\\x41');
      assert.equal(shown('invalid UTF-8'), '/t\\xff\\xfe/\\xc3');
      assert.equal(shown('other scripts'), '/tmp/größe/日本/🙂');
    });
  });

  for (const length of [4096, 4097, 6000]) {
    it(`of ${length} bytes, which the kernel refuses, as truncated`, async () => {
      const path = `/${'x'.repeat(length - 1)}`;
      const { events, told } = await bench.opens([], ['openat', 'cwd', path, 0, 0]);
      const [event] = events;
      assert.deepEqual([event?.error, told[0]?.ret], ['ENAMETOOLONG', -36]);
      assert.equal(event?.path_truncated, true);
      assert.equal(event.path, path.slice(0, 4096));
      const { stdout } = await snoopkit(['opensnoop', '-F', 'path', '--', OPENS, 'openat', 'cwd', path, '0', '0']);
      assert.equal(stdout.toString(), `PATH\n${path.slice(0, 4096)}...[truncated]\n`);
    });
  }

  it('that could not be read as missing', async () => {
    const { events } = await bench.opens([], ['bad', 'cwd']);
    assert.deepEqual(
      events.map(({ path, error }) => [path, error]),
      [[null, 'EFAULT']],
    );
    const { stdout } = await snoopkit(['opensnoop', '-F', 'ret,path', '--', OPENS, 'bad', 'cwd']);
    assert.equal(stdout.toString(), '    RET PATH\n EFAULT ?\n');
  });
});

describe('opensnoop shows every way to open', () => {
  let bench: Workbench;
  before(function () {
    needs(this, 'root');
    bench = new Workbench();
  });
  after(() => bench?.remove());

  /** The one event of some steps, without what is the same for all. */
  async function one(...steps: (string | number)[]) {
    const { events, told } = await bench.opens([], steps);
    assert.equal(events.length, 1);
    const [{ ret, error, flags, mode, dirfd, path, tid } = {} as OpenEvent] = events;
    assert.deepEqual([ret, tid], [told[0]?.ret, told[0]?.tid], 'as the program saw it');
    return { error, flags, mode, dirfd, path };
  }

  it('openat', async () => {
    const wanted = { error: undefined, flags: 'O_RDONLY|O_CLOEXEC', mode: '0000', dirfd: -100, path: '/etc/hostname' };
    assert.deepEqual(await one('openat', 'cwd', '/etc/hostname', O_CLOEXEC, 0o777), wanted);
    assert.deepEqual(await one('thread', 'openat', 'cwd', '/etc/hostname', O_CLOEXEC, 0), wanted);
  });

  it('openat that creates', async () => {
    const path = `${bench.folder}/created`;
    const wanted = { error: undefined, flags: 'O_RDWR|O_CREAT', mode: '0640', dirfd: -100, path };
    assert.deepEqual(await one('openat', 'cwd', path, O_CREAT | 2, 0o640), wanted);
  });

  it('openat of a file without a name', async () => {
    const path = bench.folder;
    const wanted = { error: undefined, flags: 'O_RDWR|O_TMPFILE', mode: '0600', dirfd: -100, path };
    assert.deepEqual(await one('openat', 'cwd', path, O_TMPFILE | 2, 0o600), wanted);
  });

  it('openat below a directory', async () => {
    const { events, told } = await bench.opens(
      [],
      ['keep', 'openat', 'cwd', '/etc', O_DIRECTORY, 0, 'openat', 'kept', 'hostname', 0, 0],
    );
    assert.deepEqual(
      events.map(({ dirfd, path, ret }) => [dirfd, path, ret]),
      [
        [-100, '/etc', told[0]?.ret],
        [told[0]?.ret, 'hostname', told[1]?.ret],
      ],
    );
    assert.deepEqual(await one('openat', 99, 'hostname', 0, 0), {
      error: 'EBADF',
      flags: 'O_RDONLY',
      mode: '0000',
      dirfd: 99,
      path: 'hostname',
    });
  });

  it('openat2', async () => {
    assert.deepEqual(await one('openat2', 'cwd', 'etc/hostname', O_CLOEXEC, 0, RESOLVE_IN_ROOT), {
      error: 'ENOENT',
      flags: 'O_RDONLY|O_CLOEXEC',
      mode: '0000',
      dirfd: -100,
      path: 'etc/hostname',
    });
    const path = `${bench.folder}/by-openat2`;
    assert.deepEqual(await one('openat2', 'cwd', path, O_CREAT | 1, 0o604, 0), {
      error: undefined,
      flags: 'O_WRONLY|O_CREAT',
      mode: '0604',
      dirfd: -100,
      path,
    });
    assert.equal((await one('openat2', 'cwd', '/etc', 0, 0, 0x8000)).error, 'EINVAL');
  });

  if (OLD) {
    it('open', async () => {
      assert.deepEqual(await one('open', '/no/such/file', 2, 0), {
        error: 'ENOENT',
        flags: 'O_RDWR',
        mode: '0000',
        dirfd: -100,
        path: '/no/such/file',
      });
    });

    it('creat', async () => {
      const path = `${bench.folder}/by-creat`;
      assert.deepEqual(await one('creat', path, 0o711), {
        error: undefined,
        flags: 'O_WRONLY|O_CREAT|O_TRUNC',
        mode: '0711',
        dirfd: -100,
        path,
      });
    });
  }

  it('without a free descriptor', async () => {
    assert.equal((await one('nofile', 3, 'openat', 'cwd', '/etc/hostname', 0, 0)).error, 'EMFILE');
  });

  it('in a thread, by its own number', async () => {
    const { events, told } = await bench.opens(
      [],
      ['openat', 'cwd', '/a', 0, 0, 'thread', 'openat', 'cwd', '/b', 0, 0],
    );
    assert.deepEqual(
      events.map(({ path, tid }) => [path, tid]),
      [
        ['/a', told[0]?.tid],
        ['/b', told[1]?.tid],
      ],
    );
    assert.equal(events[1]?.pid, events[0]?.tid);
    assert.notEqual(events[1]?.tid, events[1]?.pid);
  });

  it('by the name that the command has at the time', async () => {
    const { events } = await bench.opens(
      [],
      ['openat', 'cwd', '/a', 0, 0, 'name', 'fifteen-bytes-.', 'openat', 'cwd', '/b', 0, 0],
    );
    assert.deepEqual(
      events.map(({ comm }) => comm),
      ['opens', 'fifteen-bytes-.'],
    );
  });
});
