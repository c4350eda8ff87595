import * as Args from '@oclif/core/args';
import { BaseCommand } from '../src/cli/base-command.js';

export default class Man extends BaseCommand {
  static override summary = 'show a manual page';
  static override description =
    'Shows the page of a tool, or that of snoopkit itself, with man(1), from where snoopkit is installed. Where there is no man, it writes the same as --help all.';
  static override usage = ['man [TOOL]'];
  static override args = { tool: Args.string({ description: 'a tool or another command' }) };
  static override examples = [
    { description: 'The page of opensnoop', command: '<%= config.bin %> man opensnoop' },
    { description: 'What all tools share', command: '<%= config.bin %> man' },
  ];

  async run(): Promise<void> {
    const { args } = await this.parse(Man);
    const { showManual } = await import('../src/cli/show-manual.js');
    await showManual(this.config, args.tool);
  }
}
