/**
 * Debian's packages of any suite and architecture, by apt: it verifies the suite's signature, with that the index, and
 * with that each package, and knows this machine's mirror and proxies. It works in a folder of its own, so that this
 * machine's packages and lists are left alone.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const run = promisify(execFile);

/** A package that can't be had here, and why. */
export class UnavailableError extends Error {}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The release that packages come from. */
export interface Release {
  readonly suite: string;
  /** As Debian calls it. */
  readonly architecture: string;
}

/** The archives of this machine's own apt, from what `apt-get --print-uris update` says that it would get. */
export function archivesIn(uris: string): string[] {
  const found = [...uris.matchAll(/^'([^']+?)\/?\/dists\/[^']*InRelease'/gm)].map(([, archive = '']) => archive);
  return [...new Set(found)];
}

/** apt with a sources list of one suite, and all that it writes in a folder. */
export class Apt {
  readonly archive: string;
  readonly #options: string[];
  readonly #folder: string;

  constructor(folder: string, archive: string, { suite, architecture }: Release) {
    this.archive = archive;
    this.#folder = folder;
    for (const made of ['state/lists/partial', 'cache/archives/partial', 'sources'])
      mkdirSync(join(folder, made), { recursive: true });
    writeFileSync(join(folder, 'status'), '');
    writeFileSync(
      join(folder, 'sources', 'debian.sources'),
      `Types: deb\nURIs: ${archive}\nSuites: ${suite}\nComponents: main\nArchitectures: ${architecture}\nSigned-By: ${KEYRING}\n`,
    );
    const settings = {
      'Dir::State': join(folder, 'state'),
      'Dir::State::status': join(folder, 'status'),
      'Dir::Cache': join(folder, 'cache'),
      'Dir::Etc::SourceList': '/dev/null',
      'Dir::Etc::SourceParts': join(folder, 'sources'),
      'APT::Architecture': architecture,
      'APT::Architectures': architecture,
      // Its own user may not enter the folder.
      'APT::Sandbox::User': 'root',
      'APT::Update::Error-Mode': 'any',
      'Acquire::Languages': 'none',
      'Acquire::Retries': '2',
    };
    this.#options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  }

  async run(program: string, ...words: string[]): Promise<string> {
    const options = { cwd: this.#folder, env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 1 << 26 };
    const { stdout } = await run(program, ['-q', ...this.#options, ...words], options);
    return stdout;
  }

  /** Gets packages, and returns their files. */
  async download(names: readonly string[]): Promise<string[]> {
    await this.run('apt-get', 'download', ...names);
    return packagesIn(this.#folder);
  }

  /** Gets packages and all that they depend on, and returns their files. */
  async downloadClosure(names: readonly string[]): Promise<string[]> {
    await this.run('apt-get', 'install', '-y', '--download-only', '--no-install-recommends', ...names);
    return packagesIn(join(this.#folder, 'cache', 'archives'));
  }
}

function packagesIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.deb'));
  return names.sort().map((name) => join(folder, name));
}

/** What apt said of a failure, in one line. */
function complaint(error: unknown): string {
  const { stderr = '', message } = error as Error & { stderr?: string };
  const lines = stderr.split('\n').filter((line) => /^[EW]: /.test(line));
  return (lines[0] ?? message.split('\n')[0] ?? '').replace(/^[EW]: /, '');
}

/** This machine's archives. */
async function archives(): Promise<string[]> {
  try {
    const { stdout } = await run('apt-get', ['--print-uris', 'update']);
    return archivesIn(stdout);
  } catch {
    throw new UnavailableError('there is no apt-get here that could get it');
  }
}

/**
 * Uses the first archive that has what is wanted and whose signature is Debian's, in a folder. Throws UnavailableError
 * when there is none.
 */
export async function fromDebian<T>(
  release: Release,
  folder: string,
  use: (apt: Apt) => Promise<T>,
  from?: readonly string[],
): Promise<T> {
  let problem = "this machine's apt sources name no archive";
  for (const archive of from ?? (await archives())) {
    const apt = new Apt(mkdtempSync(join(folder, 'apt-')), archive, release);
    try {
      await apt.run('apt-get', 'update');
      return await use(apt);
    } catch (error) {
      problem = complaint(error);
    }
  }
  throw new UnavailableError(problem);
}
