import { defineTool } from '../src/cli/define-tool.js';
import { ENDING_ATTRIBUTES, ENDING_WARNS } from '../src/cli/shared-attributes.js';
import { ENDING_CAVEATS, ENDING_FIELDS } from '../src/cli/shared-fields.js';
import { CPU_CLOCK_HOOKS } from '../src/cli/shared-hooks.js';

export default defineTool({
  name: 'exitsnoop',
  summary: 'trace processes as they end: how, after how long, and what they used',
  description:
    'Shows each process as its last thread ends: its exit status or the signal that ended it, how long it lived, and the time, memory, input and output that the kernel has counted for it.',
  event: { struct: 'exitsnoop_event', name: 'exit' },
  columns: ['pid', 'ppid', 'comm', 'age', 'cpu_time', 'exit_code', 'signal'],
  fields: {
    ...ENDING_FIELDS,
    ended_comm: 'with --threads: name of what ended: of the thread, or of the process where that was its end',
    is_thread: 'with --threads: whether only this thread ended, and the process goes on',
  },
  flags: {
    signal: {
      takes: 'signals',
      summary: 'only what these signals ended, by name or number, such as KILL,SEGV; with --exit-code these, too',
      sets: 'only_signals',
    },
    'exit-code': {
      takes: 'statuses',
      summary: 'only what ended by itself with these statuses, such as 1,126-127; with --signal these, too',
      sets: 'only_exit_codes',
    },
    threads: {
      summary: 'show each thread that ends, too',
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
    execs: { ways: [{ programs: ['handle_exec'] }], without: 'run_time is not known' },
    ...CPU_CLOCK_HOOKS,
  },
  examples: [
    { summary: 'All processes that end', command: '' },
    { summary: 'Those that failed or were killed', command: '-x' },
    { summary: 'What could not be run, or was killed', command: '--exit-code 126,127 --signal KILL' },
    { summary: 'What a build used, process by process, as JSON', command: '-f -o json --out exits.json -- make' },
    {
      summary: 'Who was killed by the kernel or by somebody',
      command: '<%= config.bin %> exitsnoop -x -o json | jq -c "select(.signal)"',
    },
  ],
  caveats: ENDING_CAVEATS,
  overhead:
    'One event for each process that ends, a few microseconds each, and a tenth of one for each task that is created: not to be noticed.',
});
