import { Command } from '@oclif/core/command';
import { CLIError, ExitError } from '@oclif/core/errors';
import { reportError, say } from './talk.js';

/** What all commands share: errors are told in one line, and end in the right exit status. */
export abstract class BaseCommand extends Command {
  protected override async catch(error: Error & { oclif?: { exit?: number }; code?: string }): Promise<void> {
    // oclif's own errors are about the command line; they say more than one line, of which the first is the reason.
    if (error instanceof ExitError) throw error;
    // oclif would warn of a command that has not come so far, where NODE_ENV is that of development.
    this.parsed = true;
    if (error.oclif !== undefined || error instanceof CLIError) {
      say(
        `${error.message.split('\nSee more help')[0]?.replaceAll(/\s*\n\s*/g, ' ')} (snoopkit ${this.id} --help tells more)`,
      );
      process.exitCode = 2;
      return;
    }
    process.exitCode = reportError(error);
  }
}
