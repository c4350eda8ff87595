import { Command, Errors } from '@oclif/core';
import { reportError, say } from './talk.js';

/** What all commands share: errors are told in one line, and end in the right exit status. */
export abstract class BaseCommand extends Command {
  protected override async catch(error: Error & { oclif?: { exit?: number }; code?: string }): Promise<void> {
    // oclif's own errors are about the command line; they say more than one line, of which the first is the reason.
    if (error instanceof Errors.ExitError) throw error;
    if (error.oclif !== undefined || error instanceof Errors.CLIError) {
      say(`${error.message.split('\nSee more help')[0]?.replaceAll(/\s*\n\s*/g, ' ')} (${this.id} --help tells more)`);
      process.exitCode = 2;
      return;
    }
    process.exitCode = reportError(error);
  }
}
