import { defineTool } from '../src/cli/define-tool.js';

export default defineTool({
  name: 'forksnoop',
  summary: 'trace processes as they are created: by whom, by which call, and what is refused',
  description:
    'Shows each process as it is created by fork(2), vfork(2) or clone(2), before it runs, and each such call that fails. What it then executes is shown by execsnoop, and its whole story by procsnoop.',
  event: { struct: 'forksnoop_event', name: 'fork' },
  columns: ['pid', 'comm', 'call', 'ret', 'flags'],
  fields: {
    call: 'the system call: fork, vfork, clone or clone3; kernel where no program has made one, as for threads of the kernel',
    ret: 'the new process or thread, as the kernel counts it, or the error: its name in a table, a negative number in JSON',
    error: "the error's name; not there when the call succeeded",
    child_pid: 'the new process; for a thread that to which it belongs; 0 when the call failed',
    child_tid: 'the new thread: of a process its first one, which has the same number; 0 when the call failed',
    flags:
      'what the two share and what is new, as clone(2) has it: such as CLONE_VM|CLONE_VFORK, or CLONE_NEWPID|CLONE_NEWNET for a container; empty where none is set, as for fork(2)',
    is_thread: 'with --threads: whether it is a thread of the same process',
  },
  flags: {
    threads: {
      summary: 'show new threads, too',
      sets: 'want_threads',
      fields: ['is_thread'],
      shows: ['is_thread'],
    },
  },
  otlp: { event: 'process.fork' },
  hooks: {
    births: { ways: [{ programs: ['handle_fork'] }, { programs: ['handle_fork_typed'] }] },
    refusals: {
      ways: [
        {
          programs: ['handle_call'],
          also: ['clone3', 'fork', 'vfork'].map((name) => `syscalls/sys_exit_${name}`),
        },
        { programs: ['handle_any'], caveat: 'each system call is looked at, which costs it 0.1 to 0.2 us' },
      ],
      without: 'calls that fail are not shown',
    },
  },
  examples: [
    { summary: 'All processes that are created', command: '' },
    { summary: 'What is refused: a limit of processes is reached', command: '-x' },
    { summary: 'Processes and threads of a program and its descendants', command: '-f --threads -- make -j4' },
    { summary: 'Who makes new namespaces', command: '-F +ppid | grep CLONE_NEW' },
  ],
  caveats: [
    'Filters hold for the process that creates, not for the new one: with --follow those that a followed one creates are shown.',
    'A process that was created with CLONE_PARENT is a child of the parent of its creator.',
    'Calls of 32-bit programs that fail are not seen; those that succeed have the call kernel.',
  ],
  overhead:
    'One event for each new process, a microsecond or two of the hundred or more that this takes anyway: not to be noticed.',
});
