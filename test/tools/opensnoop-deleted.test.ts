/** Files that are no longer at their path. The oracle is the link of each in /proc/self/fd. */
import assert from 'node:assert/strict';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '../capability.js';
import { type OpenEvent, percent, type Told, Workbench } from '../helpers/opens.js';
import { OPENS, snoopkit } from '../helpers/run.js';

const [O_DIRECTORY, O_TMPFILE] = [process.arch === 'x64' ? 0o200000 : 0o40000, 0o20000000];

/** As /proc/self/fd and d_path(9) have it. */
const shown = ({ full_path, full_path_deleted }: OpenEvent) => `${full_path}${full_path_deleted ? ' (deleted)' : ''}`;

describe('opensnoop --full-path, deleted files', () => {
  let bench: Workbench;
  let base: string;
  let at = 0;
  before(function () {
    needs(this, 'root');
    needs(this, 'own-root');
    bench = new Workbench();
  });
  after(() => bench?.remove());
  beforeEach(() => {
    base = join(realpathSync(bench.folder), `${at++}`);
    mkdirSync(join(base, 'a/b'), { recursive: true });
    for (const name of ['file', 'a/file', 'a/live (deleted)', 'a/other']) writeFileSync(join(base, name), name);
  });

  async function opens(...words: (string | number)[]): Promise<{ events: OpenEvent[]; told: Told[] }> {
    const steps = words.map((word) => String(word).replace('@', percent(base)));
    const { events, told } = await bench.opens(['--full-path'], steps);
    const own = events.filter(({ comm }) => comm === 'opens');
    assert.equal(own.length, told.length);
    own.forEach((event, i) => {
      assert.equal(event.ret, told[i]?.ret);
      if (event.ret >= 0) assert.equal(shown(event), told[i]?.link, `${event.path}`);
    });
    return { events: own, told };
  }

  const last = (events: readonly OpenEvent[]) => {
    const { full_path, full_path_deleted } = events.at(-1) ?? assert.fail();
    return [full_path?.replace(base, '@'), full_path_deleted];
  };

  const KEEP = (path: string, flags = 0) => ['keep', 'openat', 'cwd', path, flags, 0];

  it('says so of a file', async () => {
    const { events } = await opens(...KEEP('@/a/file'), 'unlink', '@/a/file', 'again', 0);
    assert.deepEqual(last(events.slice(0, 1)), ['@/a/file', false]);
    assert.deepEqual(last(events), ['@/a/file', true]);
  });

  it('says so of one whose place another has taken', async () => {
    const { events } = await opens(...KEEP('@/a/file'), 'rename', '@/a/other', '@/a/file', 'again', 0);
    assert.deepEqual(last(events), ['@/a/file', true]);
  });

  it('says nothing of one that was renamed', async () => {
    const { events } = await opens(...KEEP('@/a/file'), 'rename', '@/a/file', '@/a/b/new', 'again', 0);
    assert.deepEqual(last(events), ['@/a/b/new', false]);
  });

  it('goes by the name that was opened, of several', async () => {
    const linked = ['link', '@/a/file', '@/a/second'];
    const { events } = await opens(...linked, ...KEEP('@/a/file'), 'unlink', '@/a/file', 'again', 0);
    assert.deepEqual(last(events), ['@/a/file', true]);
    const kept = await opens(
      ...KEEP('@/a/second'),
      'link',
      '@/a/second',
      '@/a/third',
      'unlink',
      '@/a/third',
      'again',
      0,
    );
    assert.deepEqual(last(kept.events), ['@/a/second', false]);
  });

  it('is not taken in by names', async () => {
    const name = percent('@/a/live (deleted)');
    const { events } = await opens(...KEEP(name), 'again', 0, 'unlink', name, 'again', 0);
    assert.deepEqual(last(events.slice(0, 2)), ['@/a/live (deleted)', false]);
    assert.deepEqual(last(events), ['@/a/live (deleted)', true]);
  });

  it('says so of a directory, and of what is looked for in it', async () => {
    const { events } = await opens(
      ...KEEP('@/a/b', O_DIRECTORY),
      ...['rmdir', '@/a/b', 'openat', 'kept', '.', O_DIRECTORY, 0],
      ...['openat', 'kept', '..', O_DIRECTORY, 0, 'openat', 'kept', 'x', 0, 0],
    );
    assert.deepEqual(last(events.slice(0, 2)), ['@/a/b', true]);
    assert.deepEqual(last(events.slice(0, 3)), ['@/a', false]);
    assert.deepEqual([...last(events), events.at(-1)?.full_path_resolved], ['@/a/b/x', true, false]);
  });

  it('says so of the working directory, and not of the root', async () => {
    const { events } = await opens(
      'cd',
      '@/a/b',
      'rmdir',
      '@/a/b',
      'openat',
      'cwd',
      'x',
      0,
      0,
      'openat',
      'cwd',
      '/x',
      0,
      0,
    );
    assert.deepEqual(last(events.slice(0, 1)), ['@/a/b/x', true]);
    assert.deepEqual(last(events), ['/x', false]);
  });

  it('says so of what never had a name', async () => {
    const { events } = await opens('openat', 'cwd', '@/a', O_TMPFILE | O_DIRECTORY | 2, 0o600, 'memory', 'again', 0);
    assert.match(String(events[0]?.full_path), /\/a\/#\d+$/);
    assert.equal(events[0]?.full_path_deleted, true);
    assert.deepEqual(last(events), ['/memfd:memory', true]);
  });

  it('says nothing of roots, of other mounts, and of /proc', async () => {
    const { events } = await opens(
      ...['/', '/proc', '/proc/self/status', '/dev', '/dev/null', '/sys'].flatMap((path) => [
        'openat',
        'cwd',
        path,
        0,
        0,
      ]),
    );
    assert.deepEqual(
      events.map(({ full_path_deleted }) => full_path_deleted),
      events.map(() => false),
    );
  });

  it('says so in a table, behind the path', async () => {
    const steps = [...KEEP(`${base}/a/file`), 'unlink', `${base}/a/file`, 'again', 0].map(String);
    const { stdout } = await snoopkit(['opensnoop', '--full-path', '-n', 'opens', '--', OPENS, ...steps]);
    const paths = stdout.toString().trimEnd().split('\n').slice(-2);
    assert.match(paths[0] ?? '', /\/a\/file$/);
    assert.match(paths[1] ?? '', /\/a\/file \(deleted\)$/);
  });
});
