import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { jitState } from '../../src/bpf/jit.js';
import { KERNEL_BTF } from '../../src/bpf/vmlinux.js';
import { fixturePath } from '../bpf/helpers.js';
import { needs } from '../capability.js';
import { needsNobody, runAsNobody } from '../helpers/rights.js';
import { snoopkit } from '../helpers/run.js';

/** The report, as an object. */
async function explained(...args: string[]) {
  const { status, said, stdout } = await snoopkit(['explain', ...args, '-o', 'json']);
  assert.equal(said, '');
  return { status, report: JSON.parse(stdout.toString()) };
}

interface Named {
  readonly name: string;
}
const named = <T extends Named>(list: readonly T[], name: string) => list.find((each) => each.name === name);

describe('cli: explain', () => {
  it('lists programs, maps, helpers and kernel functions', async () => {
    const { report } = await explained(fixturePath('calls'));
    assert.equal(report.license, 'Dual BSD/GPL');
    const callback = named<Named & { instructions: number }>(report.programs, 'handle_callback');
    assert.ok(callback && callback.instructions > 3);
    const loop = report.requirements.helpers.find(({ id }: { id: number }) => id === 181);
    assert.deepEqual([loop.name, loop.since, loop.programs], ['bpf_loop', '5.17', ['handle_callback']]);
    const { report: maps } = await explained(fixturePath('maps'));
    const sizes = { keySize: 24, valueSize: 12, maxEntries: 4 };
    assert.deepEqual(named(maps.maps, 'places'), { name: 'places', type: 'hash', ...sizes });
  });

  it('explains each rejected program, and exits with 1', async function () {
    needs(this, 'root');
    const { status, stdout } = await snoopkit(['explain', fixturePath('mistakes')]);
    assert.equal(status, 1);
    const text = stdout.toString();
    const start = text.indexOf('  handle_null ');
    const [head, reason, hint, call, load] = text.slice(start).split('\n');
    assert.match(String(head), /^ {2}handle_null +raw_tp\/sys_enter +\d+ +rejected$/);
    assert.match(String(reason), /^ {4}the verifier rejected program handle_null: .* at mistakes\.bpf\.c:\d+$/);
    assert.match(String(hint), /^ {4}hint: the pointer may be NULL/);
    assert.match(String(call), /^ +\d+ {2}call bpf_map_lookup_elem#1 +mistakes\.bpf\.c:\d+: struct entry \*entry = /);
    assert.match(String(load), /^ +\d+ {2}r0 = \*\(u64 \*\)\(r0 \+0\) +mistakes\.bpf\.c:\d+: return /);
  });

  it('tells the size of accepted programs and the relocations, and exits with 0', async function () {
    needs(this, 'root');
    const { status, report } = await explained(fixturePath('relocations'));
    assert.equal(status, 0);
    const [program] = report.programs;
    assert.ok(program.info.translatedSize > 0);
    assert.equal(program.rejection, undefined);
    const states = new Set(report.relocations.map(({ state }: { state: string }) => state));
    assert.deepEqual(states, new Set(['applied', 'missing', 'poisoned']));
    const { stdout } = await snoopkit(['explain', fixturePath('relocations')]);
    const text = stdout.toString();
    assert.match(text, /^RELOCATIONS\n {2}\d+ relocations? applied, 2 without a target in this kernel$/m);
    const { verifiedInstructions, translatedSize, jitedSize } = program.info;
    const cells = [
      program.name,
      program.section,
      program.instructions,
      verifiedInstructions,
      translatedSize / 8,
      jitedSize,
    ];
    assert.ok(text.replaceAll(/ +/g, ' ').includes(`\n ${cells.join(' ')} accepted\n`), text);
    assert.equal(report.jit.isEnabled, jitState().isEnabled);
    const state = { none: 'no', unprivileged: 'unprivileged', all: 'all' }[String(report.jit.isHardened)];
    if (report.jit.isEnabled)
      assert.ok(text.includes(`\nJIT\n  on; constants of ${state} programs are blinded\n`), text);
    else assert.match(text, /^JIT\n {2}(off|unknown)/m);
  });

  it('loads nothing without rights, and says so', async function () {
    await needsNobody(this);
    const { status, stdout, said } = await runAsNobody([], ['explain', fixturePath('relocations')]);
    assert.deepEqual([status, said], [0, '']);
    assert.match(stdout.toString(), /^ {2}handle_call +raw_tp\/sys_enter +\d+ +not loaded$/m);
    assert.match(stdout.toString(), /^RELOCATIONS\n {2}not loaded: this takes CAP_BPF$/m);
  });

  it('knows whether this kernel has a helper', async function () {
    if (!existsSync(KERNEL_BTF)) this.skip();
    const { report } = await explained(fixturePath('calls'));
    const time = report.requirements.helpers.find(({ id }: { id: number }) => id === 5);
    assert.equal(time.isAvailable, true);
  });

  for (const [what, args, status, line] of [
    ['nothing', [], 2, 'missing OBJECT (see snoopkit explain --help)'],
    ['a file that is missing', ['/nowhere.o'], 1, 'cannot open /nowhere.o: no such file or directory (ENOENT)'],
    ['a file that is no object', ['package.json'], 1, 'cannot open package.json: not an ELF file'],
    ['two outputs', ['x.o', '--json', '-o', 'text'], 2, '--json conflicts with --output text: give only one of them'],
  ] as const)
    it(`refuses ${what} in one line`, async () => {
      const finished = await snoopkit(['explain', ...args]);
      assert.deepEqual([finished.status, finished.lines], [status, [`snoopkit: ${line}`]]);
    });
});
