import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { enumNumbers } from '../../src/btf/index.js';
import { mountPoint } from '../../src/kernel/mounts.js';
import { CONTAINER_ID_LENGTH, CONTAINER_IDS_MAX } from '../../src/trace/features/container/container-ids.js';
import { needs } from '../capability.js';
import { snoopkit } from '../helpers/run.js';
import { SOCKETS } from '../helpers/sockets.js';
import { ToolObject } from '../helpers/tool-object.js';
import { loadTool } from '../helpers/tools.js';
import { Trace } from '../helpers/trace.js';

interface Event {
  readonly path?: string;
  readonly cgroup: string;
}

const idOf = (sign: string) => `${process.pid}`.padStart(64, sign);
const WAITS = /no such container is running/;

describe('--container', () => {
  let root: string;
  const made: string[] = [];
  beforeEach(function () {
    needs(this, 'root');
    needs(this, 'cgroup2');
    root = join(mountPoint('cgroup2') ?? '/', `snoopkit-filter-${process.pid}`);
  });
  afterEach(() => {
    for (const folder of made.splice(0).reverse())
      for (let path = folder; path.startsWith(root) && existsSync(path); path = dirname(path)) {
        try {
          rmdirSync(path);
        } catch {
          // Another one is in it, and is removed next.
        }
      }
  });

  /** The folder of a cgroup, which is removed after the test. */
  function folderOf(path: string): string {
    const folder = join(root, path);
    made.push(folder);
    return folder;
  }

  function existing(path: string): string {
    const folder = folderOf(path);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** Shell lines that run a command in a cgroup. */
  const inside = (folder: string, command: string) => `sh -c 'echo $$ >"${folder}/cgroup.procs"; ${command}'; `;
  const opens = new Trace<Event>('opensnoop');

  /** The files of /etc that are seen to be opened. */
  async function opened(ids: string, lines: string, maySay?: RegExp): Promise<string[]> {
    const flags = ['-f', '--container', ids, '-n', 'cat'];
    const { events } = await opens.run(flags, ['sh', '-c', lines], maySay ? { maySay } : {});
    return events.flatMap(({ path = '' }) => /^\/etc\/(passwd|group|hostname|shells)$/.exec(path)?.[1] ?? []);
  }

  it('shows what containers do that exist, and in cgroups below theirs', async () => {
    const [a, b] = [existing(`docker-${idOf('a')}.scope`), existing(`docker-${idOf('b')}.scope`)];
    const below = existing(`docker-${idOf('a')}.scope/init`);
    const lines =
      inside(a, 'cat /etc/passwd') +
      inside(b, 'cat /etc/group') +
      inside(below, 'cat /etc/hostname') +
      'cat /etc/shells';
    assert.deepEqual(await opened(idOf('a').slice(0, 12), lines), ['passwd', 'hostname']);
    assert.deepEqual(await opened(`${idOf('b')},${idOf('a')}`, lines), ['passwd', 'group', 'hostname']);
  });

  for (const [what, path] of [
    ['of Docker', (id: string) => `docker/${id}`],
    ['of a systemd scope', (id: string) => `libpod-${id}.scope`],
    ['of containerd without systemd', (id: string) => `kubepods.slice:cri-containerd:${id}`],
  ] as const)
    it(`shows all of one ${what} that starts later`, async () => {
      const [mine, other] = [folderOf(path(idOf('c'))), folderOf(path(idOf('d')))];
      const lines = `mkdir -p "${mine}" "${other}"; ${inside(mine, 'cat /etc/passwd')}${inside(other, 'cat /etc/group')}true`;
      assert.deepEqual(await opened(idOf('c').slice(0, 20), lines, WAITS), ['passwd']);
    });

  it('does not take conmon, a shorter name or another id for a container', async () => {
    const folders = [`libpod-conmon-${idOf('e')}.scope`, idOf('e').slice(1), `x${idOf('e')}`, idOf('f')].map(folderOf);
    const lines = folders.map((folder) => `mkdir -p "${folder}"; ${inside(folder, 'cat /etc/passwd')}`).join('');
    assert.deepEqual(await opened(idOf('e'), `${lines}true`, WAITS), []);
  });

  it('holds for the owners of sockets', async () => {
    const mine = existing(idOf('a'));
    const talk = `${SOCKETS} listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 accept 2 0 close 1 close 2`;
    const lines = inside(mine, talk) + talk;
    const { events } = await new Trace<Event>('tcpstates').run(['-f', '--container', idOf('a')], ['sh', '-c', lines]);
    const cgroups = new Set(events.map(({ cgroup }) => cgroup));
    assert.ok(events.length > 4);
    assert.deepEqual([...cgroups], [`/snoopkit-filter-${process.pid}/${idOf('a')}`]);
  });

  it('takes as many ids as the program has room for, and as long ones', async () => {
    const { btf } = new ToolObject(await loadTool('opensnoop'));
    const limits = enumNumbers(btf, 'container_limits', ['CONTAINER_IDS_MAX', 'CONTAINER_ID_LENGTH']);
    assert.deepEqual(limits, { CONTAINER_IDS_MAX, CONTAINER_ID_LENGTH });
  });

  it('says in one line that none is running, and refuses what is no id', async () => {
    const { status, said } = await snoopkit(['opensnoop', '--container', 'abcdefabcdef', '--', 'true']);
    assert.equal(status, 0);
    assert.match(said, /^snoopkit: --container abcdefabcdef: no such container is running[^\n]*\n$/);
    for (const id of ['abcdefabcde', 'nginx', '', idOf('a') + 0]) {
      const wrong = await snoopkit(['opensnoop', '--container', id, '--', 'true']);
      assert.equal(wrong.status, 2);
      assert.match(wrong.said, /^snoopkit: --container [^\n]*: expected the id of a container: 12 to 64 hexadecimal/);
    }
  });
});
