import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/base-command.js';

export default class Vmlinux extends BaseCommand {
  static override summary = "write a C header of the kernel's types, for BPF programs";
  static override description =
    'Every type in the BTF of the running kernel, or of another one, as one header that works with CO-RE. The same BTF always gives the same header.';
  static override usage = ['vmlinux [FLAGS]'];
  static override examples = [
    { description: "The running kernel's types", command: '<%= config.bin %> vmlinux -o vmlinux.h' },
    {
      description: 'Those of another kernel',
      command: '<%= config.bin %> vmlinux --btf /boot/vmlinux-6.12 -o vmlinux.h',
    },
  ];
  static override flags = {
    btf: Flags.string({
      helpValue: 'FILE',
      summary: "raw BTF, or an ELF file that has it, instead of the running kernel's",
    }),
    output: Flags.string({ char: 'o', helpValue: 'FILE', summary: 'write to this file instead of standard output' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Vmlinux);
    const { writeVmlinux } = await import('../src/cli/vmlinux.js');
    await writeVmlinux(flags.btf, flags.output);
  }
}
