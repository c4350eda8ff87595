import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand, refuseTwoOutputs } from '../cli/base-command.js';
import { RUN_FLAGS } from '../trace/flags/run-flags.js';

export default class Explain extends BaseCommand {
  static override summary = 'explain a BPF object: what it needs, and what the verifier says';
  static override description =
    'List the programs and maps of a BPF object, the helpers and kernel functions that it calls and whether this kernel has them, and its relocations. As root each program is loaded alone, but attached nowhere: for one that the verifier rejects, the report has the line of the source, the instructions that made the rejected value, and a hint. --dump adds the code of each accepted program: BPF instructions with the lines of the source, or the bytes of the machine code. JSON has these bytes in base64; objdump -D -b binary -m i386:x86-64 disassembles them (on arm64: -m aarch64). The exit status is 1 if a program was rejected.';
  static override usage = ['explain OBJECT [FLAGS]'];
  static override args = {
    object: Args.string({ description: 'BPF object, compiled with clang -g -target bpf', required: true }),
  };
  static override flags = {
    output: Flags.option({ options: ['text', 'json'] as const })({
      char: 'o',
      summary: 'output format: text, or one JSON object',
      default: 'text',
    }),
    json: Flags.boolean({ summary: 'shorthand for --output json' }),
    program: Flags.string({ helpValue: 'NAME', summary: 'only this program' }),
    dump: Flags.option({ options: ['translated', 'machine'] as const })({
      summary: 'add the code of accepted programs: translated by the verifier, or machine code',
    }),
    btf: Flags.string({ helpValue: 'FILE', summary: RUN_FLAGS.btf.summary }),
  };
  static override examples = [
    { description: 'Explain an object', command: '<%= config.bin %> explain counter.bpf.o' },
    {
      description: 'Names of the helpers that it calls',
      command: `<%= config.bin %> explain a.bpf.o --json | jq .requirements.helpers[].name`,
    },
    {
      description: 'Instructions of a program after the verifier',
      command: '<%= config.bin %> explain a.bpf.o --program handle_exec --dump translated',
    },
    {
      description: 'Machine code of the first program, for objdump',
      command: `<%= config.bin %> explain a.bpf.o --json --dump machine |
    jq -r .programs[0].machineCode | base64 -d >code.bin`,
    },
  ];

  async run(): Promise<void> {
    const { args, flags, metadata } = await this.parse(Explain);
    refuseTwoOutputs(flags, metadata.flags);
    const { explainObject } = await import('../cli/explain-object.js');
    const { explainText } = await import('../cli/explain-text.js');
    const { writeText } = await import('../cli/write-text.js');
    const report = explainObject(args.object, flags);
    const isJson = flags.json || flags.output === 'json';
    await writeText(isJson ? `${JSON.stringify(report, null, 2)}\n` : explainText(report));
    if (report.programs.some(({ rejection }) => rejection)) process.exitCode = 1;
  }
}
