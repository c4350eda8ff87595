import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BpfMap } from '../../src/bpf/map.js';
import { UsageError } from '../../src/errors.js';
import { fillPathFilter, parsePaths, sizePathFilter } from '../../src/trace/features/paths/path-filter.js';

/** Contents of the maps: whether each path is allowed, by the steps that lead to it. */
function fill(paths: readonly string[]) {
  const nodes = new Map<number, { above: number; is_wanted: number }>();
  const steps = new Map<string, number>();
  const sizes: Record<string, number> = {};
  const maps = {
    need: (name: string) =>
      ({
        set maxEntries(size: number) {
          sizes[name] = size;
        },
        set(key: unknown, value: unknown) {
          if (name === 'path_nodes') nodes.set(key as number, value as { above: number; is_wanted: number });
          else steps.set(JSON.stringify(key), value as number);
        },
      }) as unknown as BpfMap,
  };
  sizePathFilter(maps, paths);
  fillPathFilter(maps, paths);
  assert.ok(nodes.size <= (sizes.path_nodes ?? 0) && steps.size <= (sizes.path_steps ?? 0));
  return (path: string) => {
    let node = 0;
    for (const name of path.split('/').filter((part) => part !== '')) {
      const next = steps.get(JSON.stringify({ node, name }));
      if (next === undefined) break;
      assert.equal(nodes.get(next)?.above, node);
      node = next;
    }
    return nodes.get(node)?.is_wanted === 1;
  };
}

describe('cli: paths', () => {
  it('are a tree of names', () => {
    const wanted = fill(['/a/b', '/a/b/c', '/x']);
    for (const path of ['/a/b', '/a/b/c', '/a/b/d', '/a/b/c/d', '/x', '/x/y']) assert.equal(wanted(path), true, path);
    for (const path of ['/', '/a', '/a/c', '/a/bb', '/xx', '/b']) assert.equal(wanted(path), false, path);
    assert.equal(fill(['/'])('/any/where'), true);
  });

  it('are made absolute, and resolved as far as they are there', () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'snoopkit-')));
    try {
      mkdirSync(join(folder, 'a'));
      symlinkSync('a', join(folder, 'link'));
      symlinkSync('nowhere', join(folder, 'dangling'));
      for (const [given, ...paths] of [
        ['a', 'a'],
        ['a/../a/./x/', 'a/x'],
        ['link', 'link', 'a'],
        ['link/not/there', 'link/not/there', 'a/not/there'],
        ['dangling/x', 'dangling/x'],
      ] as const)
        assert.deepEqual(
          parsePaths('--path', [join(folder, '/') + given]),
          paths.map((path) => join(folder, path)),
        );
    } finally {
      rmSync(folder, { recursive: true });
    }
    assert.deepEqual(parsePaths('--path', ['/', '/', '/no/such/folder']), ['/', '/no/such/folder']);
    assert.deepEqual(parsePaths('--path', ['/no-such,file']), ['/no-such,file']);
  });

  it('must be paths', () => {
    for (const path of ['', `/${'x'.repeat(256)}`, '/x'.repeat(2048)])
      assert.throws(() => parsePaths('--path', [path]), UsageError);
  });
});
