import * as Flags from '@oclif/core/flags';
import { TIME_STYLES } from '../events/kinds/time.js';
import { OUTPUTS } from '../output/format.js';

const FILTER = 'FILTER';
const OUTPUT = 'OUTPUT';
const RUN = 'RUN';

const list = (options: { char?: 'p' | 't' | 'u' | 'n' | 'c'; helpValue: string; summary: string }) =>
  Flags.string({ ...options, multiple: true, helpGroup: FILTER });

/**
 * The flags of every tool: the same letter means the same everywhere. Values are texts here; src/cli/options.ts
 * turns them into what they mean, so that a wrong one is told in one line, by the flag's name.
 */
export const sharedFlags = {
  pid: list({ char: 'p', helpValue: 'PID', summary: 'only these processes' }),
  tid: list({ char: 't', helpValue: 'TID', summary: 'only these threads' }),
  ppid: list({ helpValue: 'PID', summary: 'only children of these processes' }),
  uid: list({ char: 'u', helpValue: 'USER', summary: 'only these users, real or effective, by name or number' }),
  comm: list({
    char: 'n',
    helpValue: 'TEXT',
    summary: 'only where the name of the process or of the thread contains it',
  }),
  cgroup: list({ char: 'c', helpValue: 'PATH', summary: 'only these cgroups (v2) and everything under them' }),
  mntns: list({
    helpValue: 'ID|pid:N',
    summary: 'only these mount namespaces, by number or by a process that is in it',
  }),
  netns: list({ helpValue: 'ID|pid:N', summary: 'only these network namespaces' }),
  follow: Flags.boolean({ char: 'f', helpGroup: FILTER, summary: 'with --pid or -- COMMAND: descendants too' }),
  failed: Flags.boolean({ char: 'x', helpGroup: FILTER, summary: 'only what failed' }),
  output: Flags.option({ options: OUTPUTS })({
    char: 'o',
    helpGroup: OUTPUT,
    summary: 'how events are written',
    default: 'table',
  }),
  json: Flags.boolean({ helpGroup: OUTPUT, summary: 'short for --output json' }),
  fields: Flags.string({
    char: 'F',
    helpValue: 'NAMES',
    helpGroup: OUTPUT,
    summary: 'these columns in this order; +NAME adds one to the usual ones',
  }),
  time: Flags.option({ options: TIME_STYLES })({
    char: 'T',
    helpGroup: OUTPUT,
    helpValue: '[=HOW]',
    summary: `show when it happened: ${TIME_STYLES.join(', ')} (seconds since the latest event before); local if it stands alone`,
  }),
  out: Flags.string({
    helpValue: 'FILE',
    helpGroup: OUTPUT,
    summary:
      "add events to this file, which SIGHUP opens anew; a new one is only its owner's to read; a traced COMMAND keeps its own output then",
  }),
  truncate: Flags.boolean({ helpGroup: OUTPUT, summary: 'with --out: empty the file first' }),
  rotate: Flags.string({
    helpValue: 'SIZE',
    helpGroup: OUTPUT,
    summary: 'with --out: when FILE would be larger than this, such as 100M, it becomes FILE.1, FILE.1 becomes FILE.2',
  }),
  keep: Flags.string({
    helpValue: 'COUNT',
    helpGroup: OUTPUT,
    summary: 'with --rotate: of those so many stay; 10 when left out',
  }),
  color: Flags.boolean({
    allowNo: true,
    helpGroup: OUTPUT,
    summary: 'colour on a terminal, unless NO_COLOR is set',
    default: true,
  }),
  duration: Flags.string({
    char: 'd',
    helpValue: 'TIME',
    helpGroup: RUN,
    summary: 'stop after this time: 5 (seconds), 500ms, 2m, 1h; a COMMAND that still runs is ended',
  }),
  'max-events': Flags.string({ char: 'N', helpValue: 'COUNT', helpGroup: RUN, summary: 'stop after so many events' }),
  buffer: Flags.string({
    helpValue: 'SIZE',
    helpGroup: RUN,
    summary:
      'size of the ring buffer between kernel and snoopkit, such as 8M; when left out 8M for each CPU, but no more than 64M or a 64th of the memory',
  }),
  btf: Flags.string({
    helpValue: 'FILE',
    helpGroup: RUN,
    summary:
      "the kernel's types, where the kernel itself does not tell them: raw BTF, an ELF file that has it, or a folder with the BTF of many kernels, such as a copy of BTFHub's archive",
  }),
  hooks: Flags.string({
    helpValue: 'KIND',
    helpGroup: RUN,
    multiple: true,
    summary:
      'only hooks of these kinds: tracepoint, tp_btf, fentry, kprobe; when left out the best that the kernel takes',
  }),
  'fail-on-lost': Flags.boolean({ helpGroup: RUN, summary: 'exit with status 3 if any event was lost' }),
  verbose: Flags.boolean({
    char: 'v',
    helpGroup: RUN,
    summary: "tell the hooks chosen, libbpf's log, and the verifier's in full",
  }),
};
