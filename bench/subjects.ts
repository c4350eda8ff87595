import { fittingRingSize } from '../src/trace/ring.js';
import { programOf, snoopkit } from './places.js';

/** What bench/snoopkit-load.c can do. */
export type LoadKind = 'open' | 'exec' | 'connect';

/** `otlp`: sent to a collector. */
export type Output = 'table' | 'json' | 'otlp';

/** Who and what is to be traced. */
export interface Target {
  /** The load's process. */
  readonly pid: number;
  /** Whether the tracer writes to a terminal, and so should write each line at once. */
  readonly terminal: boolean;
  /** More arguments for snoopkit. */
  readonly ours: readonly string[];
}

/** What another checkout of ours is called. */
export const BEFORE = 'snoopkit before';

/** One way to trace a subject. */
export interface Contender {
  readonly program: 'snoopkit' | typeof BEFORE | 'libbpf-tools' | 'bpftrace';
  /** The file to run, looked for on the PATH unless it is a path. */
  readonly file: string;
  readonly output: Output;
  arguments(target: Target): string[];
  /** Where it can't be told to trace one process alone: there are no others then, whose cost could be measured. */
  readonly tracesAll?: true;
  /** What lines of standard output start with that tell of losses: they are kept for `losses`. */
  readonly note?: string;
  /** What it says of losses itself; the first group is the number. */
  readonly losses: RegExp;
  /** How much room there is for events that it has not read yet. */
  readonly buffer: string;
}

/** A tool of ours and those that do the same, on the same load. */
export interface Subject {
  readonly name: string;
  readonly load: LoadKind;
  /** Operations for each of `--count`. */
  readonly share: number;
  /** Events that each of them makes; 1 when left out. */
  readonly events?: number;
  readonly contenders: readonly Contender[];
  /** What could not be compared, or only with care. */
  readonly remarks: readonly string[];
}

const ours = (tool: string, output: Output, follow: readonly string[] = []): Contender => ({
  program: 'snoopkit',
  file: snoopkit,
  output,
  arguments: ({ pid, ours }) => [tool, '-p', `${pid}`, ...follow, '-o', output, ...ours],
  // With OTLP also those that were read, and that the collector was too slow for.
  losses: /(\d+) (?:events lost|dropped: )/g,
  buffer: `${fittingRingSize() / (1 << 20)} MiB ring (--buffer)`,
});

/** A subject with those of ours alone, and beside each the same of another checkout, which is built. */
export const besideBefore = (subject: Subject, folder: string): Subject => ({
  ...subject,
  contenders: subject.contenders
    .filter(({ program }) => program === 'snoopkit')
    .flatMap((contender) => [contender, { ...contender, program: BEFORE, file: programOf(folder) }]),
  remarks: [],
});

const libbpfTools = (tool: string): Contender => ({
  program: 'libbpf-tools',
  file: tool,
  output: 'table',
  arguments: ({ pid }) => ['-p', `${pid}`],
  losses: /lost (\d+) events/gi,
  buffer: '64 pages for each CPU (fixed)',
});

/** Its output is fully buffered into a pipe, as that of libbpf-tools is: a write for each line, its default, costs more. */
const bpftrace = (script: (pid: number) => string): Contender => ({
  program: 'bpftrace',
  file: 'bpftrace',
  output: 'table',
  arguments: ({ pid, terminal }) => [...(terminal ? [] : ['-B', 'full']), '-e', script(pid)],
  note: 'Lost ',
  losses: /lost (\d+) events/gi,
  buffer: '64 pages for each CPU (BPFTRACE_PERF_RB_PAGES)',
});

