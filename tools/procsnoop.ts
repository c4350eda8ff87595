import { defineTool } from '../src/cli/define-tool.js';
import { ENDING_ATTRIBUTES, ENDING_WARNS } from '../src/cli/shared-attributes.js';
import { ENDING_CAVEATS, ENDING_FIELDS } from '../src/cli/shared-fields.js';
import { CPU_CLOCK_HOOKS } from '../src/cli/shared-hooks.js';

export default defineTool({
  name: 'procsnoop',
  summary: 'the whole story of each process, as it ends: who started it, what it ran, how it ended',
  description:
    'Shows one record for each process, at its end: who created it, the program that it executed last with all arguments, how it ended, how long it lived, and what it used. With --tree, all processes of a run, each below the one that created it: what a build really ran, and what of it failed. There TIME is age and CPU is cpu_time, both since fork(2), so CPU exceeds TIME only if several threads ran at once. STATUS is 0, exit N, or the signal that ended the process. A name in parentheses is a process that executed nothing itself, such as a subshell, or did so before tracing began.',
  event: { struct: 'procsnoop_event', name: 'process' },
  columns: ['pid', 'ppid', 'comm', 'age', 'exit_code', 'signal', 'args'],
  fields: {
    ...ENDING_FIELDS,
    creator: 'the process that created it, which may have ended since; 0 where that was before tracing',
    creator_comm: 'name of the process that created it, as it was then; empty where that was before tracing',
    existed_before: 'whether it was there before tracing began, so that what it executed is not known',
    exe: 'absolute path of the file that it executed last, for a script that of its interpreter; null when it never executed anything itself, or before tracing began',
    exe_deleted: 'whether that file was there no more as it was executed: it had been deleted, or is a memfd',
    args: 'what it executed last, with all arguments: an array in JSON; null when it never executed anything itself, or before tracing began',
    key: 'with --trace-context: a number of the process that no other has, for ids of processes recur',
    creator_key: 'with --trace-context: the same of the process that created it; 0 where that was before tracing',
    tree_key:
      'with --trace-context: the same of the first process that is known in the line of those that created it, or its own',
    traceparent:
      'with --trace-context: TRACEPARENT (W3C trace context) in the environment of what it executed, or else that of the process that created it; null where there is none',
    traceparent_inherited: 'with --trace-context: whether the process that created it had that same TRACEPARENT',
  },
  flags: {
    'max-args': {
      takes: 'size',
      default: '1K',
      most: 128 << 10,
      room: ['stories', 'scratch'],
      fits: ['stories', 16 << 20],
      summary: 'how much of the arguments is kept, up to 128K; where there was more, that is marked',
      sets: 'max_args',
    },
    'min-duration': {
      takes: 'duration',
      summary: 'only processes that lived at least so long: 5 (seconds), 500ms, 2m, 1h',
      sets: 'min_duration',
    },
    'trace-context': {
      summary: 'show the trace context (W3C) that TRACEPARENT names, and what tells processes of the same id apart',
      sets: 'want_trace_context',
      fields: ['key', 'creator_key', 'tree_key', 'traceparent', 'traceparent_inherited'],
    },
  },
  hasTree: true,
  otlp: {
    event: 'process.end',
    spans: 'processes',
    attributes: { ...ENDING_ATTRIBUTES, exe: 'process.executable.path' },
    warns: ENDING_WARNS,
  },
  hooks: {
    ends: { ways: [{ programs: ['handle_exit'] }, { programs: ['handle_exit_raw'] }] },
    execs: { ways: [{ programs: ['handle_exec'] }], without: 'what a process executed is not known' },
    ...CPU_CLOCK_HOOKS,
    births: { ways: [{ programs: ['handle_fork'] }], without: 'who created a process is not known' },
  },
  examples: [
    { summary: 'What a build ran, and what of it failed', command: '-f --tree -- make -j4' },
    { summary: 'Of that, only what failed, and what led to it', command: '-f -x --tree -- make -j4' },
    { summary: 'All processes that end', command: '' },
    { summary: 'Those that took more than a second, as JSON', command: '--min-duration 1 -o json' },
    {
      summary: 'Processes that took more than a second of processor time',
      command: '<%= config.bin %> procsnoop --json | jq -c "select(.cpu_time > 1e9) | .args"',
    },
  ],
  caveats: [
    'A process that still runs when tracing ends is not shown.',
    '--tree keeps every process in memory, with its arguments, until the end.',
    'Arguments are kept of 8,192 processes at a time, of less with a larger --max-args, and of 256 from 64K on; those of more are missing, which is told.',
    'Of a path (exe) that is longer than 512 bytes the upper part may be missing, and is marked.',
    'Arguments are as they were when the program was executed, whatever it made of them since.',
    'For TRACEPARENT the first 128K of an environment are looked at. One that is malformed counts for nothing, and that of a process which was there before tracing is not known. They are kept of 8,192 processes at a time; where there was no room for more, that is told.',
    ...ENDING_CAVEATS,
  ],
  overhead:
    'A few microseconds for each process that is created, executed and ends, of the half millisecond or more that this takes anyway; and 15 MB of memory for paths and arguments. With --trace-context 2 to 3 us more for each execution with an environment of 3 KB, 20 us with one of 32 KB.',
});
