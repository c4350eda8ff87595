import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand, refuseTwoOutputs } from '../src/cli/base-command.js';
import { findTool, isTool } from '../src/cli/find-tool.js';

export default class Doctor extends BaseCommand {
  static override summary = 'tell what works on this machine, and what to do about the rest';
  static override description =
    'Looks at the kernel, its settings and the rights of this process, and tries each tool: whether it works, by which hooks, what is missing, and the remedy. Changes nothing on the system. An ordinary user is told what could not be found out.';
  static override usage = ['doctor [TOOL...] [FLAGS]'];
  static override strict = false;
  static override args = {
    tool: Args.string({ description: 'only these tools; the exit status is 1 when one of them can not run' }),
  };
  static override flags = {
    output: Flags.option({ options: ['table', 'json'] as const })({
      char: 'o',
      summary: 'a table to read, or one JSON object',
      default: 'table',
    }),
    json: Flags.boolean({ summary: 'short for --output json' }),
    btf: Flags.string({
      helpValue: 'FILE',
      summary: "the kernel's types, or a folder with those of many kernels, where the kernel itself does not tell them",
    }),
  };
  static override examples = [
    { description: 'What works here', command: '<%= config.bin %> doctor' },
    {
      description: 'Whether opensnoop would, in a script',
      command: '<%= config.bin %> doctor opensnoop >/dev/null && echo yes',
    },
    {
      description: 'Why some tools do not work',
      command: `<%= config.bin %> doctor -o json | jq -r '.tools[].reason // empty'`,
    },
  ];

  async run(): Promise<void> {
    const { argv, flags, metadata } = await this.parse(Doctor);
    refuseTwoOutputs(flags, metadata.flags);
    const asked = argv as string[];
    const all = this.config.commands.filter(isTool).map(({ id }) => id);
    const tools = await Promise.all((asked.length > 0 ? asked : all.sort()).map((id) => findTool(this.config, id)));
    const { runDoctor } = await import('../src/cli/doctor.js');
    const output = flags.json ? 'json' : flags.output;
    process.exitCode = await runDoctor(tools, asked, { output, btf: flags.btf });
  }
}
