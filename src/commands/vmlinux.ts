import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';

export default class Vmlinux extends BaseCommand {
  static override summary = "write a C header of the kernel's types, for BPF programs";
  static override description =
    'Write every type in the BTF of the running kernel, or of another one, as a single header for CO-RE programs. The output is deterministic: identical BTF gives an identical header.';
  static override usage = ['vmlinux [FLAGS]'];
  static override examples = [
    { description: 'Types of the running kernel', command: '<%= config.bin %> vmlinux -o vmlinux.h' },
    {
      description: 'Types of another kernel',
      command: '<%= config.bin %> vmlinux --btf /boot/vmlinux-6.12 -o vmlinux.h',
    },
  ];
  static override flags = {
    btf: Flags.string({
      helpValue: 'FILE',
      summary: "raw BTF, or an ELF file containing BTF, instead of the running kernel's",
    }),
    output: Flags.string({ char: 'o', helpValue: 'FILE', summary: 'write to this file instead of standard output' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Vmlinux);
    const { writeVmlinux } = await import('../cli/vmlinux.js');
    await writeVmlinux(flags.btf, flags.output);
  }
}
