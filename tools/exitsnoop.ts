import { defineTool } from '../src/cli/define-tool.js';

export default defineTool({
  name: 'exitsnoop',
  summary: 'trace processes as they end: how, after how long, and what they used',
  description:
    'Shows each process as its last thread ends: its exit status or the signal that ended it, how long it lived, and the time, memory, input and output that the kernel has counted for it.',
  event: { struct: 'exitsnoop_event', name: 'exit' },
  columns: ['pid', 'ppid', 'comm', 'age', 'cpu_time', 'exit_code', 'signal'],
  fields: {
    exit_code: 'status that it gave to exit(2), 0 to 255; 0 when a signal ended it',
    signal: 'the signal that ended it, such as SIGKILL; not there when none did',
    core_dumped: 'whether a core was dumped',
    is_thread: 'with --threads: whether only this thread ended, and the process goes on',
    age: 'how long it lived, since fork(2) or clone(2): nanoseconds in JSON',
    run_time: 'how long its program ran, since execve(2); not there when that was before tracing, or never',
    cpu_time: 'processor time of all its threads: nanoseconds in JSON',
    max_rss: 'most memory that was resident at a time, in bytes; 0 for a thread',
    read_bytes: 'bytes that its system calls have read, and those of the children that it waited for',
    written_bytes: 'the same for what was written',
    storage_read_bytes: 'bytes that were read from storage for it',
    storage_written_bytes: 'bytes that it has caused to be written to storage',
    voluntary_switches: 'how often it gave up its processor, to wait',
    involuntary_switches: 'how often its processor was taken from it',
  },
  flags: {
    threads: {
      summary: 'show each thread that ends, too',
      sets: 'want_threads',
      fields: ['is_thread'],
      replaces: ['ppid', 'tid'],
    },
  },
  hooks: {
    ends: { ways: [{ programs: ['handle_exit'] }, { programs: ['handle_exit_raw'] }] },
    execs: { ways: [{ programs: ['handle_exec'] }], without: 'run_time is not known' },
  },
  examples: [
    { summary: 'All processes that end', command: '' },
    { summary: 'Those that failed or were killed', command: '-x' },
    { summary: 'What a build used, process by process, as JSON', command: '-f -o json --out exits.json -- make' },
    {
      summary: 'Who was killed by the kernel or by somebody',
      command: '<%= config.bin %> exitsnoop -x -o json | jq -c "select(.signal)"',
    },
  ],
  caveats: [
    'The name is that which the command has at its end, of the thread that ends last.',
    'Input and output are as in /proc/PID/io, where they go over to the parent that waits; they are counted where the kernel keeps account of them (CONFIG_TASK_IO_ACCOUNTING), as those of distributions do.',
  ],
  overhead: 'One event for each process that ends, a few microseconds each: not to be noticed.',
});
