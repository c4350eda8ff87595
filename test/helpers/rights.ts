import { dirname } from 'node:path';
import { needs } from '../capability.js';
import { type Finished, run, SNOOPKIT } from './run.js';

/** Removes the limit of locked memory (before 5.11) if we may raise it: an ordinary user may not. */
export const UNLIMITED = ['sh', '-c', 'ulimit -l unlimited 2>/dev/null; exec "$@"', 'sh'];

/** The setpriv(1) command for an ordinary user with only these capabilities. */
function asNobody(capabilities: readonly string[]): string[] {
  const set = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  return [
    ...UNLIMITED,
    'setpriv',
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    `--bounding-set=${set}`,
    `--inh-caps=${set}`,
    `--ambient-caps=${set}`,
  ];
}

/** Runs snoopkit as a user with only these capabilities, such as `bpf`. `before` precedes the whole command. */
export function runAsNobody(
  capabilities: readonly string[],
  args: readonly string[],
  before: readonly string[] = [],
): Promise<Finished> {
  const [file = '', ...words] = [...before, ...asNobody(capabilities), process.execPath, SNOOPKIT, ...args];
  return run(file, words, { cwd: '/' });
}

/** Skips if such a user is not available, or can't read snoopkit. */
export async function needsNobody(context: Mocha.Context): Promise<void> {
  needs(context, 'root');
  needs(context, 'setpriv');
  const read = `require('node:fs').accessSync('${SNOOPKIT}')`;
  const [file = '', ...words] = [...asNobody([]), process.execPath, '-e', read];
  const { status } = await run(file, words, { cwd: '/' });
  const folder = dirname(dirname(SNOOPKIT));
  needs(context, 'a folder that everybody may read', status === 0 || `${folder} is not readable for others`);
}
