import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';

const WHAT = ['types', 'object', 'min-btf'] as const;

export default class Gen extends BaseCommand {
  static override summary = 'generate TypeScript types, a linked object or small BTF from BPF objects';
  static override description =
    'types: write a TypeScript module with the programs, maps, variables and types of an object, and a function that opens it. object: link several objects into one. min-btf: cut BTF to the types that the relocations of the given objects need, for a kernel that has none of its own. Nothing here needs root.';
  static override usage = [
    'gen types OBJECT [-o FILE] [--embed] [--library NAME]',
    'gen object OBJECT... -o FILE',
    'gen min-btf OBJECT... [--btf FILE] -o FILE',
  ];
  static override strict = false;
  static override args = {
    what: Args.string({ options: [...WHAT], description: 'what to generate', required: true }),
    object: Args.string({ description: 'BPF object, compiled with clang -g -target bpf', required: true }),
  };
  static override flags = {
    output: Flags.string({
      char: 'o',
      helpValue: 'FILE',
      summary: 'file to write; types go to standard output without it',
    }),
    embed: Flags.boolean({ summary: 'types: put the bytes of the object into the module' }),
    library: Flags.string({ helpValue: 'NAME', summary: 'types: what the module imports', default: 'snoopkit' }),
    btf: Flags.string({
      helpValue: 'FILE',
      summary: "min-btf: raw BTF, or an ELF file containing BTF, instead of the running kernel's",
    }),
  };
  static override examples = [
    {
      description: 'Types of an object, to import beside it',
      command: '<%= config.bin %> gen types counter.bpf.o -o counter.ts',
    },
    { description: 'One object of two', command: '<%= config.bin %> gen object -o all.bpf.o a.bpf.o b.bpf.o' },
    {
      description: 'The types that an object needs of another kernel',
      command: '<%= config.bin %> gen min-btf counter.bpf.o --btf vmlinux-5.10 -o small.btf',
    },
  ];

  async run(): Promise<void> {
    const { argv, flags, metadata } = await this.parse(Gen);
    const { generate } = await import('../cli/gen.js');
    const [what, ...objects] = argv as string[];
    const isLibraryGiven = metadata.flags.library?.setFromDefault !== true;
    await generate(what as (typeof WHAT)[number], objects, { ...flags, isLibraryGiven });
  }
}