/** The opensnoop.bt that comes with bpftrace, for one process. */
const opensnoopScript = (pid: number) => `
  tracepoint:syscalls:sys_enter_open, tracepoint:syscalls:sys_enter_openat /pid == ${pid}/ { @name[tid] = args->filename; }
  tracepoint:syscalls:sys_exit_open, tracepoint:syscalls:sys_exit_openat /@name[tid]/ {
    $fd = args->ret >= 0 ? args->ret : -1; $errno = args->ret >= 0 ? 0 : -args->ret;
    printf("%-6d %-16s %4d %3d %s\\n", pid, comm, $fd, $errno, str(@name[tid])); delete(@name[tid]);
  }`;

/** What execsnoop.bt prints, of the children of one process; like it, before the call, whose result it does not know. */
const execsnoopScript = (pid: number) => `
  tracepoint:syscalls:sys_enter_exec* /((struct task_struct *)curtask)->real_parent->tgid == ${pid}/ {
    printf("%-6d ", pid); join(args->argv);
  }`;

/** The tcplife.bt that comes with bpftrace, for one process: it has the one that connects, and that at the end. */
const tcplifeScript = (pid: number) => `
  tracepoint:sock:inet_sock_set_state /args->protocol == 6 && args->newstate < 4 && pid == ${pid}/ { @birth[args->skaddr] = nsecs; }
  tracepoint:sock:inet_sock_set_state /args->protocol == 6 && args->newstate == 7 && @birth[args->skaddr]/ {
    $tp = (struct tcp_sock *)args->skaddr; $ms = (nsecs - @birth[args->skaddr]) / 1000000; delete(@birth[args->skaddr]);
    printf("%d %s %s %d ", pid, comm, ntop(args->family, args->saddr), args->sport);
    printf("%s %d ", ntop(args->family, args->daddr), args->dport);
    printf("%d %d %d\\n", $tp->bytes_acked, $tp->bytes_received, $ms);
  }`;

/** The columns that peers print. */
const TCPLIFE_FIELDS = ['-F', 'pid,comm,local,remote,sent,received,duration'];

/** What is compared. A tool of ours that has peers is a few lines here. */
export const subjects: readonly Subject[] = [
  {
    name: 'opensnoop',
    load: 'open',
    share: 1,
    contenders: [
      ours('opensnoop', 'table'),
      ours('opensnoop', 'json'),
      ours('opensnoop', 'otlp'),
      libbpfTools('opensnoop'),
      bpftrace(opensnoopScript),
    ],
    remarks: [
      "JSON is compared with no peer: libbpf-tools has none, and bpftrace's wraps the printed line in a string; nor is OTLP, which peers don't have.",
      'snoopkit shows openat2(2) and creat(2), too, and puts more into an event (time, parent, user, flags, mode); its JSON prints all of it.',
    ],
  },
  {
    name: 'execsnoop',
    load: 'exec',
    // 20,000 of 500,000: a process takes several hundred times as long as an open.
    share: 0.04,
    contenders: [
      ours('execsnoop', 'table', ['-f']),
      ours('execsnoop', 'json', ['-f']),
      {
        ...libbpfTools('execsnoop'),
        // The name of the load's program. It looks for it in user space: the kernel sends what all processes execute.
        arguments: () => ['-n', 'snoopkit-load'],
        tracesAll: true,
      },
      bpftrace(execsnoopScript),
    ],
    remarks: [
      'libbpf-tools has no filter for one process in the kernel; it sees execve(2) alone, and of its arguments 60 at most.',
      'bpftrace prints calls before they are made, whether they succeed or not, and 16 arguments at most.',
    ],
  },
  {
    name: 'tcplife',
    load: 'connect',
    // A connection takes some twenty times as long as an open.
    share: 0.1,
    events: 2,
    contenders: [
      ours('tcplife', 'table', TCPLIFE_FIELDS),
      ours('tcplife', 'json', TCPLIFE_FIELDS),
      libbpfTools('tcplife'),
      bpftrace(tcplifeScript),
    ],
    remarks: [
      'A connection has two ends, both of the load, so two events.',
      'Peers take for the owner who happens to run when a connection ends; here that is always the load. snoopkit looks up whose each connection is, and looks at all that is sent and received.',
    ],
  },
];
