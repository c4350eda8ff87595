import * as Args from '@oclif/core/args';
import { BaseCommand } from '../src/cli/base-command.js';

export default class Help extends BaseCommand {
  static override summary = 'tell how to use a tool';
  static override description =
    'Tells of a tool what one asks first: examples, its own flags, its columns. With the topic all everything is told; with the name of a group of flags, that group: filter, output, run or otlp. Without a tool, all tools are listed.';
  static override usage = ['help [TOOL] [TOPIC]'];
  static override args = {
    tool: Args.string({ description: 'a tool or another command; or a group of flags that tools share' }),
    topic: Args.string({ description: 'all, or a group of flags' }),
  };
  static override examples = [
    { description: 'What opensnoop is for', command: '<%= config.bin %> help opensnoop' },
    { description: 'All that there is to know of it', command: '<%= config.bin %> help opensnoop all' },
    { description: 'How to send events to a collector', command: '<%= config.bin %> help otlp' },
  ];

  async run(): Promise<void> {
    const { args } = await this.parse(Help);
    const { SnoopkitHelp } = await import('../src/cli/help.js');
    await new SnoopkitHelp(this.config, this.config.pjson.oclif.helpOptions).tell(args.tool, args.topic);
  }
}
