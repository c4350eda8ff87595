import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { AddonError, explain, loadBinding } from '../../src/native/load.js';

describe('native load', () => {
  let folder: string;
  let load: typeof import('../../src/native/load.js');
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-load-'));
    const copy = join(folder, 'dist/src/native/load.js');
    for (const file of ['native/load.js', 'errors.js'])
      cpSync(fileURLToPath(new URL(`../../src/${file}`, import.meta.url)), join(folder, 'dist/src', file));
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
    load = (await import(pathToFileURL(copy).href)) as typeof load;
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('loads once', () => {
    assert.equal(loadBinding(), loadBinding());
  });

  it('says how to build an addon that is not there', () => {
    assert.throws(() => load.loadBinding(), {
      name: 'AddonError',
      code: 'ERR_SNOOPKIT_ADDON',
      message: `the native addon for linux-${process.arch} is not built: run make build`,
    });
  });

  it('passes on what dlopen says, in one line', () => {
    mkdirSync(join(folder, 'dist/native'));
    writeFileSync(join(folder, `dist/native/linux-${process.arch}.node`), 'junk');
    assert.throws(() => load.loadBinding(), /^AddonError: .*(file too short|invalid ELF header)$/);
  });

  it('says how to install libbpf', () => {
    const cause = new Error('libbpf.so.1: cannot open shared object file: No such file or directory');
    assert.equal(explain(cause), 'libbpf.so.1 is missing: run apt-get install libbpf1');
    assert.ok(new AddonError('x') instanceof Error);
  });
});
