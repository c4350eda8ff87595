/** Messages of scripts/npm.sh for an npm that fails. */
import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../helpers/run.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

describe('scripts: npm', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-npm-'));
    for (const file of ['lib.sh', 'npm.sh']) cpSync(join(root, 'scripts', file), join(folder, 'scripts', file));
    for (const made of ['build', 'bin']) mkdirSync(join(folder, made));
    for (const name of ['bash', 'grep', 'tail', 'cat', 'touch']) symlinkSync(`/bin/${name}`, join(folder, 'bin', name));
    symlinkSync(process.execPath, join(folder, 'bin/node'));
    const packages = { '': {}, 'node_modules/one': { version: '1.0.0' } };
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages }));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A program on the PATH that says something and fails. */
  function program(name: string, says: string): void {
    const file = join(folder, 'bin', name);
    writeFileSync(file, `#!/bin/bash\ncat <<'END'\n${says}\nEND\nexit 1\n`);
    chmodSync(file, 0o755);
  }

  async function complaint(): Promise<string> {
    const env = { PATH: join(folder, 'bin') };
    const { status, lines } = await run('/bin/bash', ['scripts/npm.sh'], { cwd: folder, env });
    assert.equal(status, 1);
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0] ?? '', /npm packages are missing: one \(npm ci failed: .*setup\.log\)$/);
    return lines[0] ?? '';
  }

  for (const [says, reason] of [
    [
      'npm error code SELF_SIGNED_CERT_IN_CHAIN\nnpm error errno SELF_SIGNED_CERT_IN_CHAIN',
      'is not trusted (SELF_SIGNED',
    ],
    ['npm error code UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['npm ERR! code CERT_HAS_EXPIRED', 'is not trusted (CERT_HAS_EXPIRED'],
    ['npm error code ENOTFOUND', 'snoopkit: offline? (ENOTFOUND)'],
    ['npm ERR! code ETIMEDOUT', 'snoopkit: offline? (ETIMEDOUT)'],
    ['npm error code E403', 'refused the request (E403)'],
    ['npm error code E503', 'the npm registry failed (E503)'],
    ['npm error code ENOSPC', 'the disk is full'],
    ['npm error code EUSAGE', 'package-lock.json does not match'],
    ['npm error code EINTEGRITY', 'does not match package-lock.json (EINTEGRITY)'],
    ['npm error code ELIFECYCLE', 'npm failed with ELIFECYCLE'],
    ['Segmentation fault', 'see the npm log for the reason'],
  ] as const)
    it(`reports ${says.split('\n')[0]}`, async () => {
      program('npm', says);
      assert.ok((await complaint()).includes(reason));
    });

  it('is run by corepack where there is none', async () => {
    program('corepack', "Error: Error when performing the request\n  [cause]: { code: 'SELF_SIGNED_CERT_IN_CHAIN' }");
    assert.ok((await complaint()).includes('is not trusted (SELF_SIGNED_CERT_IN_CHAIN'));
  });
});
