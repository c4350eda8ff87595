import { defineTool } from '../src/cli/define-tool.js';

export default defineTool({
  name: 'execsnoop',
  summary: 'trace programs that are executed: execve(2), execveat(2), and what failed',
  description:
    'Shows each program as it is executed, with its arguments as they are in the new memory, before anybody could change them, and each attempt that failed, with its error.',
  event: { struct: 'execsnoop_event', name: 'exec' },
  columns: ['pid', 'ppid', 'parent_comm', 'ret', 'args'],
  tried: { words: 'args', path: 'path' },
  fields: {
    ret: '0, or the error: its name in a table, a negative number in JSON',
    error: "the error's name; not there when the program runs",
    comm_before: 'name that the thread which executed it had before; empty where it is not known',
    parent_comm: 'name of the parent process',
    path: 'the path as it was given; for a file descriptor /dev/fd/N',
    interpreter: 'of a script, what its first line names: the last one where that is a script, too; else null',
    exe: 'absolute path of the file that runs, for a script that of its interpreter; null when it failed',
    exe_deleted: 'whether that file is there no more: it was deleted, or is a memfd',
    args: 'all arguments, the first one included: an array in JSON, in a table as for a shell; there a failure has the path that was tried in place of the first one',
    env: 'with --env: of the environment what was asked for, by name; null when it failed',
    cwd: 'with --context: the working directory',
    cwd_deleted: 'with --context: whether that has been removed',
    tty: 'with --context: the terminal, such as pts/0; null without one',
    session: 'with --context: id of the session',
    mntns: 'with --context: number of the mount namespace',
    pidns: 'with --context: number of the pid namespace',
    netns: 'with --context: number of the network namespace',
    userns: 'with --context: number of the user namespace',
    utsns: 'with --context: number of the namespace of host names',
    ipcns: 'with --context: number of the namespace of System V IPC',
    cgroupns: 'with --context: number of the cgroup namespace',
  },
  flags: {
    'max-args': {
      takes: 'size',
      default: '8K',
      most: 128 << 10,
      room: ['scratch'],
      summary: 'how much of the arguments is kept, up to 128K; where there was more, that is marked',
      sets: 'max_args',
    },
    env: {
      takes: 'names',
      summary: 'show these environment variables, such as PATH,TRACEPARENT',
      sets: 'want_env',
      fields: ['env'],
    },
    context: {
      summary: 'show where it runs: directory, terminal, session, namespaces',
      sets: 'want_context',
      fields: [
        'cwd',
        'cwd_deleted',
        'tty',
        'session',
        'mntns',
        'pidns',
        'netns',
        'userns',
        'utsns',
        'ipcns',
        'cgroupns',
      ],
    },
  },
  otlp: {
    event: 'process.exec',
    attributes: {
      exe: 'process.executable.path',
      cwd: 'process.working_directory',
      session: 'process.session_leader.pid',
    },
  },
  hooks: {
    execs: {
      ways: [
        { programs: ['handle_exec'] },
        { programs: ['handle_exec_without_interpreter'], caveat: 'the interpreter of a script is not known' },
      ],
    },
    failures: {
      ways: [
        { programs: ['handle_execve'], optional: ['handle_execveat'] },
        { programs: ['handle_any'], caveat: 'each system call is looked at, which costs it 0.1 to 0.2 us' },
      ],
      without: 'only what succeeds is seen',
    },
    'former names': {
      ways: [{ programs: ['handle_rename'] }],
      without: 'comm_before is empty where a program was executed',
    },
  },
  examples: [
    { summary: 'All programs that are executed', command: '' },
    { summary: 'What could not be executed, and why', command: '-x' },
    {
      summary: 'What a build runs, with all arguments, as JSON',
      command: '-f --max-args 128K --json --out run.json -- make',
    },
    { summary: 'Programs that carry a trace context', command: '--env TRACEPARENT -o json' },
    {
      summary: 'Compilers that are started, as command lines to copy',
      command: '<%= config.bin %> execsnoop -n cc1 --json | jq -r ".args | @sh"',
    },
  ],
  caveats: [
    'In a table the path of a file or directory that is not there any more is marked (deleted).',
    'A script is one exec: path is the script, exe the program that its first line names.',
    'The names, for --comm as well, are those that process and thread have from then on; of a failure, those of the program that tried.',
    'The arguments of a failure are read one by one when the call ends, up to 128 of them and 32K: should another thread have changed them meanwhile, the new ones are shown.',
    'Of an environment 32K are looked at. It may hold secrets: only what --env names is shown.',
    'Failures of 32-bit programs are not seen, nor are those of the kernel itself, such as a missing /sbin/modprobe.',
  ],
  overhead:
    'One event for each execution: a few microseconds of the several hundred that one takes. A terminal full of them is not to be noticed.',
});
