import * as Args from '@oclif/core/args';
import { BaseCommand } from '../src/cli/base-command.js';
import { findTool } from '../src/cli/find-tool.js';

export default class Schema extends BaseCommand {
  static override summary = "print the JSON Schema of a tool's events";
  static override description =
    'What a line of the tool with --output json may be: an event with all its members, or a loss. With --fields some of the members are not there. Needs neither root nor a kernel with BPF.';
  static override usage = ['schema TOOL'];
  static override args = {
    tool: Args.string({ description: 'the name of a tool, such as opensnoop', required: true }),
  };
  static override examples = [
    { description: 'What opensnoop may write', command: '<%= config.bin %> schema opensnoop' },
    {
      description: 'The names of its members, and what they mean',
      command: "<%= config.bin %> schema opensnoop | jq '.oneOf[0].properties[].description'",
    },
  ];

  async run(): Promise<void> {
    const { args } = await this.parse(Schema);
    const tool = await findTool(this.config, args.tool);
    const { writeSchema } = await import('../src/cli/schema.js');
    await writeSchema(tool);
  }
}
