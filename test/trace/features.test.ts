/** Features: the folders in src/trace/features, and the tools that have them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CLI_FLAGS } from '../../src/cli/flags/flags.js';
import { OTLP_FLAGS } from '../../src/cli/flags/otlp-flags.js';
import { allFeatures, featuresOf } from '../../src/trace/features/of-tool.js';
import type { Flag } from '../../src/trace/flags/flag.js';
import { RUN_FLAGS } from '../../src/trace/flags/run-flags.js';
import { loadTools } from '../helpers/tools.js';

const FOLDER = 'src/trace/features';
const tools = await loadTools();

/** Headers by their names, in the folders of features and in bpf/include. */
const headers = new Map(
  ['bpf/include', ...readdirSync(FOLDER).map((name) => join(FOLDER, name))].flatMap((folder) =>
    existsSync(folder) && !folder.endsWith('.ts')
      ? readdirSync(folder).flatMap((file) => (file.endsWith('.h') ? [[file, join(folder, file)] as const] : []))
      : [],
  ),
);

/** The headers of ours that a source includes, directly or not. */
function included(path: string, found = new Set<string>()): Set<string> {
  for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(/^#include "(.+)"$/gm)) {
    const header = headers.get(name);
    if (header === undefined || found.has(header)) continue;
    found.add(header);
    included(header, found);
  }
  return found;
}

const featureOf = (header: string) => (header.startsWith(FOLDER) ? basename(dirname(header)) : undefined);
const withHeaders = new Set([...headers.values()].flatMap((header) => featureOf(header) ?? []));

describe('features', () => {
  it('are listed as the folders are', () => {
    assert.equal(execFileSync('scripts/features.sh', ['--check'], { encoding: 'utf8' }), '');
    const folders = readdirSync(FOLDER, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
    assert.deepEqual([...allFeatures().keys()], folders.sort());
  });

  it('have headers whose names differ', () => {
    const names = ['bpf/include', ...[...allFeatures().keys()].map((name) => join(FOLDER, name))].flatMap((folder) =>
      readdirSync(folder).filter((file) => file.endsWith('.h')),
    );
    assert.equal(new Set(names).size, names.length);
  });

  it('need features that exist, and whose headers theirs include', () => {
    for (const [name, { needs = [] }] of allFeatures()) {
      const folder = join(FOLDER, name);
      const files = readdirSync(folder).filter((file) => file.endsWith('.h'));
      const used = new Set(
        files.flatMap((file) => [...included(join(folder, file))].flatMap((h) => featureOf(h) ?? [])),
      );
      for (const needed of needs) assert.ok(used.has(needed), `${name} needs ${needed}`);
    }
  });

  it('have flags of their own names, and letters', () => {
    const features = [...allFeatures().values()].flatMap(({ flags, cliFlags }) => [flags, cliFlags]);
    const entries = [...features, RUN_FLAGS, CLI_FLAGS, OTLP_FLAGS].flatMap((table = {}) =>
      Object.entries<Flag>(table),
    );
    const names = entries.map(([name]) => name);
    assert.equal(new Set(names).size, names.length);
    const chars = entries.flatMap(([, { char }]) => char ?? []);
    assert.equal(new Set(chars).size, chars.length);
  });

  for (const { tool } of tools)
    it(`of ${tool.name} are those whose headers its object includes`, () => {
      const used = [...included(`bpf/${tool.name}.bpf.c`)].flatMap((header) => featureOf(header) ?? []);
      const named = [...featuresOf(tool).keys()].filter((name) => withHeaders.has(name));
      assert.deepEqual(named.sort(), [...new Set(used)].sort());
    });
});
