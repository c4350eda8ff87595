import * as Args from '@oclif/core/args';
import { BaseCommand } from '../cli/base-command.js';
import type { Shell } from '../cli/completion/completion-script.js';

const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish'];

export default class Completion extends BaseCommand {
  static override summary = 'print a shell completion script';
  static override description =
    'Print a script that completes commands, flags, flag values, and the command after --. The script is generated from the installed snoopkit: regenerate it after an upgrade.';
  static override usage = ['completion bash|zsh|fish'];
  static override args = {
    shell: Args.string({ options: [...SHELLS], description: 'bash, zsh or fish', required: true }),
  };
  static override examples = [
    {
      description: 'bash: current shell; put it in ~/.bashrc for all',
      command: 'source <(<%= config.bin %> completion bash)',
    },
    {
      description: 'zsh: a directory in $fpath',
      command: '<%= config.bin %> completion zsh > ~/.zfunc/_snoopkit',
    },
    {
      description: 'fish',
      command: '<%= config.bin %> completion fish > ~/.config/fish/completions/snoopkit.fish',
    },
  ];

  async run(): Promise<void> {
    const { args } = await this.parse(Completion);
    const { completionScript } = await import('../cli/completion/completion-script.js');
    const { writeText } = await import('../cli/write-text.js');
    const { described } = await import('../cli/find-tool.js');
    const commands = await Promise.all(this.config.commands.map(described));
    await writeText(completionScript(args.shell as Shell, commands));
  }
}
