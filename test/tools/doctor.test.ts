import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Report } from '../../src/cli/doctor/doctor.js';
import type { ToolCheck } from '../../src/cli/doctor/tools.js';
import { needs } from '../capability.js';
import { patient } from '../helpers/patience.js';
import { needsNobody, runAsNobody } from '../helpers/rights.js';
import { run, SNOOPKIT, snoopkit } from '../helpers/run.js';

async function report(...args: string[]): Promise<Report> {
  const { stdout, said } = await snoopkit(['doctor', '-o', 'json', ...args]);
  assert.equal(said, '');
  return JSON.parse(stdout.toString());
}

/** The hooks that a run tells of in its first line. */
async function hooksTaken(tool: string): Promise<ToolCheck['hooks']> {
  const { status, stdout, said } = await snoopkit([tool, '-v', '-o', 'json', '--', 'true']);
  assert.equal(status, 0, said);
  return JSON.parse(stdout.toString().split('\n')[0] ?? '').hooks;
}

describe('doctor', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-doctor-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('says what the machine is', async () => {
    const { system } = await report();
    const found = new Map(system.map((check) => [check.name, check]));
    assert.equal(found.get('kernel')?.found, release());
    assert.equal(found.get('architecture')?.found, process.arch);
    assert.match(found.get('libbpf')?.found ?? '', /^\d+\.\d+$/);
    assert.equal(found.size, system.length);
  });

  it('says of each tool what the tool then does', async function () {
    needs(this, 'root');
    // A start of each of them.
    this.timeout(patient(120_000));
    const { tools } = await report();
    assert.ok(tools.length > 0);
    for (const { tool, state, hooks, reason } of tools) {
      assert.ok(state === 'works' || state === 'reduced', `${tool}: ${reason}`);
      assert.deepEqual(hooks, await hooksTaken(tool), tool);
    }
  });

  it('says what a tool says when it can not run', async function () {
    needs(this, 'root');
    const btf = join(folder, 'no.btf');
    writeFileSync(btf, 'not BTF');
    const { status, stdout } = await snoopkit(['doctor', 'opensnoop', '-o', 'json', '--btf', btf]);
    const [tool] = (JSON.parse(stdout.toString()) as Report).tools;
    const run = await snoopkit(['opensnoop', '--btf', btf, '--', 'true']);
    assert.deepEqual([status, run.status, tool?.state], [1, 1, 'fails']);
    assert.deepEqual(run.lines, [`snoopkit: ${tool?.reason}`]);
  });

  it('says to an ordinary user what rights are missing, as the tool does', async function () {
    await needsNobody(this);
    const { status, stdout, said } = await runAsNobody([], ['doctor', 'opensnoop', '--json']);
    assert.equal(said, '');
    const { system, tools } = JSON.parse(stdout.toString()) as Report;
    assert.equal(system.find(({ name }) => name === 'capabilities')?.state, 'missing');
    const tool = await runAsNobody([], ['opensnoop', '--', 'true']);
    assert.deepEqual([status, tool.status, tools[0]?.state], [1, 1, 'unknown']);
    assert.deepEqual(tool.lines, [`snoopkit: ${tools[0]?.reason}`]);
    assert.equal((await runAsNobody([], ['doctor'])).status, 0);
  });

  it('is read on 80 columns', async () => {
    const { status, stdout, said } = await snoopkit(['doctor']);
    assert.deepEqual([status, said], [0, '']);
    const lines = stdout.toString().split('\n');
    for (const line of lines) assert.ok(line.length < 80, line);
    assert.match(lines[0] ?? '', /^CHECK +STATE$/);
    assert.ok(lines.some((line) => /^kernel +(ok|missing) +\S/.test(line)));
    const { tools } = await report();
    for (const { tool, state } of tools.filter(({ reason }) => reason === undefined))
      assert.ok(
        lines.some((line) => line.startsWith(`${tool} `) && line.includes(` ${state} `)),
        `a row of its own: ${tool}`,
      );
    assert.ok(!stdout.includes('\u001b'), 'no colour in a pipe');
  });

  it('is a list of what works without libbpf, too, which tells once what is missing', async () => {
    const copy = join(folder, 'copy');
    const root = dirname(dirname(SNOOPKIT));
    for (const part of [
      'bin',
      'package.json',
      'oclif.manifest.json',
      'dist/cli/bundle/main.cjs',
      'dist/native',
      'dist/bpf',
    ])
      cpSync(join(root, part), join(copy, part), { recursive: true });
    const addon = join(copy, `dist/native/linux-${process.arch}.node`);
    writeFileSync(addon, readFileSync(addon, 'latin1').replaceAll('libbpf.so.1\0', 'libbpf.so.X\0'), 'latin1');
    const missing = 'libbpf.so.X: cannot open shared object file';
    const doctor = (...args: string[]) => run(process.execPath, [join(copy, 'bin/snoopkit.cjs'), 'doctor', ...args]);
    const { status, stdout, said } = await doctor();
    assert.deepEqual([status, said], [0, '']);
    const text = stdout.toString().replaceAll(/\s+/g, ' ');
    assert.match(text, /kernel ok .* libbpf missing .* clang ok /);
    // Of libbpf itself, and of all tools, which root can tell.
    const isRoot = process.geteuid?.() === 0;
    assert.equal(text.split(missing).length - 1, isRoot ? 2 : 1, text);
    const { tools } = JSON.parse((await doctor('--json')).stdout.toString()) as Report;
    for (const { state, reason } of isRoot ? tools : []) {
      assert.equal(state, 'fails');
      assert.match(reason ?? '', new RegExp(missing));
    }
    assert.equal((await doctor('opensnoop')).status, 1);
  });

  it('follows the width of the terminal', async function () {
    needs(this, 'script');
    this.timeout(patient(60_000));
    const widest = async (columns: number) => {
      const words = `stty cols ${columns} && NO_COLOR=1 ${process.execPath} ${SNOOPKIT} doctor`;
      const { stdout } = await run('script', ['-qec', words, '/dev/null'], { timeout: 60_000 });
      return Math.max(
        ...stdout
          .toString()
          .split('\n')
          .map((line) => line.trimEnd().length),
      );
    };
    const narrow = await widest(60);
    assert.ok(narrow <= 60 && narrow > 40, `${narrow} of 60`);
    assert.ok((await widest(200)) <= 100);
  });

  it('knows no other tool', async () => {
    const { status, lines } = await snoopkit(['doctor', 'nosuch']);
    assert.deepEqual([status, lines], [2, ['snoopkit: unknown tool nosuch (see snoopkit --help)']]);
  });
});
