import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '../capability.js';
import type { ArrivedSpan } from '../helpers/otlp-arrivals.js';
import { ACCOUNT, plainEnvironment, useReceiver } from '../helpers/otlp-run.js';
import { patient } from '../helpers/patience.js';
import { straceFiles, unhex } from '../helpers/strace.js';
import { Trace } from '../helpers/trace.js';

/** A process as strace saw it. */
interface Straced {
  /** undefined for the one that strace itself started. */
  parent?: number;
  readonly args?: string[];
  /** As a shell has it. */
  readonly code: number;
  readonly signal?: string;
}

const SOURCES = 20;
const SIGNALS: Readonly<Record<string, number>> = { SIGKILL: 9, SIGTERM: 15 };

/** Processes in the files written by `strace -ff -o prefix`. */
function readProcesses(prefix: string): Map<number, Straced> {
  const processes = new Map<number, Straced>();
  const parents = new Map<number, number>();
  for (const [pid, text] of straceFiles(prefix)) {
    const [, words] = [...text.matchAll(/^execve\(.*?, \[(.*?)\], .*\) = 0$/gm)].at(-1) ?? [];
    const args = words && [...words.matchAll(/"((?:\\x..)*)"/g)].map(([, hex = '']) => unhex(hex));
    const [, code, signal] = /\+\+\+ (?:exited with (\d+)|killed by (\w+))/.exec(text) ?? assert.fail(text);
    processes.set(pid, {
      code: signal === undefined ? Number(code) : 128 + (SIGNALS[signal] ?? assert.fail(signal)),
      ...(signal !== undefined && { signal }),
      ...(args && { args }),
    });
    for (const [, child] of text.matchAll(/^(?:clone3?|v?fork)\(.*\) += (\d+)$/gm)) parents.set(Number(child), pid);
  }
  for (const [pid, parent] of parents) {
    const process = processes.get(pid);
    if (process) process.parent = parent;
  }
  return processes;
}

/** Some 20 sources that are compiled and linked, one that can't be, a rule that is killed, and a shell that another program replaces. */
function makeProject(folder: string): void {
  mkdirSync(folder);
  const names = Array.from({ length: SOURCES }, (_, i) => `f${i}`);
  for (const name of names) writeFileSync(join(folder, `${name}.c`), `int ${name}(void) { return 0; }\n`);
  writeFileSync(join(folder, 'main.c'), 'int main(void) { return 0; }\n');
  writeFileSync(join(folder, 'bad.c'), '#error "no"\n');
  const objects = ['main', ...names].map((name) => `${name}.o`).join(' ');
  const rules = [
    'all: program bad.o killed replaced checked',
    `program: ${objects}\n\t@$(CC) -o $@ $^`,
    '%.o: %.c\n\t@$(CC) -c -o $@ $<',
    'killed:\n\t@sh -c "kill -9 \\$$\\$$"',
    'replaced:\n\t@(exit 0); exec true',
    'checked: program\n\t@./program && test -x program | cat; (exit 3) || exit 0',
  ];
  writeFileSync(join(folder, 'Makefile'), `${rules.join('\n')}\n`);
}

describe('--otlp-spans: a build', () => {
  const receiver = useReceiver();
  let trace: Trace<object>;
  before(function () {
    needs(this, 'strace');
    needs(this, 'cc');
    trace = new Trace('procsnoop');
  });
  after(() => trace?.remove());

  it('is one trace: the tree that strace saw, with the statuses', async function () {
    this.timeout(patient(60_000));
    const project = join(trace.folder, 'project');
    makeProject(project);
    const calls = 'trace=execve,clone,clone3,fork,vfork';
    const strace = ['strace', '-ff', '-q', '-xx', '-s', '5000', '-e', calls, '-e', 'signal=KILL'];
    const { status, said } = await trace.run(
      ['-f', '--max-args', '64K', '--otlp', '--otlp-spans', ...receiver().flags],
      [...strace, '-o', join(trace.folder, 'strace'), 'make', '-C', project, '-k', '-j4', 'CC=cc'],
      { timeout: 55_000, maySay: ACCOUNT, env: plainEnvironment() },
    );
    assert.equal(status, 2, said);
    const { spans, logs } = receiver().take();
    assert.deepEqual(logs, [], 'spans are in place of events');
    assert.equal(new Set(spans.map(({ trace }) => trace)).size, 1, 'one trace');
    const byId = new Map(spans.map((span) => [span.id, span]));
    assert.equal(byId.size, spans.length, 'each id once');
    const pidOf = ({ attributes }: ArrivedSpan) => Number(attributes['process.pid']);
    const byPid = new Map(spans.map((span) => [pidOf(span), span]));
    const [root = assert.fail(), ...otherRoots] = spans.filter(({ parent }) => parent === '');
    assert.deepEqual(otherRoots, []);
    assert.equal(root.name, 'strace');

    const processes = readProcesses(join(trace.folder, 'strace'));
    assert.ok(processes.size > 3 * SOURCES, `${processes.size} processes`);
    assert.equal([...processes.values()].filter(({ parent }) => parent === undefined).length, 1, 'that is make');
    for (const [pid, { parent = pidOf(root), args, code, signal }] of processes) {
      const span = byPid.get(pid) ?? assert.fail(`${pid} has no span: ${args}`);
      const above = byId.get(span.parent) ?? assert.fail(`${span.name} is below nothing that is there`);
      const { attributes } = span;
      assert.equal(pidOf(above), parent, `${args}`);
      assert.deepEqual(
        [
          attributes['process.command_args'],
          attributes['process.exit.code'],
          attributes['snoopkit.process.exit.signal'],
        ],
        [args, code, signal],
      );
      assert.equal(span.hasFailed, code !== 0, `${args}`);
      assert.equal(attributes['error.type'], code === 0 ? undefined : (signal ?? `${code}`));
      assert.ok(above.start <= span.start && span.start <= span.end, 'none begins before what it is below');
      byPid.delete(pid);
    }
    const codes = new Set([...processes.values()].map(({ code }) => code));
    for (const code of [0, 1, 2, 3, 137]) assert.ok(codes.has(code), `some end with ${code}`);
    // Other processes are strace itself, and its checks of the kernel.
    for (const span of byPid.values()) assert.equal(span.name, 'strace');
  });
});
