import * as Flags from '@oclif/core/flags';
import { TIME_STYLES } from '../../events/kinds/time.js';
import { OUTPUTS } from '../../output/format.js';

const FILTER = 'FILTER';
const OUTPUT = 'OUTPUT';
const RUN = 'RUN';

const list = (options: { char?: 'p' | 't' | 'u' | 'n' | 'c'; helpValue: string; summary: string }) =>
  Flags.string({ ...options, multiple: true, helpGroup: FILTER });

/**
 * The flags of every tool: the same letter means the same everywhere. Values are texts here; src/cli/flags/options.ts
 * turns them into what they mean, so that a wrong one is told in one line, by the flag's name.
 */
export const sharedFlags = {
  pid: list({ char: 'p', helpValue: 'PID', summary: 'only these processes' }),
  tid: list({ char: 't', helpValue: 'TID', summary: 'only these threads' }),
  ppid: list({ helpValue: 'PID', summary: 'only children of these processes' }),
  uid: list({ char: 'u', helpValue: 'USER', summary: 'only these users (real or effective uid), by name or number' }),
  comm: list({
    char: 'n',
    helpValue: 'TEXT',
    summary: 'only processes or threads whose name contains TEXT',
  }),
  cgroup: list({ char: 'c', helpValue: 'PATH', summary: 'only these cgroups (v2) and their descendants' }),
  mntns: list({
    helpValue: 'ID|pid:N',
    summary: 'only these mount namespaces, by id (as lsns shows it) or that of process N',
  }),
  netns: list({ helpValue: 'ID|pid:N', summary: 'only these network namespaces' }),
  follow: Flags.boolean({ char: 'f', helpGroup: FILTER, summary: 'with --pid or -- COMMAND: trace descendants, too' }),
  failed: Flags.boolean({ char: 'x', helpGroup: FILTER, summary: 'only failures' }),
  output: Flags.option({ options: OUTPUTS })({
    char: 'o',
    helpGroup: OUTPUT,
    summary: 'output format',
    default: 'table',
  }),
  json: Flags.boolean({ helpGroup: OUTPUT, summary: 'shorthand for --output json' }),
  fields: Flags.string({
    char: 'F',
    helpValue: 'NAMES',
    helpGroup: OUTPUT,
    summary: 'show these columns, in this order; +NAME adds one to the default columns',
  }),
  time: Flags.option({ options: TIME_STYLES })({
    char: 'T',
    helpGroup: OUTPUT,
    helpValue: '[=HOW]',
    summary: `show a time column: ${TIME_STYLES.join(', ')} (seconds since the previous event); --time alone means local`,
  }),
  out: Flags.string({
    helpValue: 'FILE',
    helpGroup: OUTPUT,
    summary:
      'append events to FILE, created with mode 0600 if missing; SIGHUP reopens it; a traced COMMAND then keeps its own stdout',
  }),
  truncate: Flags.boolean({ helpGroup: OUTPUT, summary: 'with --out: truncate FILE first' }),
  rotate: Flags.string({
    helpValue: 'SIZE',
    helpGroup: OUTPUT,
    summary:
      'with --out: rename FILE to FILE.1, FILE.1 to FILE.2 and so on before FILE would exceed SIZE, such as 100M',
  }),
  keep: Flags.string({
    helpValue: 'COUNT',
    helpGroup: OUTPUT,
    summary: 'with --rotate: number of rotated files to keep (default: 10)',
  }),
  color: Flags.boolean({
    allowNo: true,
    helpGroup: OUTPUT,
    summary: 'color output on a terminal, unless NO_COLOR is set',
    default: true,
  }),
  duration: Flags.string({
    char: 'd',
    helpValue: 'TIME',
    helpGroup: RUN,
    summary: 'stop after this time: 5 (seconds), 500ms, 2m, 1h; a COMMAND still running gets SIGTERM',
  }),
  'max-events': Flags.string({ char: 'N', helpValue: 'COUNT', helpGroup: RUN, summary: 'stop after COUNT events' }),
  buffer: Flags.string({
    helpValue: 'SIZE',
    helpGroup: RUN,
    summary: 'ring buffer size, such as 8M (default: 8M per CPU, at most 64M and 1/64 of memory)',
  }),
  btf: Flags.string({
    helpValue: 'FILE',
    helpGroup: RUN,
    summary:
      'kernel BTF, for kernels that do not provide it: a raw BTF file, an ELF file with BTF, or a folder with the BTF of many kernels, such as a copy of BTFHub-Archive',
  }),
  hooks: Flags.string({
    helpValue: 'KIND',
    helpGroup: RUN,
    multiple: true,
    summary:
      'use only hooks of these kinds: tracepoint, raw_tp, tp_btf, fentry, kprobe, iter (default: the best that the kernel supports)',
  }),
  'fail-on-lost': Flags.boolean({ helpGroup: RUN, summary: 'exit with status 3 if any event was lost' }),
  verbose: Flags.boolean({
    char: 'v',
    helpGroup: RUN,
    summary: "show the hooks in use, libbpf's log and the full verifier log",
  }),
};
