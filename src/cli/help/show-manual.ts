import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@oclif/core/interfaces';
import { SnoopkitError, UsageError } from '../../errors.js';
import { notFoundText } from '../flags/not-found.js';
import { say } from '../talk.js';
import { ALL } from './command-help.js';
import { SnoopkitHelp } from './help.js';
import { FLAG_GROUPS } from './manual.js';

/** Runs man(1) on a file. Returns its exit status; undefined if man is not installed. */
function man(path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn('man', ['-l', path], { stdio: 'inherit' });
    child.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') resolve(undefined);
      else reject(new SnoopkitError('MAN', `cannot run man: ${cause.message}`, { cause }));
    });
    child.once('exit', (status) => resolve(status ?? 1));
  });
}

/** The page of the options that tools share. */
const OPTIONS = 'options';

/** Prints the same as help: of everything that a page has. */
async function tellHelp(config: Config, name: string | undefined): Promise<void> {
  if (name !== OPTIONS) return new SnoopkitHelp(config).tell(name, ALL);
  for (const group of Object.keys(FLAG_GROUPS)) await new SnoopkitHelp(config).tell(group.toLowerCase());
}

/** Shows the manual page of a command, of the shared options, or snoopkit's own. Throws UsageError for an unknown one. */
export async function showManual(config: Config, page?: string): Promise<void> {
  const name = page === config.bin ? undefined : page;
  if (name !== undefined && name !== OPTIONS && !config.findCommand(name))
    throw new UsageError(notFoundText(name, config.commandIDs));
  const part = name === OPTIONS ? 7 : 8;
  const file = name === undefined ? config.bin : `${config.bin}-${name}`;
  const path = join(config.root, `man/man${part}`, `${file}.${part}`);
  const isThere = existsSync(path);
  const status = isThere ? await man(path) : undefined;
  if (status !== undefined) {
    process.exitCode = status;
    return;
  }
  say(`${isThere ? 'man(1) is not installed' : `${path} is missing`}: showing --help all instead`);
  await tellHelp(config, name);
}
