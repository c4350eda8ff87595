/**
 * Runs the tests that talk to the kernel on other kernels: `make test-kernels`, or `node dist/test/kernels/main.js
 * [--limit SECONDS] [--only PATTERN [--merge]] [--save] [KERNEL...]` as root. What was built on this machine is what is tested:
 * nothing is compiled in a guest. The kernel `host` is this machine itself.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { UnavailableError } from '../../scripts/debian/apt.js';
import { type Kernel, type KernelFiles, obtain } from '../../scripts/debian/kernel.js';
import { obtainRoot } from '../../scripts/debian/trees.js';
import { root, testGroups, testScript } from './command.js';
import { type GuestEnd, type GuestOptions, runGuest } from './guest.js';
import { runHost } from './host.js';
import { chooseKernels, HOST, type Machine, machineOf, nameOf } from './kernels.js';
import { countTests, type KernelResult, mergeResults, parseResults, problemOf, report } from './results.js';
import { saveTable } from './table.js';
import { Turns } from './turns.js';
import { saveTypes } from './type-table.js';

const FOLDER = join(root, 'build', 'kernels');

/** What a guest may take if it were not slow, at the most. */
const SECONDS = 80;

const tell = (text: string) => process.stderr.write(`  KERNEL  ${text}\n`);

function forbidsSkip(): boolean {
  const forbidden = (process.env.SNOOPKIT_FORBID_SKIP ?? '').split(',');
  return forbidden.includes('kernels') || forbidden.includes('all');
}

/** What there is to know of all kernels. */
interface Setting {
  /** After which a guest is ended; undefined: it depends on the machine. */
  readonly limit: number | undefined;
  /** Files of tests, each group for a guest. */
  readonly groups: readonly (readonly string[])[];
  /** Whether these are all that there are. */
  readonly isWhole: boolean;
  /** Whether the results go into the kernel's whole one. */
  readonly isMerged: boolean;
  readonly signal: AbortSignal;
  /** A guest keeps one processor busy. */
  readonly turns: Turns;
}

/** What the guests of a kernel have in common. */
interface Guests {
  readonly machine: Machine;
  readonly files: KernelFiles;
  /** The root that they have, where it is not the host's. */
  readonly tree: string | undefined;
}

/** The day, the commit if there is one, and how many of the files of tests. */
function tested(files: number): string {
  const git = (...words: string[]) =>
    spawnSync('git', ['-c', 'safe.directory=*', ...words], { cwd: root, encoding: 'utf8' }).stdout?.trim();
  const commit = git('rev-parse', '--short', 'HEAD');
  // The run before may have saved its column.
  const isChanged = git('status', '--porcelain', '-uno', '--', '.', ':!docs/kernels.md', ':!docs/types.md');
  const all = testGroups().flat().length;
  const share = files === all ? `all ${all} files` : `${files} of ${all} files`;
  return [new Date().toISOString().slice(0, 10), commit && `${commit}${isChanged ? ' with changes' : ''}`, share]
    .filter(Boolean)
    .join(', ');
}

type Run = (options: Pick<GuestOptions, 'command' | 'log' | 'seconds' | 'signal'>) => Promise<GuestEnd>;

interface Group {
  readonly files: readonly string[];
  readonly log: string;
  /** Whether `snoopkit doctor` is run before its tests: once on a kernel. */
  readonly hasDoctor: boolean;
}

/** Runs a group of the tests, in a guest of its own if `run` has one. */
async function testGroup(
  machine: Pick<Machine, 'slow' | 'isForeign'>,
  run: Run,
  { files, log, hasDoctor }: Group,
  setting: Setting,
) {
  const { signal, limit: seconds = SECONDS * machine.slow } = setting;
  const command = testScript(files, machine, hasDoctor);
  const from = performance.now();
  const end = await run({ command, log, seconds, signal });
  const heard = parseResults(end.results);
  const problem = problemOf(end, heard, seconds);
  return {
    tests: heard.tests,
    tools: heard.tools,
    problems: problem === undefined ? [] : [problem],
    from,
    to: performance.now(),
  };
}

async function obtainGuests(kernel: Kernel): Promise<Guests> {
  const machine = machineOf(kernel);
  const files = await obtain(kernel);
  return { machine, files, tree: machine.isForeign ? await obtainRoot(kernel.architecture) : undefined };
}

/** Runs all groups where there is a kernel to do so. */
async function runGroups(
  about: Pick<KernelResult, 'kernel' | 'suite'> & { readonly release: string },
  test: (group: Group) => ReturnType<typeof testGroup>,
  { groups, turns }: Pick<Setting, 'groups' | 'turns'>,
): Promise<KernelResult> {
  const { kernel, release, suite } = about;
  tell(`${kernel} (${release}, ${suite}): build/kernels/${kernel}-*.log`);
  const ended = await Promise.all(
    groups.map((files, i) =>
      turns.take(() => test({ files, log: join(FOLDER, `${kernel}-${i + 1}.log`), hasDoctor: i === 0 })),
    ),
  );
  // Guests of other kernels may have had their turns before.
  const [from, to] = [Math.min(...ended.map((end) => end.from)), Math.max(...ended.map((end) => end.to))];
  const seconds = Math.round((to - from) / 100) / 10;
  return countTests(
    { ...about, tested: tested(groups.flat().length), seconds },
    ended.flatMap(({ tests }) => tests),
    ended.flatMap(({ problems }) => problems),
    ended.find(({ tools }) => tools !== undefined)?.tools,
  );
}

