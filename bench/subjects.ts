import { fittingRingSize } from '../src/trace/ring.js';
import { programOf, snoopkit } from './places.js';

/** Operations of bench/snoopkit-load.c. */
export type LoadKind = 'open' | 'exec' | 'connect';

/** `otlp`: sent to a collector. */
export type Output = 'table' | 'json' | 'otlp';

/** The process to trace, and how. */
export interface Target {
  /** The load's process. */
  readonly pid: number;
  /** Whether the tracer writes to a terminal, and so should flush each line. */
  readonly terminal: boolean;
  /** More arguments for snoopkit. */
  readonly ours: readonly string[];
}

/** Name of another checkout of ours. */
export const BEFORE = 'snoopkit before';

/** One way to trace a subject. */
export interface Contender {
  readonly program: 'snoopkit' | typeof BEFORE | 'libbpf-tools' | 'bpftrace';
  /** The file to run, searched on the PATH unless it is a path. */
  readonly file: string;
  readonly output: Output;
  arguments(target: Target): string[];
  /** Set if it can't trace a single process: no other process exists then whose cost could be measured. */
  readonly tracesAll?: true;
  /** Prefix of lines on standard output that report losses: they are kept for `losses`. */
  readonly note?: string;
  /** Its report of losses; the first group is the number. */
  readonly losses: RegExp;
  /** Size of its buffer for unread events. */
  readonly buffer: string;
}

/** A tool of ours and its peers, on the same load. */
export interface Subject {
  readonly name: string;
  readonly load: LoadKind;
  /** Operations for each of `--count`. */
  readonly share: number;
  /** Number of events per operation, by default 1. */
  readonly events?: number;
  readonly contenders: readonly Contender[];
  /** Comparisons that are impossible, or need care. */
  readonly remarks: readonly string[];
}

const ours = (tool: string, output: Output, follow: readonly string[] = []): Contender => ({
  program: 'snoopkit',
  file: snoopkit,
  output,
  arguments: ({ pid, ours }) => [tool, '-p', `${pid}`, ...follow, '-o', output, ...ours],
  // With OTLP also events that were read, but not delivered because the collector was too slow.
  losses: /(\d+) (?:events lost|dropped: )/g,
  buffer: `${fittingRingSize() / (1 << 20)} MiB ring (--buffer)`,
});

/** A subject with only our contenders, each beside the same one of another, built checkout. */
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

/** Its output is fully buffered into a pipe, like that of libbpf-tools: a write per line, its default, costs more. */
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

/** The output of execsnoop.bt, for the children of one process; like it, before the call, whose result is unknown. */
const execsnoopScript = (pid: number) => `
  tracepoint:syscalls:sys_enter_exec* /((struct task_struct *)curtask)->real_parent->tgid == ${pid}/ {
    printf("%-6d ", pid); join(args->argv);
  }`;

/** The tcplife.bt that comes with bpftrace, for one process: it has the connecting process, and the one at the end. */
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

/** The comparisons. A tool of ours that has peers is a few lines here. */
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
      'JSON and OTLP are not compared: libbpf-tools has neither, and bpftrace has no OTLP and wraps the printed line in a JSON string.',
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
        // The name of the load's program, matched in user space: the kernel reports execs of all processes.
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
    // A connection takes about twenty times as long as an open.
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
