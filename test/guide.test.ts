/** The programs of docs/guide.md, as they stand there, with the packed package, in a network namespace of their own. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { documented, installed, needsInstalled } from './helpers/installed.js';
import { patient } from './helpers/patience.js';

const guide = readFileSync(fileURLToPath(new URL('../../docs/guide.md', import.meta.url)), 'utf8');

/** The files of the guide, by name: blocks of code that begin with a comment with it. */
const files = new Map(
  [...guide.matchAll(/```(?:c|js)\n(?:\/\/|\/\*) (\S+)(?: \*\/)?\n(.*?)```/gs)].map(([, name = '', code = '']) => [
    name,
    code,
  ]),
);
/** The command for the kernel's types, and the one that compiles opens.bpf.c. */
const [header = '', compile = ''] = (/```sh\n(.*?)```/s.exec(guide)?.[1] ?? '').split('\n');
/** What a program of the guide says that it prints. */
const promised = (name: string) =>
  [...(files.get(name) ?? '').matchAll(/console\.log\(.*; \/\/ (.*)$/gm)].map(([, text]) => text as string);

describe('docs: the guide', function () {
  this.timeout(patient(300_000));
  let place: string;
  before(async function () {
    needsInstalled(this);
    place = mkdtempSync(join(await installed(), 'guide-'));
    for (const [name, code] of files) writeFileSync(join(place, name), code);
    const sources = [...files.keys()].filter((name) => name.endsWith('.bpf.c'));
    const compiles = sources.map((name) => compile.replaceAll('opens.bpf', name.replace(/\.c$/, '')));
    const [, types = ''] = /`(npx snoopkit gen types .*?)`/.exec(guide) ?? [];
    assert.equal(await printed([header, ...compiles, types]), '');
  });

  /** Output of commands that have nothing to say on standard error. */
  async function printed(lines: readonly string[]): Promise<string> {
    const { status, stdout, said } = await documented(lines, { cwd: place, isAlone: true });
    assert.deepEqual([status, said], [0, '']);
    return stdout.toString();
  }

  it('has its files', () => assert.ok(files.size >= 6, [...files.keys()].join(', ')));

  it('opens.mjs shows an opened file, and that none was lost', async () => {
    assert.match(
      await printed(['node opens.mjs']),
      /^\{ pid: \d+, ret: \d+, comm: '(node|MainThread)' \}\nlost: 0n\n$/,
    );
  });

  for (const name of ['packets.mjs', 'maps.mjs', 'pins.mjs'])
    it(`${name} prints what the guide says`, async () => {
      assert.equal(
        await printed([`node ${name}`]),
        promised(name)
          .map((line) => `${line}\n`)
          .join(''),
      );
    });

  it('packets.test.mjs passes', async () => {
    assert.match(await printed(['mocha packets.test.mjs']), /1 passing/);
  });
});
