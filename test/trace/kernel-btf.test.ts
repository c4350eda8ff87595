import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kernelBtf } from '../../src/trace/kernel-btf.js';
import { objectPath } from '../../src/trace/object-path.js';

const DEBIAN = { kernel: '5.10.0-30-amd64', id: 'debian', version: '11', arch: 'x86_64' };
const FILE = '5.10.0-30-amd64.btf';

describe('cli: --btf', () => {
  let folder: string;
  const btf = objectPath('opensnoop');
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-btf-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const refuses = (path: string, message: RegExp) =>
    assert.throws(() => kernelBtf(path, DEBIAN), { code: 'ERR_SNOOPKIT_KERNEL_BTF', message });

  it('is a file', () => assert.equal(kernelBtf(btf, DEBIAN), btf));

  it("is a folder that has the kernel's file", () => {
    copyFileSync(btf, join(folder, FILE));
    copyFileSync(btf, join(folder, 'another.btf'));
    assert.equal(kernelBtf(folder, DEBIAN), join(folder, FILE));
  });

  it('is an archive of distributions, packed', () => {
    const place = join(folder, 'debian/11/x86_64');
    mkdirSync(place, { recursive: true });
    copyFileSync(btf, join(place, FILE));
    execFileSync('tar', ['-C', place, '-cJf', join(place, `${FILE}.tar.xz`), FILE]);
    rmSync(join(place, FILE));
    const found = kernelBtf(folder, DEBIAN);
    assert.match(found, /^\/proc\/self\/fd\/\d+$/);
    assert.deepEqual(readFileSync(found), readFileSync(btf));
  });

  it('is told in one line when it is none', () => {
    refuses(join(folder, 'none'), /^\/.*none: no such file or directory \(ENOENT\)$/);
    refuses(folder, /^\/.*: no BTF of this kernel: expected 5\.10\.0-30-amd64\.btf or debian\/11\/x86_64\/5\.10/);
    writeFileSync(join(folder, FILE), 'not BTF');
    refuses(folder, /^\/.*: neither BTF nor an ELF file$/);
    rmSync(join(folder, FILE));
    writeFileSync(join(folder, `${FILE}.tar.xz`), 'not packed');
    refuses(folder, /^\/.*\.tar\.xz: cannot unpack it: .*[^\n]$/);
  });
});
