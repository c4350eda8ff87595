import * as Args from '@oclif/core/args';
import { BaseCommand } from '../cli/base-command.js';

export default class Man extends BaseCommand {
  static override summary = 'show a manual page';
  static override description =
    'Show the manual page of a tool, that of the options which all tools share, or that of snoopkit itself, with man(1), from the snoopkit installation. Without man(1), print the same text as --help all.';
  static override usage = ['man [TOOL]'];
  static override args = { tool: Args.string({ description: 'a tool, another command, or options' }) };
  static override examples = [
    { description: 'Manual page of opensnoop', command: '<%= config.bin %> man opensnoop' },
    { description: 'Options that all tools share', command: '<%= config.bin %> man options' },
    { description: 'Manual page of snoopkit, which covers what all tools share', command: '<%= config.bin %> man' },
  ];

  async run(): Promise<void> {
    const { args } = await this.parse(Man);
    const { showManual } = await import('../cli/help/show-manual.js');
    await showManual(this.config, args.tool);
  }
}
