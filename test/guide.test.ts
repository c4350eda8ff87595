/** The programs of docs/guide.md, as they stand there, in a folder and a network namespace of their own. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needs } from './capability.js';
import { patient } from './helpers/patience.js';
import { run } from './helpers/run.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const [folder, target] = process.arch === 'arm64' ? ['arm64', 'arm64'] : ['x86', 'x86'];
const VMLINUX = join(root, 'vmlinux', folder as string);

/** The files of the guide, by name: blocks of code that begin with a comment with it. */
const files = new Map(
  [
    ...readFileSync(join(root, 'docs/guide.md'), 'utf8').matchAll(
      /```(?:c|js)\n(?:\/\/|\/\*) (\S+)(?: \*\/)?\n(.*?)```/gs,
    ),
  ].map(([, name = '', code = '']) => [name, code]),
);
/** What a program of the guide says that it prints. */
const promised = (name: string) =>
  [...(files.get(name) ?? '').matchAll(/console\.log\(.*; \/\/ (.*)$/gm)].map(([, text]) => text as string);

describe('docs: the guide', function () {
  this.timeout(patient(60_000));
  let place: string;
  before(async function () {
    needs(this, 'root');
    needs(this, 'unshare');
    place = mkdtempSync(join(tmpdir(), 'snoopkit-guide-'));
    mkdirSync(join(place, 'node_modules'));
    symlinkSync(root, join(place, 'node_modules/snoopkit'));
    symlinkSync(join(root, 'node_modules/mocha'), join(place, 'node_modules/mocha'));
    for (const [name, code] of files) {
      writeFileSync(join(place, name), code);
      if (!name.endsWith('.bpf.c')) continue;
      const words = ['-g', '-O2', '-target', 'bpf', `-D__TARGET_ARCH_${target}`, '-fms-extensions', `-I${VMLINUX}`];
      const object = join(place, name.replace(/c$/, 'o'));
      const { status, said } = await run('clang', [...words, '-c', join(place, name), '-o', object]);
      assert.equal(status, 0, said);
    }
  });
  after(() => place && rmSync(place, { recursive: true }));

  /** Runs Node in the folder, with a network and mounts of its own. */
  async function node(...words: string[]): Promise<string> {
    const script = 'ip link set lo up; mkdir -p /sys/fs/bpf; mount -t bpf bpf /sys/fs/bpf; exec "$@"';
    const command = ['--net', '--mount', 'sh', '-ec', script, 'sh', process.execPath, ...words];
    const { status, stdout, said } = await run('unshare', command, { cwd: place });
    assert.deepEqual([status, said], [0, '']);
    return stdout.toString();
  }

  it('has its files', () => assert.ok(files.size >= 6, [...files.keys()].join(', ')));

  it('opens.mjs shows an opened file, and that none was lost', async () => {
    const output = await node('opens.mjs');
    assert.match(output, /^\{ pid: \d+, ret: \d+, comm: '(node|MainThread)' \}\nlost: 0n\n$/);
  });

  for (const name of ['packets.mjs', 'maps.mjs', 'pins.mjs'])
    it(`${name} prints what the guide says`, async () => {
      assert.equal(
        await node(name),
        promised(name)
          .map((line) => `${line}\n`)
          .join(''),
      );
    });

  it('packets.test.mjs passes', async () => {
    assert.match(await node('node_modules/mocha/bin/mocha.js', 'packets.test.mjs'), /1 passing/);
  });
});
