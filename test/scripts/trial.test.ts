/** A tool is two files and a feature one folder: those of test/fixtures/trial are added to a copy, nothing else is edited. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { needs } from '../capability.js';
import { patient } from '../helpers/patience.js';

const run = promisify(execFile);
const FIXTURE = 'test/fixtures/trial';
const ARCH = process.arch;

/** The files of the fixture. TypeScript has another suffix there, for it does not compile in that place. */
const added = readdirSync(FIXTURE, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(FIXTURE.length + 1));

describe('a tool and a feature that nothing else names', function () {
  this.timeout(patient(120_000));
  let copy: string;

  before(async function () {
    needs(this, 'root');
    copy = mkdtempSync(join(tmpdir(), 'snoopkit-trial-'));
    for (const path of ['Makefile', 'package.json', 'bpf', 'dist', 'scripts', 'src', 'tools', 'vmlinux'])
      cpSync(path, join(copy, path), { recursive: true });
    symlinkSync(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'));
    for (const file of added) {
      const to = join(copy, file.replace(/\.txt$/, ''));
      mkdirSync(dirname(to), { recursive: true });
      cpSync(join(FIXTURE, file), to);
    }
    await run('scripts/features.sh', { cwd: copy });
    // What make does, but for the types, which take half a minute: test/types has these.
    const object = `dist/bpf/${ARCH}/chdirsnoop.bpf.o`;
    await run('make', ['-o', 'build/ts.stamp', '-o', 'setup', '-o', 'native', object], { cwd: copy });
    const lists = ['src/trace/features/list.ts', 'src/trace/features/all-steps.ts'];
    for (const file of [...added.filter((name) => name.endsWith('.txt')), ...lists]) {
      const source = file.replace(/\.txt$/, '');
      const { outputText } = ts.transpileModule(readFileSync(join(copy, source), 'utf8'), {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
      });
      const to = join(copy, 'dist', source.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, outputText);
    }
  });
  after(() => copy && rmSync(copy, { recursive: true, force: true }));

  /** Runs a module in the copy; `result` is what it prints as JSON. */
  async function evaluate(script: string): Promise<unknown> {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: copy });
    return JSON.parse(stdout);
  }

  it('have their flag and column in the help', async () => {
    const { flags, fields, caveats } = (await evaluate(`
      import { toolFlags } from '${copy}/dist/src/cli/flags/flags.js';
      import tool from '${copy}/dist/tools/chdirsnoop.js';
      import other from '${copy}/dist/tools/opensnoop.js';
      const flags = [tool, other].map((each) => 'least-nice' in toolFlags(each));
      console.log(JSON.stringify({ flags, fields: Object.keys(tool.fields), caveats: tool.caveats }));
    `)) as Record<string, unknown>;
    assert.deepEqual(flags, [true, false]);
    assert.deepEqual(fields, ['nice', 'ret', 'error']);
    assert.deepEqual(caveats, ['The niceness is that at the time of the event.']);
  });

  /** Niceness, result and error of two calls, with a shell of niceness 1, and one of niceness 7 and another umask. */
  const traced = (options: string) =>
    evaluate(`
      import { execFileSync } from 'node:child_process';
      import { setPriority } from 'node:os';
      import { trace } from '${copy}/dist/src/trace/index.js';
      // nice(1) counts from here.
      setPriority(0);
      const events = [];
      // The name of this shell alone.
      const lines = 'printf trial-chdir >/proc/self/comm; cd /usr; cd /nowhere; true';
      const umask = 0o31;
      const run = await trace('chdirsnoop', { ...${options}, comm: 'trial-chdir', maxEvents: 2, duration: 10 });
      execFileSync('nice', ['-n', '1', 'bash', '-c', lines], { stdio: 'ignore' });
      process.umask(umask);
      execFileSync('nice', ['-n', '7', 'bash', '-c', lines], { stdio: 'ignore' });
      for await (const { nice, ret, error } of run) events.push({ nice, ret, error });
      await run.close();
      console.log(JSON.stringify(events));
    `);

  it('trace, filtered by the feature in the kernel', async () => {
    assert.deepEqual(await traced('{ leastNice: 7 }'), [
      { nice: 7, ret: 0 },
      { nice: 7, ret: -2, error: 'ENOENT' },
    ]);
  });

  it('filter in every tool, where no other such filter is in use', async () => {
    assert.deepEqual(await traced('{ umask }'), [
      { nice: 7, ret: 0 },
      { nice: 7, ret: -2, error: 'ENOENT' },
    ]);
  });

  it('find a mistake in the flag, by its name', async () => {
    const said = await evaluate(`
      import { trace } from '${copy}/dist/src/trace/index.js';
      const said = await trace('chdirsnoop', { leastNice: 20 }).catch(({ message }) => message);
      console.log(JSON.stringify(said));
    `);
    assert.equal(said, 'leastNice 20: expected an integer from 0 to 19');
  });
});
