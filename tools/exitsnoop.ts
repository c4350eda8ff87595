import { defineTool } from '../src/trace/define-tool.js';
import { ENDING_ATTRIBUTES, ENDING_WARNS } from '../src/trace/features/ending/attributes.js';

export default defineTool({
  name: 'exitsnoop',
  summary: 'trace process exits: exit status or signal, lifetime, resource usage',
  description:
    'Report each process when its last thread exits: its exit status or the signal that killed it, how long it lived, and the CPU time, memory and I/O that the kernel accounted to it.',
  event: { struct: 'exitsnoop_event', name: 'exit' },
  columns: ['pid', 'ppid', 'comm', 'age', 'cpu_time', 'exit_code', 'signal'],
  features: ['ending', 'launched'],
  fields: {
    ended_comm: 'with --threads: name of the thread that exited, or of the process if the whole process did',
    is_thread: 'with --threads: whether only this thread exited and the process continues',
  },
  flags: {
    signal: {
      takes: 'signals',
      summary:
        'only exits caused by these signals, by name or number, such as KILL,SEGV; combined with --exit-code, either matches',
      sets: 'only_signals',
    },
    'exit-code': {
      takes: 'statuses',
      summary:
        'only exits with these statuses, such as 1,126-127, and not by a signal; combined with --signal, either matches',
      sets: 'only_exit_codes',
    },
    threads: {
      summary: 'also show each thread that exits',
      sets: 'want_threads',
      fields: ['ended_comm', 'is_thread'],
      replaces: { ppid: 'tid', comm: 'ended_comm' },
    },
  },
  otlp: {
    event: 'process.exit',
    attributes: ENDING_ATTRIBUTES,
    warns: ENDING_WARNS,
  },
  hooks: {
    ends: { ways: [{ programs: ['handle_exit'] }, { programs: ['handle_exit_raw'] }] },
    execs: { ways: [{ programs: ['handle_exec'] }], without: 'run_time is unknown' },
  },
  examples: [
    { summary: 'All process exits', command: '' },
    { summary: 'Processes that failed or were killed', command: '-x' },
    {
      summary: 'Programs that could not be run, and processes killed by SIGKILL',
      command: '--exit-code 126,127 --signal KILL',
    },
    { summary: 'Resource usage of a build, per process, as JSON', command: '-f -o json --out exits.json -- make' },
    {
      summary: 'Processes killed by a signal, from the kernel or another process',
      command: '<%= config.bin %> exitsnoop -x -o json | jq -c "select(.signal)"',
    },
  ],
  caveats: [],
  overhead:
    'One event per process exit, a few microseconds each, and a tenth of a microsecond per task creation: negligible.',
});
