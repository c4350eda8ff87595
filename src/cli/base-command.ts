import { Command } from '@oclif/core/command';
import { CLIError, ExitError } from '@oclif/core/errors';
import { UsageError } from '../errors.js';
import { flagLabel } from './flags/label.js';
import { reportError, say } from './talk.js';

/** Throws UsageError for `--verbose=1`, where the flag takes no value: oclif takes the value for an argument. */
function refuseValues(words: readonly string[], flags: Readonly<Record<string, { readonly type: string }>>): void {
  for (const word of words) {
    if (word === '--') return;
    const [, name = ''] = /^--([^=]+)=/.exec(word) ?? [];
    if (flags[name]?.type === 'boolean') throw new UsageError(`${flagLabel(name)} takes no value`);
  }
}

/** Base of all commands: reports errors in one line and sets the exit status. */
export abstract class BaseCommand extends Command {
  protected override async init(): Promise<void> {
    await super.init();
    refuseValues(this.argv, this.ctor.flags ?? {});
  }

  protected override async catch(error: Error & { oclif?: { exit?: number }; code?: string }): Promise<void> {
    if (error instanceof ExitError) throw error;
    // Otherwise oclif warns about a command that ends here if NODE_ENV is development.
    this.parsed = true;
    if (error.oclif !== undefined || error instanceof CLIError) {
      // Loaded only now: a valid command line does not need it.
      const { usageText } = await import('./flags/usage.js');
      const { id = '', flags = {}, isTool = false } = this.ctor as typeof Command & { isTool?: boolean };
      const cut = this.argv.indexOf('--');
      const words = cut < 0 ? this.argv : this.argv.slice(0, cut);
      say(`${usageText(error, { id, flags, isTool, words })} (see snoopkit ${id} --help)`);
      process.exitCode = 2;
      return;
    }
    process.exitCode = reportError(error);
  }
}

/** Throws UsageError if --json and --output conflict. */
export function refuseTwoOutputs(
  flags: { readonly json?: boolean; readonly output?: string },
  given: Readonly<Record<string, { readonly setFromDefault?: boolean } | undefined>>,
): void {
  const isGiven = flags.output !== undefined && given.output?.setFromDefault !== true;
  if (flags.json && isGiven && flags.output !== 'json')
    throw new UsageError(`--json conflicts with --output ${flags.output}: give only one of them`);
}
