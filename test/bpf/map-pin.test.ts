import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BpfLink } from '../../src/bpf/link.js';
import { BpfMap } from '../../src/bpf/map.js';
import { BpfProgram } from '../../src/bpf/program.js';
import { UsageError } from '../../src/errors.js';
import { needs } from '../capability.js';
import { withBpffs } from './bpffs.js';
import { fixturePath } from './helpers.js';

describe('bpf: pins of maps', () => {
  let folder: string;
  before(function () {
    needs(this, 'root');
    needs(this, 'unshare');
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-pins-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('keep a map, with its types, of a process that was killed', () => {
    const lines = withBpffs(
      folder,
      `const { maps } = BpfObject.open(${JSON.stringify(fixturePath('maps'))}).load();
       const list = maps.need('list');
       list.set(1, 77n);
       list.pin(path);
       say([list.pinPath, told(() => list.pin(path + '2')), told(() => maps.need('untyped').pin(path))]);
       process.kill(process.pid, 'SIGKILL');`,
      `const list = BpfMap.fromPin(path);
       say([list.name, list.type, String(list.get(1)), list.pinPath]);
       list.unpin();
       say([String(list.get(1)), list.pinPath ?? null, told(() => list.unpin()), told(() => BpfMap.fromPin(path))]);`,
    );
    const path = join(folder, 'ages');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      [
        [
          path,
          `ERR_SNOOPKIT_USAGE: the map list is pinned already: ${path}`,
          `ERR_SNOOPKIT_BPF: cannot pin the map untyped to ${path}: there is a file of that name`,
        ],
        ['list', 'array', '77', path],
        [
          '77',
          null,
          'ERR_SNOOPKIT_USAGE: the map list is not pinned',
          `ERR_SNOOPKIT_NOT_FOUND: nothing is pinned at ${path}`,
        ],
      ],
    );
  });

  it('may be gone', () => {
    const [line = ''] = withBpffs(
      folder,
      `import { unlinkSync } from 'node:fs';
       const map = BpfMap.create({ type: 'array', valueSize: 4, maxEntries: 1 });
       map.pin(path);
       unlinkSync(path);
       say([told(() => map.unpin()).slice(0, 6), map.pinPath]);`,
    );
    assert.deepEqual(JSON.parse(line), ['ENOENT', join(folder, 'ages')]);
  });

  it('are removed and read where they were made, whatever the working folder is since', () => {
    const lines = withBpffs(
      folder,
      `import { readdirSync } from 'node:fs';
       process.chdir(pins);
       const object = BpfObject.open(${JSON.stringify(fixturePath('maps'))});
       object.maps.need('list').pinPath = 'list';
       const loaded = object.load();
       const program = [...loaded.programs.values()][0];
       program.pin('program');
       const again = BpfProgram.fromPin('program');
       // Those of the kernel itself have dots.
       const names = () => readdirSync(pins).filter((name) => !name.includes('.')).sort();
       say(names());
       process.chdir('/');
       loaded.maps.need('list').unpin();
       again.unpin();
       say([names(), told(() => program.unpin()).slice(0, 6)]);`,
    );
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      [
        ['list', 'program'],
        [[], 'ENOENT'],
      ],
    );
  });

  it('have names that a BPF file system takes, and are no folders', () => {
    const [line = ''] = withBpffs(
      folder,
      `const map = BpfMap.create({ type: 'array', name: 'ages', valueSize: 4, maxEntries: 1 });
       say([told(() => map.pin(path + '.v1')), ...[BpfMap, BpfProgram, BpfLink].map((kind) => told(() => kind.fromPin(pins)))]);`,
    );
    const path = join(folder, 'ages');
    assert.deepEqual(JSON.parse(line), [
      `ERR_SNOOPKIT_BPF: cannot pin the map ages to ${path}.v1: a name in a BPF file system has no dots`,
      ...['map', 'program', 'link'].map(
        (kind) => `ERR_SNOOPKIT_BPF: cannot open the ${kind} pinned at ${folder}: it is a folder`,
      ),
    ]);
  });

  it('are in a BPF file system', () => {
    using map = BpfMap.create({ type: 'array', name: 'ages', valueSize: 4, maxEntries: 1 });
    const path = join(folder, 'ages');
    const hint = 'mount one with mount -t bpf bpf /sys/fs/bpf';
    assert.throws(() => map.pin(path), {
      code: 'ERR_SNOOPKIT_BPF',
      message: `cannot pin the map ages to ${path}: ${folder} is not in a BPF file system: ${hint}`,
    });
    assert.throws(() => map.pin(join(path, 'x')), {
      message: `cannot pin the map ages to ${path}/x: there is no folder ${path}`,
    });
    assert.equal(map.pinPath, undefined);
    for (const type of [BpfMap, BpfProgram, BpfLink])
      assert.throws(() => type.fromPin(path), { code: 'ERR_SNOOPKIT_NOT_FOUND' });
    assert.throws(() => BpfMap.fromPin('/dev/null'), {
      message: `cannot open the map pinned at /dev/null: /dev is not in a BPF file system: ${hint}`,
    });
    for (const wrong of [5, null, 'a\0b']) {
      assert.throws(() => map.pin(wrong as string), UsageError);
      assert.throws(() => BpfMap.fromPin(wrong as string), UsageError);
    }
  });
});
