import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { formatted } from '../../scripts/formatted.js';
import type { OpenedObject } from '../../src/bpf/object.js';
import { skeleton } from '../../src/skeleton/skeleton.js';
import { type Fixture, fixtureBytes } from '../bpf/helpers.js';
import { needs } from '../capability.js';

const LIBRARY = new URL('../../src/index.js', import.meta.url).href;

describe('skeleton of an object', () => {
  for (const name of ['globals', 'maps', 'skeleton', 'user-ring'] as const)
    it(`is the module that test/types compiles: ${name}`, () => {
      const file = `test/types/objects/${name}.ts`;
      const text = skeleton(fixtureBytes(name), { file: `${name}.bpf.o`, library: '../../../src/index.js' });
      assert.equal(formatted(text, file), readFileSync(file, 'utf8'), `snoopkit gen types writes ${file}`);
    });

  it('is the same each time', () => {
    const make = () => skeleton(fixtureBytes('skeleton'), { file: 'a.bpf.o' });
    assert.equal(make(), make());
  });

  it('has the comments of the source, which none can break out of', () => {
    const text = skeleton(fixtureBytes('skeleton'), { file: 'a.bpf.o' });
    assert.match(
      text,
      /\/\*\* a visit \*\/\nexport interface Visit \{\n {2}\/\*\* nanoseconds since boot \*\/\n {2}time: bigint;/,
    );
    assert.match(text, /\/\*\* name of the thread \*\/\n {2}comm: string;/);
    assert.match(text, /\/\*\* visits as they come \*\/\n {4}events: /);
    assert.match(text, /\/\*\* only this process \*\/\n {4}target: number;/);
  });

  it('has structs that variables point to, and no others', () => {
    const text = skeleton(fixtureBytes('skeleton'), { file: 'a.bpf.o' });
    assert.match(text, /structs: \{\n {4}\/\*\* a visit \*\/\n {4}visit: Visit;\n {2}\};/);
    assert.doesNotMatch(text, /\bany\b|\bunknown\b/);
  });

  it('has the indexes and descriptors of maps that declare no types', () => {
    const text = skeleton(fixtureBytes('maps-programs'), { file: 'a.bpf.o' });
    for (const line of [
      'programs: { key: number; value: number };',
      'counters_of: { key: number; value: number };',
      'named_counters: { key: bigint; value: number };',
    ])
      assert.ok(text.includes(`\n    ${line}\n`), line);
  });

  it('has structs whose names are those of types that it uses', () => {
    for (const [name, struct, other] of [
      ['user-ring', 'sum_request', 'uint8_array'],
      ['maps-programs', 'prefix', 'record'],
    ] as const) {
      const renamed = fixtureBytes(name).toString('latin1').replaceAll(`\0${struct}\0`, `\0${other}\0`);
      const text = skeleton(Buffer.from(renamed, 'latin1'), { file: 'a.bpf.o' });
      assert.match(text, /export interface (Uint8Array|Record)2 \{/);
      assert.doesNotMatch(text, /export interface (Uint8Array|Record) \{/);
    }
  });

  describe('as a module', () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'snoopkit-skeleton-'));
    });
    after(() => rmSync(folder, { recursive: true }));

    /** Compiles a module and imports it. */
    async function imported(
      name: Fixture,
      isEmbedded: boolean,
      object = `${name}.bpf.o`,
    ): Promise<Record<string, () => OpenedObject>> {
      const source = skeleton(fixtureBytes(name), { file: object, isEmbedded, library: LIBRARY });
      const { outputText, diagnostics } = ts.transpileModule(source, {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
        reportDiagnostics: true,
      });
      assert.deepEqual(diagnostics, []);
      const file = join(folder, `${name}-${isEmbedded}-${object.length}.mjs`);
      writeFileSync(file, outputText);
      return import(pathToFileURL(file).href);
    }

    it('opens the object beside it', async () => {
      writeFileSync(join(folder, 'maps.bpf.o'), fixtureBytes('maps'));
      const { openMaps } = await imported('maps', false);
      using opened = openMaps?.();
      assert.ok(opened?.maps.has('places'));
    });

    it('opens an object whose name has characters that mean something in a URL', async () => {
      const file = "a:b#c?d%41 e'.bpf.o";
      writeFileSync(join(folder, file), fixtureBytes('maps'));
      const { openABCD41E } = await imported('maps', false, file);
      using opened = openABCD41E?.();
      assert.ok(opened?.maps.has('places'));
    });

    it('opens the object that it contains, which counts calls', async function () {
      needs(this, 'root');
      const { openSkeleton } = await imported('skeleton', true);
      const opened = openSkeleton?.();
      assert.ok(opened);
      assert.equal(opened.name, 'skeleton');
      opened.globals.need('target').set(process.pid);
      using object = opened.load();
      object.programs.need('handle_call').attach();
      process.getegid?.();
      assert.ok((object.globals.need('visits').get() as bigint) > 0n);
    });
  });
});
