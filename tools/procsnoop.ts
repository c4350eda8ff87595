import { defineTool } from '../src/trace/define-tool.js';
import { ENDING_ATTRIBUTES, ENDING_WARNS } from '../src/trace/features/ending/attributes.js';

export default defineTool({
  name: 'procsnoop',
  summary: 'one record per process, at exit: creator, program, arguments, exit status, resource usage',
  description:
    'Report one record per process, when it exits: its creator, the last program it executed with all arguments, its exit status or signal, how long it lived, and its resource usage. With --tree, show all processes of a run as a tree, each below its creator: what a build ran, and what failed.',
  event: { struct: 'procsnoop_event', name: 'process' },
  columns: ['pid', 'ppid', 'comm', 'age', 'exit_code', 'signal', 'args'],
  features: ['ending', 'launched', 'trace-context', 'tree'],
  fields: {
    creator: 'process that forked it, which may have exited since; 0 if that was before tracing',
    creator_comm: 'name of the creator at the time of the fork; empty if that was before tracing',
    existed_before:
      'whether it existed before tracing began and has executed nothing since, so that its program is unknown',
    exe: 'absolute path of the last file executed, or of the interpreter for a script; null if the process never executed anything itself, or did so before tracing began',
    exe_deleted: 'whether that file no longer existed when it was executed: it had been deleted, or is a memfd',
    args: 'last command line executed, with all arguments: an array in JSON; null if the process never executed anything itself, or did so before tracing began',
    key: 'with --trace-context: unique key of the process, because process ids are reused',
    creator_key: 'with --trace-context: key of the creator; 0 if the fork was before tracing',
    tree_key: 'with --trace-context: key of the earliest known ancestor by creation, or of the process itself',
    traceparent:
      'with --trace-context: TRACEPARENT (W3C trace context) from the environment of the program executed, or else that of the creator; null if there is none',
    traceparent_inherited: 'with --trace-context: whether the creator had the same TRACEPARENT',
  },
  flags: {
    'max-args': {
      takes: 'size',
      default: '1K',
      most: 128 << 10,
      room: ['stories', 'scratch'],
      fits: ['stories', 16 << 20],
      summary: 'size limit for arguments, up to 128K; longer ones are marked as truncated',
      sets: 'max_args',
    },
    'min-duration': {
      takes: 'duration',
      summary: 'only processes that lived at least this long: 5 (seconds), 500ms, 2m, 1h',
      sets: 'min_duration',
    },
    'trace-context': {
      summary: 'show the W3C trace context from TRACEPARENT, and keys that distinguish processes with the same id',
      sets: 'want_trace_context',
      fields: ['key', 'creator_key', 'tree_key', 'traceparent', 'traceparent_inherited'],
    },
  },
  otlp: {
    event: 'process.end',
    spans: 'processes',
    attributes: { ...ENDING_ATTRIBUTES, exe: 'process.executable.path' },
    warns: ENDING_WARNS,
  },
  hooks: {
    ends: { ways: [{ programs: ['handle_exit'] }, { programs: ['handle_exit_raw'] }] },
    execs: { ways: [{ programs: ['handle_exec'] }], without: 'programs and arguments are unknown' },
    forks: { ways: [{ programs: ['handle_fork'] }], without: 'creators are unknown' },
  },
  examples: [
    { summary: 'Processes of a build as a tree, with their exit statuses', command: '-f --tree -- make -j4' },
    { summary: 'Only failures, and the processes that led to them', command: '-f -x --tree -- make -j4' },
    { summary: 'All process exits', command: '' },
    { summary: 'Processes that lived longer than a second, as JSON', command: '--min-duration 1 -o json' },
    {
      summary: 'Processes that used more than a second of CPU time',
      command: '<%= config.bin %> procsnoop --json | jq -c "select(.cpu_time > 1e9) | .args"',
    },
  ],
  caveats: [
    'In the tree, TIME is age and CPU is cpu_time, both since fork(2): CPU exceeds TIME only if several threads ran at once. STATUS is 0, exit N, or the signal that killed the process. A name in parentheses is a process that executed nothing itself, such as a subshell, or did so before tracing began.',
    'A process still running when tracing ends is not reported.',
    '--tree keeps every process in memory, with its arguments, until the end.',
    'Arguments are kept for 8,192 processes at a time, for fewer with a larger --max-args, and for 256 from 64K on. Those of further processes are missing, and the loss is reported.',
    'A path (exe) longer than 512 bytes may lack its leading components, and is then marked.',
    'Arguments are those passed at exec, even if the program has changed them since.',
    'TRACEPARENT is searched for in the first 128K of an environment. A malformed one is ignored; that of a process older than the trace is unknown. Trace contexts are kept for 8,192 processes at a time; running out of room is reported.',
  ],
  overhead:
    'A few microseconds per process for its fork, exec and exit, compared with the half millisecond or more that these take; and 15 MB of memory for paths and arguments. With --trace-context, another 2 to 3 us per exec with an environment of 3 KB, 20 us with 32 KB.',
});
