import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAP_TYPE } from '../../src/bpf/map-type.js';
import { ATTACH_TYPES } from '../../src/bpf/program-type.js';
import { Btf } from '../../src/btf/index.js';
import { shapeOf } from '../../src/btf/layout.js';
import { needs } from '../capability.js';
import { root, testGroups } from './command.js';
import { HOOKS, NOT_TESTED, proofsIn, SUBJECTS, type Subject, titleWith } from './types.js';

/** Titles of the tests that run in guests, none of which is run for it. */
function titles(): string[] {
  const files = testGroups(/^bpf\//)
    .flat()
    .map((name) => join(root, 'dist', 'test', `${name}.test.js`));
  const words = ['node_modules/mocha/bin/mocha.js', '--no-config', '--dry-run', '--reporter', 'json', ...files];
  const said = execFileSync(process.execPath, words, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 });
  const { tests } = JSON.parse(said) as { tests: { fullTitle: string }[] };
  return tests.map(({ fullTitle }) => fullTitle);
}

describe('kernels: types of programs and maps', () => {
  it('each has a test that proves an effect, or a reason why not', () => {
    const proven = new Set(titles().flatMap((title) => Object.keys(proofsIn(title))));
    const lacking = SUBJECTS.filter((subject) => proven.has(subject) === subject in NOT_TESTED);
    assert.deepEqual(lacking, []);
  });

  it('are those that the kernel has', function () {
    needs(this, 'kernel-btf');
    const btf = Btf.parse(readFileSync('/sys/kernel/btf/vmlinux'));
    const hooks: string[] = Object.values(HOOKS).flatMap((names) => names.map((name) => name.split(' ')[0] as string));
    const known = {
      bpf_prog_type: ['unspec', ...Object.keys(HOOKS)],
      bpf_attach_type: [...hooks, ...Object.keys(HOOKS)],
      bpf_map_type: ['unspec', ...Object.keys(MAP_TYPE)],
    };
    for (const [name, ours] of Object.entries(known)) {
      const { shape } = shapeOf(btf, btf.find(name, 'enum') as number);
      assert.ok(shape.kind === 'enum');
      const theirs = [...shape.names.keys()]
        .filter((value) => !value.startsWith('__'))
        .map((value) => value.replace(/^BPF_(PROG_TYPE_|MAP_TYPE_)?/, '').toLowerCase())
        .map((value) => value.replace(/_deprecated$/, ''));
      assert.deepEqual(
        theirs.filter((value) => !ours.includes(value)),
        [],
        name,
      );
    }
  });

  it('have hooks for each type that the library attaches', () => {
    const hooks: string[] = Object.entries(HOOKS).flatMap(([type, names]) => [
      type,
      ...names.map((name) => name.split(' ')[0] as string),
    ]);
    assert.deepEqual(
      ATTACH_TYPES.filter((type) => !hooks.includes(type)),
      [],
    );
  });

  it('stand in the title of a test', () => {
    const proofs = { 'xdp native': 'dropped, counted', 'map devmap': 'redirected' } as const;
    assert.deepEqual(proofsIn(`suite ${titleWith('a title [of: sorts]', proofs)}`), proofs);
    for (const title of ['none', 'a title [of: sorts]', 'open [xdp native]', titleWith('none', {})])
      assert.deepEqual(proofsIn(title), {}, title);
  });

  it('have words that a title can carry', () => {
    for (const subject of SUBJECTS)
      assert.deepEqual(proofsIn(titleWith('t', { [subject]: 'seen' })), { [subject]: 'seen' });
    assert.equal(new Set<Subject>(SUBJECTS).size, SUBJECTS.length);
  });
});
