import assert from 'node:assert/strict';
import { jitState } from '../../src/bpf/jit.js';
import { codeParts } from '../../src/cli/explain-code.js';
import { fixturePath } from '../bpf/helpers.js';
import { needs } from '../capability.js';
import { kernelIsSince } from '../helpers/kernel.js';
import { needsNobody, runAsNobody } from '../helpers/rights.js';
import { run, SNOOPKIT, snoopkit } from '../helpers/run.js';

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

const MISSING = "--program 'handle_globl': no such program; did you mean handle_global?";

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
    const [, reason = '', story = ''] =
      /^.* rejected\n( {4}\S.*\n(?: {4}\S.*\n)+)((?: {6}.*\n)+)/.exec(text.slice(start)) ?? [];
    assert.match(text.slice(start), /^ {2}handle_null +raw_tp\/sys_enter +\d+ +rejected$/m);
    const [why, hint] = reason.replaceAll(/\n {4}(?!hint)/g, ' ').split('\n');
    assert.match(String(why), /^ {4}the verifier rejected program handle_null: .* at mistakes\.bpf\.c:\d+$/);
    assert.match(String(hint), /^ {4}hint: the pointer may be NULL: .* path ?$/);
    for (const [line] of text.matchAll(/^ {4}\S.*$/gm)) assert.ok(line.length <= 80, line);
    const [lookup, call, use, load] = story.split('\n');
    assert.match(String(lookup), /^ {6}; mistakes\.bpf\.c:\d+: struct entry \*entry = /);
    assert.match(String(call), /^ {6,7}\d+: call bpf_map_lookup_elem#1$/);
    assert.match(String(use), /^ {6}; mistakes\.bpf\.c:\d+: return /);
    assert.match(String(load), /^ {6,7}\d+: r0 = \*\(u64 \*\)\(r0 \+0\)$/);
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
    const state = {
      none: 'constants are not',
      unprivileged: 'constants of unprivileged programs are',
      all: 'constants of all programs are',
    }[String(report.jit.isHardened)];
    if (report.jit.isEnabled) assert.ok(text.includes(`\nJIT\n  on; ${state} blinded\n`), text);
    else assert.match(text, /^JIT\n {2}(off|unknown)/m);
  });

  it('dumps the code of a program on request', async function () {
    needs(this, 'root');
    const one = [fixturePath('relocations'), '--program', 'handle_call'];
    const { report: plain } = await explained(...one);
    assert.deepEqual(
      plain.programs.map((program: object) => [...Object.keys(program)].filter((key) => key.endsWith('Code'))),
      [[]],
    );
    const { report } = await explained(...one, '--dump', 'translated');
    const [{ translatedCode, info }] = report.programs;
    assert.equal(translatedCode[0].function, 'handle_call');
    assert.deepEqual([translatedCode.at(-1).code, translatedCode.at(-1).index], ['exit', info.translatedSize / 8 - 1]);
    const { stdout } = await snoopkit(['explain', ...one, '--dump', 'translated']);
    const text = stdout.toString();
    const start = text.indexOf(
      '\nTRANSLATED CODE OF handle_call (instructions left by the verifier)\n  handle_call:\n  ; ',
    );
    assert.ok(start > 0, text);
    // Maps have other ids in each run.
    const withoutIds = (code: string) => code.replace(/map\[id:\d+\]/, 'map');
    assert.deepEqual(
      [...text.slice(start).matchAll(/^ +\d+: (.*)$/gm)].map(([, code = '']) => withoutIds(code)),
      translatedCode.map(({ code }: { code: string }) => withoutIds(code)),
    );
    const { report: machine } = await explained(...one, '--dump', 'machine');
    const [{ machineCode, info: size }] = machine.programs;
    assert.equal(machineCode && Buffer.from(machineCode, 'base64').length, size.jitedSize || null);
  });

  it('shows code as text', () => {
    const line = (number: number, text: string) => ({ file: 'some.bpf.c', line: number, text });
    const base = { name: 'handle', section: 'xdp', type: 'xdp', instructions: 9, rejection: undefined };
    const info = { verifiedInstructions: 9, translatedSize: 96, jitedSize: 40 };
    const translatedCode = [
      { index: 0, code: 'r1 = map[id:12]', function: 'handle', source: line(3, 'count(\x1b[2J);') },
      { index: 2, code: 'call pc+8#count', function: undefined, source: line(3, 'count(\x1b[2J);') },
      { index: 3, code: 'exit', function: undefined, source: undefined },
      { index: 11, code: 'exit', function: 'count', source: line(9, 'return;') },
    ];
    const machineCode = Buffer.from(Array.from({ length: 18 }, (_, i) => i)).toString('base64');
    assert.deepEqual(codeParts({ ...base, info, translatedCode }), [
      [
        'TRANSLATED CODE OF handle (instructions left by the verifier)',
        [
          '  handle:',
          '  ; count(\\x1b[2J);',
          '   0: r1 = map[id:12]',
          '   2: call pc+8#count',
          '   3: exit',
          '  count:',
          '  ; return;',
          '  11: exit',
        ],
      ],
    ]);
    assert.deepEqual(codeParts({ ...base, info, translatedCode: null })[0]?.[1], ['  withheld by the kernel']);
    const machine = (given: string | null, jitedSize = 40) =>
      codeParts({ ...base, info: { ...info, jitedSize }, machineCode: given });
    const title = 'MACHINE CODE OF handle (offset, bytes; hexadecimal)';
    assert.deepEqual(machine(machineCode), [
      [title, ['  00: 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f', '  10: 10 11']],
    ]);
    assert.deepEqual(machine(null), [[title, ['  withheld by the kernel']]]);
    assert.deepEqual(machine(null, 0), [[title, ['  none: the kernel interprets the program']]]);
    assert.deepEqual(codeParts({ ...base, info: undefined }), []);
  });

  it('loads nothing without rights, and says so', async function () {
    await needsNobody(this);
    const { status, stdout, said } = await runAsNobody([], ['explain', fixturePath('relocations')]);
    assert.deepEqual([status, said], [0, '']);
    assert.match(
      stdout.toString(),
      /^ {2}handle_call +raw_tp\/sys_enter +\d+ +not loaded: needs CAP_BPF, CAP_PERFMON$/m,
    );
    assert.match(stdout.toString(), /^RELOCATIONS\n {2}unknown: no program was loaded$/m);
  });

  it('takes missing rights for no mistake of the program', async function () {
    await needsNobody(this);
    needs(this, 'memory beyond RLIMIT_MEMLOCK', kernelIsSince(5, 11) || 'it is locked memory before 5.11');
    const part = await runAsNobody(['bpf'], ['explain', fixturePath('relocations')]);
    assert.deepEqual([part.status, part.said], [0, '']);
    assert.match(part.stdout.toString(), /^ {2}handle_call +raw_tp\/sys_enter +\d+ +not loaded: needs CAP_PERFMON$/m);
  });

  it('takes a user namespace for no mistake of the program', async function () {
    needs(this, 'unshare');
    needs(this, 'own-root');
    const words = ['--user', '--map-root-user', process.execPath, SNOOPKIT, 'explain', fixturePath('relocations')];
    const { status, stdout, said } = await run('unshare', words);
    assert.deepEqual([status, said], [0, '']);
    assert.match(stdout.toString(), /^ {2}handle_call .* +not loaded: needs the initial user namespace$/m);
    const dump = await run('unshare', [...words, '--dump', 'machine']);
    assert.deepEqual([dump.status, dump.stdout.toString()], [1, '']);
    assert.match(dump.said, /^snoopkit: cannot dump code: .*user namespace[^\n]*\n$/);
  });

  it('refuses to dump code without rights', async function () {
    needs(this, 'root');
    needs(this, 'setpriv');
    const { status, stdout, said } = await runAsNobody(
      [],
      ['explain', fixturePath('relocations'), '--dump', 'machine'],
    );
    assert.deepEqual([status, stdout.toString()], [1, '']);
    assert.match(said, /^snoopkit: cannot dump code: .*missing CAP_BPF: run as root[^\n]*\n$/);
  });

  it('knows whether this kernel has a helper', async function () {
    needs(this, 'kernel-btf');
    const { report } = await explained(fixturePath('calls'));
    const time = report.requirements.helpers.find(({ id }: { id: number }) => id === 5);
    assert.equal(time.isAvailable, true);
  });

  for (const [what, args, status, line] of [
    ['nothing', [], 2, 'missing OBJECT (see snoopkit explain --help)'],
    ['a file that is missing', ['/nowhere.o'], 1, 'cannot open /nowhere.o: no such file or directory (ENOENT)'],
    ['a folder', ['/tmp'], 1, 'cannot read /tmp: illegal operation on a directory (EISDIR)'],
    ['a file that is no object', ['package.json'], 1, 'cannot open package.json: not an ELF file'],
    ['a program that is missing', [fixturePath('calls'), '--program', 'handle_globl'], 2, MISSING],
    ['two outputs', ['x.o', '--json', '-o', 'text'], 2, '--json conflicts with --output text: give only one of them'],
  ] as const)
    it(`refuses ${what} in one line`, async () => {
      const finished = await snoopkit(['explain', ...args]);
      assert.deepEqual([finished.status, finished.lines], [status, [`snoopkit: ${line}`]]);
    });
});
