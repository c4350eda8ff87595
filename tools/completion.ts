import * as Args from '@oclif/core/args';
import { BaseCommand } from '../src/cli/base-command.js';
import type { Shell } from '../src/cli/completion-script.js';

const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish'];

export default class Completion extends BaseCommand {
  static override summary = 'print a script that completes command lines in a shell';
  static override description =
    'It completes commands, flags, values of flags, and the command after --. The script is made of what this snoopkit has: make it again when there is a new one.';
  static override usage = ['completion bash|zsh|fish'];
  static override args = {
    shell: Args.string({ options: [...SHELLS], description: 'bash, zsh or fish', required: true }),
  };
  static override examples = [
    { description: 'In this bash; in ~/.bashrc, in every one', command: 'source <(<%= config.bin %> completion bash)' },
    {
      description: 'In zsh, in a folder of $fpath',
      command: '<%= config.bin %> completion zsh > ~/.zfunc/_snoopkit',
    },
    {
      description: 'In fish',
      command: '<%= config.bin %> completion fish > ~/.config/fish/completions/snoopkit.fish',
    },
  ];

  async run(): Promise<void> {
    const { args } = await this.parse(Completion);
    const { completionScript } = await import('../src/cli/completion-script.js');
    const { writeText } = await import('../src/cli/write-text.js');
    await writeText(completionScript(args.shell as Shell, this.config.commands));
  }
}
