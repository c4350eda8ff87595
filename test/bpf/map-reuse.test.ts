import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClosedError } from '../../src/bpf/errors.js';
import { BpfMap } from '../../src/bpf/map.js';
import { BpfObject } from '../../src/bpf/object.js';
import { UsageError } from '../../src/errors.js';
import { needs } from '../capability.js';
import { withBpffs } from './bpffs.js';
import { fixturePath, oneLine, open } from './helpers.js';

const file = fixturePath('pinned');
const FILE = JSON.stringify(file);
/** Runs the program of the fixture. */
const run = (object: BpfObject) => object.programs.need('count_run').run({ data: new Uint8Array(64) });
const RUN = `const run = (object) => object.programs.need('count_run').run({ data: new Uint8Array(64) });`;

describe('bpf: maps that exist already', () => {
  let folder: string;
  before(function () {
    needs(this, 'root');
    needs(this, 'unshare');
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-reuse-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const parsed = (lines: readonly string[]) => lines.map((line) => JSON.parse(line));

  it('are pinned by their names below a root, and used at the next load', () => {
    const lines = withBpffs(
      folder,
      `${RUN}
       const opened = BpfObject.open(${FILE}, { pinRoot: pins + '/app' });
       say([...opened.maps.values()].map((map) => map.pinPath ?? null));
       opened.maps.need('own').pinPath = pins + '/mine';
       const object = opened.load();
       run(object);
       say([object.maps.need('counts').pinPath, object.maps.need('own').pinPath ?? null]);
       process.kill(process.pid, 'SIGKILL');`,
      `${RUN}
       const object = BpfObject.open(${FILE}, { pinRoot: pins + '/app' }).load();
       run(object);
       const { maps } = object;
       say(['counts', 'counts_of_all_runs', 'own'].map((name) => String(maps.need(name).get(0))));
       say(String(BpfMap.fromPin(pins + '/mine').get(0)));
       maps.need('counts').unpin();
       object.close();
       const next = BpfObject.open(${FILE}, { pinRoot: pins + '/app' }).load();
       say(['counts', 'counts_of_all_runs'].map((name) => String(next.maps.need(name).get(0))));`,
    );
    const at = (name: string) => join(folder, 'app', name);
    assert.deepEqual(parsed(lines), [
      [at('counts'), at('counts_of_all_runs'), null],
      [at('counts'), join(folder, 'mine')],
      ['2', '2', '1'],
      '1',
      ['undefined', '2'],
    ]);
  });

  it('are refused if they do not fit, by the member that differs', () => {
    const lines = withBpffs(
      folder,
      `const pinned = (options) => { const map = BpfMap.create(options); map.pin(pins + '/counts'); return map; };
       for (const wrong of [{ maxEntries: 8 }, { valueSize: 4 }, { keySize: 8 }, { type: 'lru_hash' }, { flags: 1 }]) {
         const map = pinned({ type: 'hash', keySize: 4, valueSize: 8, maxEntries: 16, ...wrong });
         say(told(() => BpfObject.open(${FILE}, { pinRoot: pins }).load()));
         map.unpin();
       }
       const other = BpfObject.open(${FILE}, { pinRoot: pins + '/other' }).load();
       other.programs.need('count_run').pin(pins + '/counts');
       say(told(() => BpfObject.open(${FILE}, { pinRoot: pins }).load()));`,
    );
    const why = (text: string) =>
      `ERR_SNOOPKIT_BPF: cannot load pinned: cannot use what is pinned at ${folder}/counts as the map counts: ${text}`;
    assert.deepEqual(parsed(lines), [
      why('its maxEntries is 8, declared is 16'),
      why('its valueSize is 4, declared is 8'),
      why('its keySize is 8, declared is 4'),
      why('its type is lru_hash, declared is hash'),
      why('its flags is 1, declared is 0'),
      why('it is not a map'),
    ]);
  });

  it('need a BPF file system, and leave nothing behind without one', () => {
    const message = (pinRoot: string) => {
      try {
        BpfObject.open(file, { pinRoot }).load();
      } catch (error) {
        return oneLine(error);
      }
      return assert.fail();
    };
    const start = `cannot load pinned: cannot pin the map counts to ${folder}`;
    const hint = 'mount one with mount -t bpf bpf /sys/fs/bpf';
    assert.equal(message(folder), `${start}/counts: ${folder} is not in a BPF file system: ${hint}`);
    assert.equal(message(`${folder}/a`), `${start}/a/counts: there is no folder ${folder}/a`);
    assert.equal(message(`${folder}/a/b`), `${start}/a/b/counts: there is no folder ${folder}/a/b`);
    for (const wrong of ['', 5, 'a\0b'])
      assert.throws(() => BpfObject.open(file, { pinRoot: wrong as string }), UsageError);
  });

  it('may be those of any object, with names of their own', () => {
    using own = BpfMap.create({ type: 'array', name: 'counts', keySize: 4, valueSize: 8, maxEntries: 1 });
    using opened = open('pinned');
    for (const map of opened.maps.values()) map.pinPath = undefined;
    // A map that has the name of another one of the object.
    opened.maps.need('own').reuse(own);
    using first = opened.load();
    run(first);
    assert.equal(own.get(0) instanceof Uint8Array && Buffer.from(own.get(0) as Uint8Array).readBigInt64LE(), 1n);
    assert.equal(first.maps.need('own').id, own.id);
    assert.equal(first.maps.need('counts').type, 'hash');

    const second = open('pinned');
    const counts = second.maps.need('counts');
    counts.reuse(first.maps.need('counts'));
    assert.equal(counts.pinPath, undefined);
    second.maps.need('counts_of_all_runs').pinPath = undefined;
    using loaded = second.load();
    run(loaded);
    assert.equal(first.maps.need('counts').get(0), 2n);
    first.close();
    assert.equal(loaded.maps.need('counts').get(0), 2n);
    assert.equal(loaded.maps.need('own').get(0), 1n);
  });

  it('are checked, whoever gives them', () => {
    using small = BpfMap.create({ type: 'hash', name: 'small', keySize: 4, valueSize: 8, maxEntries: 4 });
    using opened = open('pinned');
    const counts = opened.maps.need('counts');
    assert.throws(() => counts.reuse(small), {
      code: 'ERR_SNOOPKIT_USAGE',
      message: "the map small can't be used as counts: its maxEntries is 4, declared is 16",
    });
    counts.maxEntries = 4;
    counts.reuse(small);
    for (const size of ['maxEntries', 'valueSize'] as const)
      assert.throws(() => {
        counts[size] = 8;
      }, UsageError);
    assert.equal(counts.maxEntries, 4);
    assert.throws(() => counts.reuse({} as BpfMap), UsageError);
    assert.throws(() => {
      counts.pinPath = '';
    }, UsageError);
    small.close();
    assert.throws(() => counts.reuse(small), ClosedError);
    opened.close();
    assert.throws(() => counts.reuse(small), ClosedError);
    assert.throws(() => {
      counts.pinPath = '/sys/fs/bpf/x';
    }, ClosedError);
  });
});
