import * as Args from '@oclif/core/args';
import { BaseCommand } from '../cli/base-command.js';

export default class Help extends BaseCommand {
  static override summary = 'show help for a tool';
  static override description =
    'Show the examples, flags and columns of a tool. The topic all adds everything else; the name of a flag group (filter, output, run or otlp) shows only that group. Without a tool, list all tools.';
  static override usage = ['help [TOOL] [TOPIC]'];
  static override args = {
    tool: Args.string({ description: 'a tool, another command, or a group of shared flags' }),
    topic: Args.string({ description: 'all, or a group of flags' }),
  };
  static override examples = [
    { description: 'Help for opensnoop', command: '<%= config.bin %> help opensnoop' },
    { description: 'Complete help for opensnoop', command: '<%= config.bin %> help opensnoop all' },
    { description: 'Flags for sending events to a collector', command: '<%= config.bin %> help otlp' },
  ];

  async run(): Promise<void> {
    const { args } = await this.parse(Help);
    const { SnoopkitHelp } = await import('../cli/help/help.js');
    await new SnoopkitHelp(this.config, this.config.pjson.oclif.helpOptions).tell(args.tool, args.topic);
  }
}
