import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@oclif/core/interfaces';
import { SnoopkitError, UsageError } from '../../errors.js';
import { notFoundText } from '../flags/not-found.js';
import { say } from '../talk.js';
import { ALL } from './command-help.js';
import { SnoopkitHelp } from './help.js';

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

/** Shows the manual page of a command, or snoopkit's own. Throws UsageError for an unknown command. */
export async function showManual(config: Config, page?: string): Promise<void> {
  const name = page === config.bin ? undefined : page;
  if (name !== undefined && !config.findCommand(name)) throw new UsageError(notFoundText(name, config.commandIDs));
  const path = join(config.root, 'man/man8', `${name === undefined ? 'snoopkit' : `snoopkit-${name}`}.8`);
  const isThere = existsSync(path);
  const status = isThere ? await man(path) : undefined;
  if (status !== undefined) {
    process.exitCode = status;
    return;
  }
  say(`${isThere ? 'man(1) is not installed' : `${path} is missing`}: showing --help all instead`);
  await new SnoopkitHelp(config).tell(name, ALL);
}
