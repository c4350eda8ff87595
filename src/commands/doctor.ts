import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand, refuseTwoOutputs } from '../cli/base-command.js';
import { findTool, isTool } from '../cli/find-tool.js';
import { RUN_FLAGS } from '../trace/flags/run-flags.js';

export default class Doctor extends BaseCommand {
  static override summary = 'check what works on this machine and how to fix the rest';
  static override description =
    'Check the kernel, its settings and the privileges of this process, and try each tool: whether it works, which hooks it uses, what is missing, and the remedy. Nothing on the system is changed. Without privileges, the report lists what could not be determined.';
  static override usage = ['doctor [TOOL...] [FLAGS]'];
  static override strict = false;
  static override args = {
    tool: Args.string({ description: 'only these tools; the exit status is 1 if one of them cannot run' }),
  };
  static override flags = {
    output: Flags.option({ options: ['table', 'json'] as const })({
      char: 'o',
      summary: 'output format: a table, or one JSON object',
      default: 'table',
    }),
    json: Flags.boolean({ summary: 'shorthand for --output json' }),
    btf: Flags.string({
      helpValue: 'FILE',
      summary: RUN_FLAGS.btf.summary,
    }),
  };
  static override examples = [
    { description: 'Check this machine', command: '<%= config.bin %> doctor' },
    {
      description: 'Check whether opensnoop works, in a script',
      command: '<%= config.bin %> doctor opensnoop >/dev/null && echo yes',
    },
    {
      description: 'Reasons why tools do not work',
      command: `<%= config.bin %> doctor -o json | jq -r '.tools[].reason // empty'`,
    },
  ];

  async run(): Promise<void> {
    const { argv, flags, metadata } = await this.parse(Doctor);
    refuseTwoOutputs(flags, metadata.flags);
    const asked = argv as string[];
    const all = this.config.commands.filter(isTool).map(({ id }) => id);
    const tools = await Promise.all((asked.length > 0 ? asked : all.sort()).map((id) => findTool(this.config, id)));
    const { runDoctor } = await import('../cli/doctor/doctor.js');
    const output = flags.json ? 'json' : flags.output;
    process.exitCode = await runDoctor(tools, asked, { output, btf: flags.btf });
  }
}
