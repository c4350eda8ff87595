import type { ExitsnoopEvent } from '../../tool-types.js';
import { defineFeature } from '../feature.js';

/** Descriptions of the columns of struct ending. */
const fields = {
  exit_code: 'exit status passed to exit(2), 0 to 255; 0 if a signal killed the process',
  signal: 'signal that killed the process, such as SIGKILL; absent if none did',
  core_dumped: 'whether a core was dumped',
  age: 'time since fork(2) or clone(2), whatever was executed since; for a COMMAND after --, since the command was executed: nanoseconds in JSON',
  run_time: 'run time of its program, since execve(2); absent if that was before tracing, or never happened',
  cpu_time: 'CPU time of all its threads during its age, before execve(2) too, up to this record: nanoseconds in JSON',
  max_rss:
    'peak resident memory since exec, in bytes; absent for a thread and, before Linux 6.16, if an earlier program of the process had reached as much',
  read_bytes: 'bytes read by its system calls, and by those of the children that it waited for',
  written_bytes: 'bytes written by its system calls, and by those of the children that it waited for',
  storage_read_bytes: 'bytes read from storage on its behalf',
  storage_written_bytes: 'bytes that it caused to be written to storage',
  voluntary_switches: 'voluntary context switches: the process gave up its CPU to wait',
  involuntary_switches: 'involuntary context switches: the process was preempted',
} as const satisfies { readonly [Column in keyof ExitsnoopEvent]?: string };

/** The end of a process: its exit status, and what it has used. */
export const feature = defineFeature({
  needs: ['cpu-clock', 'filter'],
  fields,
  caveats: [
    'Process and thread names are those at exit; thread_comm is that of the last thread to exit.',
    "All values except run_time and max_rss count from process creation, including what happened before execve(2). cpu_time ends at the record: the kernel's own work to clean up the process after that, up to a millisecond, is not included.",
    'I/O counters are those of /proc/PID/io, where those of a process pass to the parent that waits for it. They require a kernel with CONFIG_TASK_IO_ACCOUNTING, as distributions build them.',
  ],
});
