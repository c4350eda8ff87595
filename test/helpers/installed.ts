/** The package as its users have it: packed, and installed in an empty folder, offline. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needs } from '../capability.js';
import { type Finished, run } from './run.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What users install beside it, and the programs in that. Their dependencies are found where the links lead. */
const BESIDE = ['mocha', 'typescript', '@types/mocha', '@types/node'];
const PROGRAMS = { mocha: 'mocha/bin/mocha.js', tsc: 'typescript/bin/tsc' };

let folder: Promise<string> | undefined;

/** What it takes to install the package, and to trace with it. */
export function needsInstalled(test: Mocha.Context): void {
  for (const capability of ['root', 'kernel-btf', 'npm', 'unshare'] as const) needs(test, capability);
}

/** The folder, which has the package in `node_modules`. Made once for all test files, because it takes seconds. */
export function installed(): Promise<string> {
  folder ??= install();
  return folder;
}

async function install(): Promise<string> {
  const place = mkdtempSync(join(tmpdir(), 'snoopkit-installed-'));
  process.once('exit', () => rmSync(place, { recursive: true }));
  await npm(place, 'pack', '--pack-destination', place);
  const [tarball = assert.fail('npm pack made nothing')] = readdirSync(place).filter((name) => name.endsWith('.tgz'));
  writeFileSync(join(place, 'package.json'), '{ "type": "module" }\n');
  await npm(place, 'install', '--offline', '--no-audit', '--no-fund', '--prefix', place, join(place, tarball));
  const modules = join(place, 'node_modules');
  mkdirSync(join(modules, '@types'));
  for (const name of BESIDE) symlinkSync(join(root, 'node_modules', name), join(modules, name));
  for (const [name, file] of Object.entries(PROGRAMS)) symlinkSync(join(modules, file), join(modules, '.bin', name));
  return place;
}

/** Runs npm as the build does. It runs no scripts, because everything is built already. */
async function npm(place: string, ...words: string[]): Promise<void> {
  const env = { ...process.env, npm_config_cache: join(place, '.npm') };
  const command = ['-c', '. scripts/lib.sh && any_npm "$@" --ignore-scripts', 'npm', ...words];
  const { status, said } = await run('bash', command, { cwd: root, env, timeout: 240_000 });
  assert.equal(status, 0, said);
}

const arch = process.arch === 'arm64' ? 'arm64' : 'x86';
/** Gives a command a network, mounts and a BPF file system of its own. */
const ALONE = 'ip link set lo up; mkdir -p /sys/fs/bpf; mount -t bpf bpf /sys/fs/bpf; exec "$@"';

/** A command of the documentation, as it is run here: as root already, without npx, and for this machine. */
export const localized = (line: string): string =>
  line
    .trim()
    .replace(/^(sudo )?(npx )?/, '')
    .replace('__TARGET_ARCH_x86', `__TARGET_ARCH_${arch}`);

/** Runs a command of the documentation, or several, in a folder below `installed()`. */
export async function documented(
  lines: string | readonly string[],
  { cwd, isAlone = false }: { cwd: string; isAlone?: boolean },
): Promise<Finished> {
  const commands = [lines].flat().map(localized);
  // The last one takes the place of the shell, so that it is a child of this process.
  const script = [...commands.slice(0, -1), `exec ${commands.at(-1)}`].join('\n');
  const command = [...(isAlone ? ['unshare', '--net', '--mount', 'sh', '-ec', ALONE, 'sh'] : []), 'sh', '-ec', script];
  const programs = join(await installed(), 'node_modules/.bin');
  const folders = [programs, dirname(process.execPath), process.env.PATH ?? '', '/usr/sbin', '/sbin'];
  const env = { ...process.env, LC_ALL: 'C', PATH: folders.join(delimiter) };
  return run('/usr/bin/env', command, { cwd, env, timeout: 240_000 });
}
