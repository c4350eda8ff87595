import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ProgramError, VerifierError } from '../../src/bpf/errors.js';
import { BpfObject } from '../../src/bpf/object.js';
import type { BpfProgram } from '../../src/bpf/program.js';
import { needs } from '../capability.js';
import { fewer, patient } from '../helpers/patience.js';
import { systemEnvironment } from '../helpers/system.js';
import { load, withoutBtf } from './helpers.js';

const objectsIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.bpf.o'))
    .map((name) => folder + name);
const FIXTURES = fileURLToPath(new URL('fixtures/', import.meta.url));
const OBJECTS = fileURLToPath(new URL(`../../bpf/${process.arch}/`, import.meta.url));
// bpftool takes its time, for it reads the kernel's symbols for each program.
const TOOLS = ['execsnoop', 'tcplife'].map((name) => `${OBJECTS}${name}.bpf.o`);
const objects = [...objectsIn(FIXTURES), ...TOOLS.slice(0, fewer(TOOLS.length))];

/** Loads the programs of an object that this kernel accepts; undefined if it takes none of its maps. */
function loadAccepted(path: string): BpfObject | undefined {
  const refused = new Set<string>();
  for (;;) {
    const opened = BpfObject.open(path);
    for (const program of opened.programs.values()) program.autoload = !refused.has(program.name);
    for (const map of opened.maps.values()) map.pinPath = undefined;
    try {
      return opened.load();
    } catch (error) {
      const { program } = error as ProgramError | VerifierError;
      if (program === undefined || refused.has(program)) return undefined;
      refused.add(program);
    }
  }
}

/** The instructions that bpftool shows, each with its index. */
function shownByBpftool(id: number): string[] {
  const { stdout, stderr } = spawnSync('bpftool', ['prog', 'dump', 'xlated', 'id', `${id}`], {
    encoding: 'utf8',
    env: systemEnvironment(),
    maxBuffer: 1 << 26,
  });
  assert.equal(stderr, '');
  return [...stdout.matchAll(/^ *(\d+): \(..\) (.*)$/gm)].map(([, index, code]) => `${index}: ${code}`);
}

describe('bpf: instructions of programs', () => {
  before(function () {
    needs(this, 'root');
  });

  for (const path of objects)
    it(`of ${path.replace(/.*\//, '')} are those that bpftool shows`, function () {
      this.timeout(patient(180_000));
      needs(this, 'bpftool');
      using object = loadAccepted(path);
      for (const program of object?.programs.values() ?? []) compare(program);
    });

  function compare(program: BpfProgram): void {
    const instructions = program.instructions() ?? assert.fail('withheld');
    const shown = shownByBpftool(program.id);
    assert.equal(instructions.length, shown.length, program.name);
    for (const [i, { index, code }] of instructions.entries())
      assert.equal(comparable(`${index}: ${code}`), comparable(shown[i] as string), program.name);
  }

  /** Without what cannot be equal. */
  function comparable(line: string): string {
    return (
      line
        // A function of the program: bpftool names it by its symbol, which has the tag, we by its BTF.
        .replace(/(call pc[+-]\d+)#.*/, '$1')
        // A move to this CPU's copy of a variable (Linux 6.10): an older bpftool shows any other move.
        .replace(/&\(void __percpu \*\)\((r\d+)\)/, '$1')
    );
  }

  it('begin with the name of their function, and have lines of the source', () => {
    using object = load('hooks', ['count_packet']);
    const [first, ...rest] = object.programs.need('count_packet').instructions() ?? [];
    assert.equal(first?.function, 'count_packet');
    assert.ok(rest.every((one) => one.function === undefined));
    const last = rest.at(-1);
    assert.equal(last?.code, 'exit');
    assert.match(String(last.source?.file), /hooks\.bpf\.c$/);
    assert.match(String(last.source?.text), /^return /);
    assert.ok((last.source?.line ?? 0) > 1);
  });

  it('name helpers and functions of the program', () => {
    using object = load('calls', ['handle_static', 'handle_global']);
    const instructions = (name: string) => object.programs.need(name).instructions() ?? [];
    const global = instructions('handle_global');
    const [, place, name] = /^call pc([+-]\d+)#(\w+)$/m.exec(global.map(({ code }) => code).join('\n')) ?? [];
    const at = global.find(({ code }) => code === `call pc${place}#${name}`)?.index ?? 0;
    assert.equal(global.find(({ index }) => index === at + 1 + Number(place))?.function, name);
    const helpers = instructions('handle_static').filter(({ code }) => /^call bpf_ktime_get_ns#-?\d+$/.test(code));
    assert.equal(helpers.length, 1);
  });

  it('have no lines without BTF', () => {
    using object = BpfObject.open(withoutBtf('globals'), { name: 'bare' }).load();
    const [program] = object.programs.values();
    for (const { function: name, source } of program?.instructions() ?? assert.fail())
      assert.deepEqual([name, source], [undefined, undefined]);
  });
});
