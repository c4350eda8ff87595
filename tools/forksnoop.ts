import { defineTool } from '../src/trace/define-tool.js';

export default defineTool({
  name: 'forksnoop',
  summary: 'trace fork(2), vfork(2) and clone(2), including failures',
  description:
    'Report each process created by fork(2), vfork(2) or clone(2), before it runs, and each failed call. Use execsnoop for the programs that it then executes, and procsnoop for one record of its whole life.',
  event: { struct: 'forksnoop_event', name: 'fork' },
  columns: ['pid', 'comm', 'call', 'ret', 'flags'],
  fields: {
    call: 'system call: fork, vfork, clone or clone3; kernel if no program made one, as for kernel threads',
    ret: 'id of the new process or thread, as the kernel counts it, or the error: by name in a table, as a negative number in JSON',
    error: 'error name; absent if the call succeeded',
    child_pid: 'new process; for a thread, the process it belongs to; 0 if the call failed',
    child_tid: 'new thread; for a process, its first thread, which has the same id; 0 if the call failed',
    flags:
      'clone(2) flags, which say what is shared and what is new: such as CLONE_VM|CLONE_VFORK, or CLONE_NEWPID|CLONE_NEWNET for a container; empty if none is set, as for fork(2)',
    is_thread: 'with --threads: whether it is a thread of the same process',
  },
  flags: {
    threads: {
      summary: 'also show new threads',
      sets: 'want_threads',
      fields: ['is_thread'],
      shows: ['is_thread'],
    },
  },
  otlp: { event: 'process.fork' },
  hooks: {
    forks: { ways: [{ programs: ['handle_fork'] }, { programs: ['handle_fork_typed'] }] },
    'failed calls': {
      ways: [
        {
          programs: ['handle_call'],
          also: ['clone3', 'fork', 'vfork'].map((name) => `syscalls/sys_exit_${name}`),
        },
        { programs: ['handle_any'], caveat: 'every system call is inspected, which adds 0.1 to 0.2 us to each' },
      ],
      without: 'failed calls are not reported',
    },
  },
  examples: [
    { summary: 'All new processes', command: '' },
    { summary: 'Failed calls: a process limit was reached', command: '-x' },
    { summary: 'Processes and threads created by a program and its descendants', command: '-f --threads -- make -j4' },
    { summary: 'Creation of new namespaces', command: '-F +ppid | grep CLONE_NEW' },
  ],
  caveats: [
    'Filters match the creator, not the new process: --follow shows the processes that followed ones create.',
    "A process created with CLONE_PARENT is a child of its creator's parent.",
    'Failed calls of 32-bit programs are not reported; successful ones are shown with the call kernel.',
  ],
  overhead:
    'One event per new process, a microsecond or two, compared with the hundred or more that creating one takes: negligible.',
});
