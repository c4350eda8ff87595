import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archivesIn, UnavailableError } from '../../scripts/debian/apt.js';
import { btfInImage } from '../../scripts/debian/image-btf.js';
import { folderOf, obtain, packagesIn, releaseIn } from '../../scripts/debian/kernel.js';
import { needs } from '../capability.js';

const ONE_PACKAGE = `linux-image-cloud-amd64
  Depends: linux-image-6.1.0-50-cloud-amd64
linux-image-6.1.0-50-cloud-amd64
  Depends: kmod
 |Depends: <linux-initramfs-tool>
kmod
`;

const SEVERAL_PACKAGES = `linux-image-cloud-amd64
linux-base-cloud-amd64
linux-image-7.2.12+deb14-cloud-amd64
linux-base-7.2.12+deb14-cloud-amd64
linux-base
linux-binary-7.2.12+deb14-cloud-amd64
linux-modules-7.2.12+deb14-cloud-amd64
linux-base-7.2.12+deb14-cloud-amd64
`;

describe('debian: what apt says', () => {
  it('has archives, each once', () => {
    const uris = `'http://mirror.example/debian/dists/bookworm/InRelease' mirror.example_InRelease 0
'http://mirror.example/debian/dists/bookworm-updates/InRelease' mirror.example_InRelease 0
'http://mirror.example/debian/dists/bookworm/main/binary-amd64/Packages.xz' mirror.example_Packages 0
'https://other.example//dists/stable/InRelease' other.example_InRelease 0
`;
    assert.deepEqual(archivesIn(uris), ['http://mirror.example/debian', 'https://other.example']);
    assert.deepEqual(archivesIn(''), []);
  });

  it('has the release of the newest kernel', () => {
    assert.equal(releaseIn(ONE_PACKAGE, 'amd64'), '6.1.0-50-cloud-amd64');
    assert.equal(releaseIn(SEVERAL_PACKAGES, 'amd64'), '7.2.12+deb14-cloud-amd64');
    assert.equal(releaseIn(ONE_PACKAGE, 'arm64'), undefined);
  });

  it('has the packages of that release, each once', () => {
    assert.deepEqual(packagesIn(ONE_PACKAGE, '6.1.0-50-cloud-amd64'), ['linux-image-6.1.0-50-cloud-amd64']);
    assert.deepEqual(
      packagesIn(SEVERAL_PACKAGES, '7.2.12+deb14-cloud-amd64'),
      ['image', 'base', 'binary', 'modules'].map((part) => `linux-${part}-7.2.12+deb14-cloud-amd64`),
    );
  });
});

describe('debian: the cache', () => {
  const kernel = { series: '6.1', suite: 'bookworm', architecture: 'amd64' };
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'snoopkit-'));
  });
  afterEach(() => rmSync(cache, { recursive: true }));

  it('needs no archive where it has the kernel', async () => {
    const folder = folderOf(kernel, cache);
    mkdirSync(join(folder, 'modules'), { recursive: true });
    writeFileSync(join(folder, 'release'), '6.1.0-1-cloud-amd64\n');
    for (const name of ['10-fuse.ko', '09-virtio.ko']) writeFileSync(join(folder, 'modules', name), '');
    assert.deepEqual(await obtain(kernel, { cache, from: [] }), {
      release: '6.1.0-1-cloud-amd64',
      image: join(folder, 'vmlinuz'),
      modules: [join(folder, 'modules', '09-virtio.ko'), join(folder, 'modules', '10-fuse.ko')],
    });
  });

  /** Whether a kernel can't be had, for a reason; nothing of it may be left behind. */
  async function refused(from: readonly string[], reason: RegExp): Promise<void> {
    await assert.rejects(
      obtain(kernel, { cache, from }),
      (error) => error instanceof UnavailableError && reason.test(error.message) && !error.message.includes('\n'),
    );
    assert.deepEqual(readdirSync(join(cache, 'kernels', 'amd64')), []);
  }

  it('stays empty without an archive', () => refused([], /name no archive/));

  it('takes nothing from an archive that is not signed', async function () {
    needs(this, 'apt-get');
    const archive = join(cache, 'archive');
    mkdirSync(join(archive, 'dists', 'bookworm'), { recursive: true });
    writeFileSync(join(archive, 'dists', 'bookworm', 'Release'), 'Origin: Debian\nSuite: bookworm\nComponents: main\n');
    await refused([`file:${archive}`], /not signed/);
  });

  it('takes nothing from an archive that is not there', async function () {
    needs(this, 'apt-get');
    await refused([`file:${cache}/nowhere`, `file:${cache}/neither`], /Release/);
  });
});

describe('debian: the types in a kernel image', () => {
  /** Raw BTF without a type, but for what its header says. */
  function btf(strings: string, types = 0): Buffer {
    const header = Buffer.alloc(24);
    header.write('9feb010018000000', 'hex');
    header.writeUInt32LE(types, 12);
    header.writeUInt32LE(types, 16);
    header.writeUInt32LE(strings.length, 20);
    return Buffer.concat([header, Buffer.from(strings)]);
  }
  const noise = Buffer.from('noise');

  it('are found, and cut where they end', () => {
    const wanted = btf('\0int\0');
    assert.deepEqual(btfInImage(Buffer.concat([noise, wanted, noise])), wanted);
  });

  it('are not taken for what only begins like them', () => {
    const wanted = btf('\0char\0');
    const image = Buffer.concat([btf('', 8), noise, btf('\0', 1 << 20), wanted, noise]);
    assert.deepEqual(btfInImage(image), wanted);
  });

  for (const [what, image] of [
    ['without any', noise],
    ['that ends in them', btf('\0int\0').subarray(0, -1)],
    ['that ends in their header', btf('').subarray(0, 20)],
  ] as const)
    it(`are missing in one ${what}`, () => assert.throws(() => btfInImage(image), /no BTF in this kernel image/));
});
