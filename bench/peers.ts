import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync, realpathSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { BEFORE, type Contender } from './subjects.js';

/** An installed contender. */
export interface Found {
  readonly file: string;
  readonly version: string;
}

/** The program's file, searched like a shell does, and also in the folders on root's PATH alone. */
function locate(file: string): string | undefined {
  const folders = isAbsolute(file) ? [''] : [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders
    .map((folder) => join(folder, file))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function outputOf(file: string, ...args: string[]): string {
  const { stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', timeout: 10_000 });
  return `${stdout ?? ''}${stderr ?? ''}`.trim();
}

/** Debian's version of the package that a file is from: the tools of libbpf-tools do not know their version. */
function packageVersion(file: string): string | undefined {
  const owner = /^(\S+?)(?::\S+)?:/.exec(outputOf('dpkg-query', '-S', realpathSync(file)))?.[1];
  return owner && /^\d\S*$/.exec(outputOf('dpkg-query', '-W', '-f', `\${Version}`, owner))?.[0];
}

const ownVersion = (file: string) =>
  (JSON.parse(readFileSync(join(file, '../../package.json'), 'utf8')) as { version: string }).version;

/** Finds the contender's program, and checks its identity. Returns the reason if it can't take part. */
export function findProgram({ program, file }: Contender): Found | string {
  if (program === 'snoopkit' || program === BEFORE) return { file, version: ownVersion(file) };
  const install = `Debian: apt-get install ${program}`;
  const path = locate(file);
  if (path === undefined) return `${program} was not compared: there is no ${file} (${install})`;
  if (program === 'bpftrace') {
    return { file: path, version: /v?(\d[\w.+-]*)/.exec(outputOf(path, '--version'))?.[1] ?? 'unknown' };
  }
  // Other programs have the same name: bcc's tools in Python, or a script.
  if (!outputOf(path, '--help').includes('/libbpf-tools')) {
    return `${program} was not compared: ${path} is another ${file} (${install})`;
  }
  return { file: path, version: packageVersion(path) ?? outputOf(path, '--version') };
}
