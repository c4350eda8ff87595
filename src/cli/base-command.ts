import { Command } from '@oclif/core/command';
import { CLIError, ExitError } from '@oclif/core/errors';
import { reportError, say } from './talk.js';

/** What oclif paints a reason with. */
const DIM = ['\x1b[2m', '\x1b[22m'];

/** oclif's own errors say more than one line, of which the first ones are the reason. */
function onlyReason(message: string): string {
  const [reason = ''] = message.split('\nSee more help');
  return DIM.reduce((text, code) => text.replaceAll(code, ''), reason).replaceAll(/\s*\n\s*/g, ' ');
}

/** What all commands share: errors are told in one line, and end in the right exit status. */
export abstract class BaseCommand extends Command {
  protected override async catch(error: Error & { oclif?: { exit?: number }; code?: string }): Promise<void> {
    if (error instanceof ExitError) throw error;
    // oclif would warn of a command that has not come so far, where NODE_ENV is that of development.
    this.parsed = true;
    if (error.oclif !== undefined || error instanceof CLIError) {
      say(`${onlyReason(error.message)} (snoopkit ${this.id} --help tells more)`);
      process.exitCode = 2;
      return;
    }
    process.exitCode = reportError(error);
  }
}
