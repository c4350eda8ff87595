import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BpfObject } from '../../src/bpf/object.js';
import { objectPath } from '../../src/trace/object-path.js';
import { fixturePath } from '../bpf/helpers.js';
import { needs } from '../capability.js';
import { run, SNOOPKIT, snoopkit } from '../helpers/run.js';

describe('cli: gen', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-gen-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  const inFolder = (name: string) => join(folder, name);

  /** Runs it and requires success. */
  async function gen(...args: string[]): Promise<string> {
    const { status, said, stdout } = await snoopkit(['gen', ...args]);
    assert.deepEqual([status, said], [0, '']);
    return stdout.toString();
  }

  it('types: writes the same module to a file as to standard output', async () => {
    const text = await gen('types', fixturePath('maps'));
    await gen('types', fixturePath('maps'), '-o', inFolder('maps.ts'));
    assert.equal(readFileSync(inFolder('maps.ts'), 'utf8'), text);
    assert.match(text, /places: \{ key: Place; value: Score \};/);
  });

  it('object: links objects into one that has the contents of all', async function () {
    needs(this, 'root');
    const output = inFolder('all.bpf.o');
    await gen('object', '-o', output, fixturePath('maps'), fixturePath('globals'));
    using object = BpfObject.open(output).load();
    assert.ok(object.maps.has('places'));
    assert.ok(object.globals.has('calls'));
    assert.deepEqual([...object.programs.keys()].sort(), ['handle_call', 'handle_nothing']);
  });

  it('object: leaves the output alone if an input is wrong', async () => {
    const output = inFolder('kept.bpf.o');
    writeFileSync(output, 'kept');
    const { status, lines } = await snoopkit(['gen', 'object', '-o', output, fixturePath('maps'), 'package.json']);
    assert.deepEqual([status, lines], [1, ['snoopkit: package.json: not an ELF file']]);
    assert.equal(readFileSync(output, 'utf8'), 'kept');
  });

  it('object: replaces what a link leads to, and no device', async () => {
    const [link, output, device] = ['link.bpf.o', 'target.bpf.o', 'null'].map(inFolder) as [string, string, string];
    writeFileSync(output, '');
    symlinkSync(output, link);
    symlinkSync('/dev/null', device);
    await gen('object', '-o', link, fixturePath('maps'));
    assert.ok(lstatSync(link).isSymbolicLink());
    assert.ok(readFileSync(output).length > 0);
    const { status, lines } = await snoopkit(['gen', 'object', '-o', device, fixturePath('maps')]);
    assert.deepEqual([status, lines], [2, [`snoopkit: cannot replace ${device}: it is not a regular file`]]);
    assert.ok(lstatSync(device).isSymbolicLink());
  });

  it('types: leaves the file alone that it can not replace', async function () {
    needs(this, 'root');
    needs(this, 'unshare');
    const [folder, output] = [inFolder('full'), inFolder('full/large.ts')];
    const script = `mount -t tmpfs -o size=16k tmpfs ${folder}; echo old >${output}
      "$@" && exit 9; cat ${output}; ls ${folder}`;
    mkdirSync(folder);
    const words = [process.execPath, SNOOPKIT, 'gen', 'types', '--embed', objectPath('tcplife'), '-o', output];
    const { said, stdout } = await run('unshare', ['--mount', 'sh', '-c', script, 'sh', ...words]);
    assert.equal(said, `snoopkit: cannot write to ${output}: no space left on device (ENOSPC)\n`);
    assert.equal(stdout.toString(), 'old\nlarge.ts\n');
  });

  it('types, object: write to a file that is a mount, and to /dev/stdout', async function () {
    needs(this, 'root');
    needs(this, 'unshare');
    const output = inFolder('mount');
    writeFileSync(output, 'old');
    const script = `mount --bind ${output} ${output}; "$@" -o ${output}`;
    for (const words of [
      ['types', fixturePath('maps')],
      ['object', fixturePath('maps')],
    ]) {
      const command = [process.execPath, SNOOPKIT, 'gen', ...words];
      const { status, said } = await run('unshare', ['--mount', 'sh', '-c', script, 'sh', ...command]);
      assert.deepEqual([status, said], [0, '']);
      assert.ok(readFileSync(output).length > 1000);
    }
    const redirected = `{ echo before; "$@" -o /dev/stdout; echo after; } >>${output}`;
    writeFileSync(output, '');
    const command = [process.execPath, SNOOPKIT, 'gen', 'types', fixturePath('maps')];
    assert.equal((await run('sh', ['-c', redirected, 'sh', ...command])).said, '');
    assert.match(readFileSync(output, 'utf8'), /^before\n.* places: .*\nafter\n$/s);
  });

  it('min-btf: cuts BTF to what an object needs, and no more', async function () {
    needs(this, 'root');
    const output = inFolder('small.btf');
    const tool = objectPath('opensnoop');
    await gen('min-btf', tool, '-o', output);
    assert.ok(readFileSync(output).length < readFileSync('/sys/kernel/btf/vmlinux').length / 20);
    using opened = BpfObject.open(tool, { btf: output });
    // Not on every machine, and no matter of BTF.
    for (const { section, name } of opened.programs.values())
      if (section.startsWith('fexit/')) opened.programs.need(name).autoload = false;
    opened.load().close();
  });

  for (const [what, args, status, line] of [
    ['nothing', [], 2, 'missing types|object|min-btf and OBJECT (see snoopkit gen --help)'],
    ['no object', ['types'], 2, 'missing OBJECT (see snoopkit gen --help)'],
    [
      'something else',
      ['code', 'x.o'],
      2,
      'Expected code to be one of: types, object, min-btf (see snoopkit gen --help)',
    ],
    ['two objects for types', ['types', 'a.o', 'b.o'], 2, 'gen types takes one object, not also b.o'],
    ['no output', ['object', 'a.o'], 2, 'gen object needs --output FILE'],
    ['an empty output', ['types', 'a.o', '-o', ''], 2, '--output: empty value'],
    ['BTF for types', ['types', 'a.o', '--btf', 'x'], 2, '--btf: only for gen min-btf'],
    ['embedding BTF', ['min-btf', 'a.o', '--embed', '-o', 'x'], 2, '--embed: only for gen types'],
    [
      'a file that is missing',
      ['types', '/nowhere.o'],
      1,
      'cannot open /nowhere.o: no such file or directory (ENOENT)',
    ],
    ['a device', ['types', '/dev/zero'], 2, 'cannot read /dev/zero: it is a device'],
    ['a folder', ['types', '/tmp'], 1, 'cannot read /tmp: illegal operation on a directory (EISDIR)'],
    [
      'a folder to link',
      ['object', '/tmp', '-o', 'x'],
      1,
      'cannot read /tmp: illegal operation on a directory (EISDIR)',
    ],
    [
      'a folder as output',
      ['object', fixturePath('calls'), '-o', 'src'],
      2,
      'cannot replace src: it is not a regular file',
    ],
    [
      'a folder that is missing',
      ['object', fixturePath('calls'), '-o', '/nowhere/x.o'],
      1,
      'cannot write to /nowhere/x.o: no such file or directory (ENOENT)',
    ],
    [
      'a program of this machine',
      ['min-btf', '/bin/true', '-o', 'x'],
      1,
      /^snoopkit: \/bin\/true: not a BPF object: ELF type \d, machine \d+; expected 1, 247$/,
    ],
    ['a file that is no object', ['types', 'package.json'], 1, 'package.json: neither BTF nor an ELF file'],
  ] as const)
    it(`refuses ${what} in one line`, async () => {
      const finished = await snoopkit(['gen', ...args]);
      assert.deepEqual([finished.status, finished.lines.length], [status, 1]);
      if (line instanceof RegExp) assert.match(finished.lines[0] as string, line);
      else assert.deepEqual(finished.lines, [`snoopkit: ${line}`]);
      assert.ok(!existsSync('x'));
    });
});
