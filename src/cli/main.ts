// Parts of @oclif/core, not the whole: less to load.
import { handle } from '@oclif/core/handle';
import { run } from '@oclif/core/run';
import { settings } from '@oclif/core/settings';
import { setBytecode } from './bytecode.js';

/**
 * Runs the command line of this process. `root` is the folder of package.json; `writeBytecode` keeps for later starts
 * what has been compiled.
 */
export async function main(root: string, writeBytecode?: () => void): Promise<void> {
  setBytecode(writeBytecode);
  // What was compiled is what runs, whatever NODE_ENV is.
  settings.enableAutoTranspile = false;
  try {
    // No user plugins: they would be loaded from a folder that the user may write to, and run as root.
    await run(process.argv.slice(2), { root, userPlugins: false, devPlugins: false });
  } catch (error) {
    await handle(error as Error);
  }
}
