// Parts of @oclif/core, not the whole: less to load.
import { Config } from '@oclif/core/config';
import { handle } from '@oclif/core/handle';
import { run } from '@oclif/core/run';
import { settings } from '@oclif/core/settings';
import { setBytecode } from './bytecode.js';

const VERSION = new Set(['--version', '-V']);

/** Prints the version. Unlike oclif, reports a failed write. */
async function tellVersion(options: Parameters<typeof Config.load>[0]): Promise<void> {
  const { userAgent } = await Config.load(options);
  const { writeText } = await import('./write-text.js');
  try {
    await writeText(`${userAgent}\n`);
  } catch (error) {
    const { reportError } = await import('./talk.js');
    process.exitCode = reportError(error);
  }
}

export interface Start {
  /** The folder of package.json. */
  readonly root: string;
  /** The state recorded by bin/start.sh; undefined if Node was started without it. */
  readonly inheritance: string | undefined;
  /** Caches compiled code for later starts. */
  readonly writeBytecode: (() => void) | undefined;
}

/** Runs the command line of this process. */
export async function main({ root, inheritance, writeBytecode }: Start): Promise<void> {
  setBytecode(writeBytecode);
  // Needed by commands only, not by --version or --help.
  if (!process.argv[2]?.startsWith('-')) (await import('./inheritance.js')).setInheritance(inheritance);
  // Run the compiled code, whatever NODE_ENV is.
  settings.enableAutoTranspile = false;
  // No user plugins: they would be loaded from a folder that the user may write to, and run as root.
  const options = { root, userPlugins: false, devPlugins: false };
  const words = process.argv.slice(2);
  try {
    if (VERSION.has(words[0] ?? '')) await tellVersion(options);
    else await run(words, options);
  } catch (error) {
    await handle(error as Error);
  }
}
