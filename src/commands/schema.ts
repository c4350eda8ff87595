import * as Args from '@oclif/core/args';
import { BaseCommand } from '../cli/base-command.js';
import { findTool } from '../cli/find-tool.js';

export default class Schema extends BaseCommand {
  static override summary = "print the JSON Schema of a tool's events";
  static override description =
    'Print the JSON Schema of a line of --output json: an event with all its members, or a loss. --fields omits some of the members. Neither root nor a kernel with BPF is required.';
  static override usage = ['schema TOOL'];
  static override args = {
    tool: Args.string({ description: 'name of a tool, such as opensnoop', required: true }),
  };
  static override examples = [
    { description: 'Schema of the output of opensnoop', command: '<%= config.bin %> schema opensnoop' },
    {
      description: 'Descriptions of its members',
      command: "<%= config.bin %> schema opensnoop | jq '.oneOf[0].properties[].description'",
    },
  ];

  async run(): Promise<void> {
    const { args } = await this.parse(Schema);
    const tool = await findTool(this.config, args.tool);
    const { writeSchema } = await import('../cli/schema.js');
    await writeSchema(tool);
  }
}
