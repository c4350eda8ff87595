import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '../capability.js';
import { archivesIn, obtain, packagesIn, releaseIn, UnavailableError } from './packages.js';

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

describe('kernels: what apt says', () => {
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

describe('kernels: the cache', () => {
  const kernel = { version: '6.1', suite: 'bookworm' };
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'snoopkit-'));
  });
  afterEach(() => rmSync(cache, { recursive: true }));

  it('needs no archive where it has the kernel', async () => {
    const folder = join(cache, 'amd64', '6.1');
    mkdirSync(join(folder, 'modules'), { recursive: true });
    writeFileSync(join(folder, 'release'), '6.1.0-1-cloud-amd64\n');
    for (const name of ['1-fuse.ko', '0-virtio.ko']) writeFileSync(join(folder, 'modules', name), '');
    assert.deepEqual(await obtain(kernel, 'amd64', { cache, from: [] }), {
      release: '6.1.0-1-cloud-amd64',
      image: join(folder, 'vmlinuz'),
      modules: [join(folder, 'modules', '0-virtio.ko'), join(folder, 'modules', '1-fuse.ko')],
    });
  });

  /** Whether a kernel can't be had, for a reason; nothing of it may be left behind. */
  async function refused(from: readonly string[], reason: RegExp): Promise<void> {
    await assert.rejects(
      obtain(kernel, 'amd64', { cache, from }),
      (error) => error instanceof UnavailableError && reason.test(error.message) && !error.message.includes('\n'),
    );
    assert.deepEqual(readdirSync(join(cache, 'amd64')), []);
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
