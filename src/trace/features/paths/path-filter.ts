/** --path: files, and folders with everything below, for src/trace/features/paths/path-filter.h. */
import { realpathSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { BpfMap } from '../../../bpf/map.js';
import type { OpenedMap } from '../../../bpf/opened-map.js';
import { UsageError } from '../../../errors.js';

interface Maps<T> {
  need(name: string): T;
}

/** NAME_MAX, one less than the names in src/trace/features/paths/path-filter.h, and PATH_MAX without its NUL. */
export const LONGEST_NAME = 255;
const LONGEST_PATH = 4095;

/** Resolves the links of a path as far as it exists; the rest may be created later. */
function resolved(path: string): string {
  for (let there = path; ; there = dirname(there)) {
    try {
      return join(realpathSync(there), relative(there, path));
    } catch {
      if (there === '/') return path;
    }
  }
}

/** Absolute paths without `.` and `..`: as given, and resolved if that differs. Throws UsageError that names the flag. */
export function parsePaths(flag: string, texts: readonly string[]): readonly string[] {
  const paths = texts.flatMap((text) => {
    if (text === '') throw new UsageError(`${flag}: expected the path of a file or folder`);
    const path = resolve(text);
    if (
      Buffer.byteLength(path) > LONGEST_PATH ||
      path.split('/').some((name) => Buffer.byteLength(name) > LONGEST_NAME)
    )
      throw new UsageError(`${flag}: path too long: ${text.slice(0, 40)}...`);
    return [path, resolved(path)];
  });
  return [...new Set(paths)];
}

/** A folder or file in the tree of the given paths. */
interface PathNode {
  readonly id: number;
  readonly above: number;
  isWanted: boolean;
  readonly below: Map<string, PathNode>;
}

/** The tree, from the root on. */
function treeOf(paths: readonly string[]): PathNode[] {
  const root: PathNode = { id: 0, above: 0, isWanted: false, below: new Map() };
  const nodes = [root];
  for (const path of paths) {
    let node = root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      let next = node.below.get(name);
      if (!next) {
        next = { id: nodes.length, above: node.id, isWanted: false, below: new Map() };
        node.below.set(name, next);
        nodes.push(next);
      }
      node = next;
    }
    node.isWanted = true;
  }
  // Parents come first.
  for (const node of nodes) node.isWanted ||= nodes[node.above]?.isWanted ?? false;
  return nodes;
}

/** Sizes the maps: before load. */
export function sizePathFilter(maps: Maps<Pick<OpenedMap, 'maxEntries'>>, paths: readonly string[]): void {
  const { length } = treeOf(paths);
  for (const name of ['path_nodes', 'path_steps']) maps.need(name).maxEntries = length;
}

/** Fills the maps: after load. */
export function fillPathFilter(maps: Maps<Pick<BpfMap, 'set'>>, paths: readonly string[]): void {
  for (const { id, above, isWanted, below } of treeOf(paths)) {
    maps.need('path_nodes').set(id, { above, is_wanted: isWanted ? 1 : 0 });
    for (const [name, { id: next }] of below) maps.need('path_steps').set({ node: id, name }, next);
  }
}
