import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
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

    const descriptors = readdirSync('/proc/self/fd').length;
    for (let i = 0; i < 3; i++) assert.equal(kernelBtf(folder, DEBIAN), found, 'it is unpacked once');
    assert.equal(readdirSync('/proc/self/fd').length, descriptors);
  });

  it('is another archive once that has changed', () => {
    const archive = join(folder, `${FILE}.tar.xz`);
    const pack = (name: string) => {
      copyFileSync(objectPath(name), join(folder, FILE));
      execFileSync('tar', ['-C', folder, '-cJf', archive, FILE]);
      rmSync(join(folder, FILE));
    };
    for (const name of ['opensnoop', 'execsnoop']) {
      pack(name);
      assert.deepEqual(readFileSync(kernelBtf(folder, DEBIAN)), readFileSync(objectPath(name)));
    }
  });

  it('is refused at once if its end is not in sight', () => {
    refuses('/dev/zero', /^\/dev\/zero: not a regular file$/);
    const file = join(folder, FILE);
    execFileSync('mkfifo', [file, `${file}.tar.xz`]);
    refuses(file, /^\/.*\.btf: not a regular file$/);
    refuses(folder, /^\/.*\.btf: not a regular file$/);
    rmSync(file);
    refuses(folder, /^\/.*\.tar\.xz: not a regular file$/);
    const large = join(folder, 'large');
    for (const [magic, size] of [
      [Buffer.of(0x9f, 0xeb, 1, 0), (64 << 20) + 1],
      [Buffer.from('\x7fELF'), 2 ** 31],
    ] as const) {
      writeFileSync(large, magic);
      truncateSync(large, size);
      refuses(large, new RegExp(`^/.*: too large: ${size} bytes, at most \\d+ are expected$`));
    }
    writeFileSync(large, readFileSync(btf));
    truncateSync(large, (64 << 20) + 1);
    assert.equal(kernelBtf(large, DEBIAN), large, 'an ELF file has more than BTF');
  });

  it('is reported in one line if invalid', () => {
    refuses(join(folder, 'none'), /^\/.*none: no such file or directory \(ENOENT\)$/);
    refuses(folder, /^\/.*: no BTF of this kernel: expected 5\.10\.0-30-amd64\.btf or debian\/11\/x86_64\/5\.10/);
    writeFileSync(join(folder, FILE), 'not BTF');
    refuses(folder, /^\/.*: neither BTF nor an ELF file$/);
    rmSync(join(folder, FILE));
    writeFileSync(join(folder, `${FILE}.tar.xz`), 'not packed');
    refuses(folder, /^\/.*\.tar\.xz: cannot unpack it: .*[^\n]$/);
  });
});