/** One group after the other: tests may disturb each other. */
const testHost = (setting: Setting): Promise<KernelResult> =>
  runGroups(
    { kernel: HOST, suite: HOST, release: release() },
    (group) => testGroup({ slow: 1, isForeign: false }, runHost, group, setting),
    { ...setting, turns: new Turns(1) },
  );

async function testKernel(kernel: Kernel, setting: Setting): Promise<KernelResult> {
  const [name, { suite }] = [nameOf(kernel), kernel];
  try {
    const { machine, files, tree } = await setting.turns.take(() => obtainGuests(kernel));
    const run: Run = (options) => runGuest({ ...options, kernel: files, machine, tree });
    return await runGroups(
      { kernel: name, suite, release: files.release },
      (group) => testGroup(machine, run, group, setting),
      setting,
    );
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    const [failed, skipped] = forbidsSkip() ? [1, 0] : [0, 1];
    return { kernel: name, suite, passed: 0, failed, skipped, seconds: 0, problems: [error.message], tests: [] };
  }
}

const resultFile = (kernel: string, isWhole: boolean) => join(FOLDER, `${kernel}${isWhole ? '.whole' : ''}.json`);

/** Those of an earlier run of the same kind. */
function removeResults(kernel: string, isWhole: boolean): void {
  rmSync(resultFile(kernel, isWhole), { force: true });
  for (const name of readdirSync(FOLDER))
    if (name.startsWith(kernel) && /^-\d+\.log$/.test(name.slice(kernel.length))) rmSync(join(FOLDER, name));
}

const wholeResults = (names: readonly string[]): KernelResult[] =>
  names.map((name) => JSON.parse(readFileSync(resultFile(name, true), 'utf8')));

async function keepResult(testing: Promise<KernelResult>, setting: Setting): Promise<KernelResult> {
  const result = await testing;
  const write = (file: string, all: KernelResult) => writeFileSync(file, `${JSON.stringify(all, undefined, 2)}\n`);
  write(resultFile(result.kernel, setting.isWhole), result);
  if (setting.isMerged) {
    const file = resultFile(result.kernel, true);
    write(file, mergeResults(JSON.parse(readFileSync(file, 'utf8')), result));
  }
  tell(`${result.kernel}: ${result.passed} passed, ${result.failed} failed, in ${result.seconds} s`);
  return result;
}

/** Makes over to the person who asked sudo for this run what would else be root's, and in the way of `make clean`. */
function giveBack(folder: string): void {
  const { SUDO_UID, SUDO_GID } = process.env;
  if (SUDO_UID !== undefined) execFileSync('chown', ['-R', `${SUDO_UID}:${SUDO_GID}`, folder]);
}

/** The seconds that a guest has. */
function limitOf(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`--limit wants a number of seconds, not ${text}`);
  return Number(text);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      limit: { type: 'string' },
      only: { type: 'string' },
      merge: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
    },
  });
  if (process.geteuid?.() !== 0) throw new Error('a guest shares the root of this machine: run it as root');
  const isHost = positionals.includes(HOST);
  const asked = positionals.filter((name) => name !== HOST);
  const kernels = isHost && asked.length === 0 ? [] : chooseKernels(asked);
  const names = [...kernels.map(nameOf), ...(isHost ? [HOST] : [])];
  const limit = values.limit === undefined ? undefined : limitOf(values.limit);
  const groups = testGroups(values.only === undefined ? undefined : new RegExp(values.only));
  const isWhole = values.only === undefined;
  const isMerged = values.merge;
  if (isMerged && isWhole) throw new Error('--merge wants --only');
  const lacking = isMerged ? names.filter((name) => !existsSync(resultFile(name, true))) : [];
  if (lacking.length > 0) throw new Error(`--merge: there is no whole result of ${lacking.join(', ')}`);
  if (groups.length === 0) throw new Error(`--only ${values.only}: no file of tests has such a name`);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  mkdirSync(FOLDER, { recursive: true });
  for (const name of names) removeResults(name, isWhole);
  const setting = { limit, groups, isWhole, isMerged, signal: stop.signal, turns: new Turns(availableParallelism()) };
  // Where one can't go on, the others should not.
  const testing = [...kernels.map((kernel) => testKernel(kernel, setting)), ...(isHost ? [testHost(setting)] : [])];
  const results = await Promise.all(testing.map((test) => keepResult(test, setting))).finally(() => {
    stop.abort();
    giveBack(FOLDER);
  });
  if (values.save) {
    const saved = isMerged ? wholeResults(names) : results;
    saveTable(saved);
    saveTypes(saved);
  }
  process.stdout.write(`${report(results)}\n`);
  return results.some(({ failed }) => failed > 0) ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const { name, message } = error as Error;
  process.stderr.write(`snoopkit: the kernels: ${name === 'AbortError' ? 'interrupted' : message}\n`);
  process.exitCode = name === 'AbortError' ? 130 : 1;
}
