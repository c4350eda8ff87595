// Parts of @oclif/core, not the whole: less to load.
import { handle } from '@oclif/core/handle';
import { run } from '@oclif/core/run';
import { settings } from '@oclif/core/settings';
import { setBytecode } from './bytecode.js';

export interface Start {
  /** The folder of package.json. */
  readonly root: string;
  /** What bin/start.sh has told; undefined where Node was started without it. */
  readonly inheritance: string | undefined;
  /** Keeps for later starts what has been compiled. */
  readonly writeBytecode: (() => void) | undefined;
}

/** Runs the command line of this process. */
export async function main({ root, inheritance, writeBytecode }: Start): Promise<void> {
  setBytecode(writeBytecode);
  // Of use to commands alone, and not to --version or --help.
  if (!process.argv[2]?.startsWith('-')) (await import('./inheritance.js')).setInheritance(inheritance);
  // What was compiled is what runs, whatever NODE_ENV is.
  settings.enableAutoTranspile = false;
  try {
    // No user plugins: they would be loaded from a folder that the user may write to, and run as root.
    await run(process.argv.slice(2), { root, userPlugins: false, devPlugins: false });
  } catch (error) {
    await handle(error as Error);
  }
}
