import { defineTool } from '../src/trace/define-tool.js';

export default defineTool({
  name: 'execsnoop',
  summary: 'trace execve(2) and execveat(2), including failures',
  description:
    'Report each executed program with its arguments, read from the new memory before anything could change them, and each failed attempt with its error.',
  event: { struct: 'execsnoop_event', name: 'exec' },
  columns: ['pid', 'ppid', 'parent_comm', 'ret', 'args'],
  tried: { words: 'args', path: 'path' },
  fields: {
    ret: '0, or the error: by name in a table, as a negative number in JSON',
    error: 'error name; absent if the program runs',
    comm_before: 'previous name of the thread that called exec; empty if unknown',
    parent_comm: 'name of the parent process',
    path: 'path as passed by the program; /dev/fd/N for a file descriptor',
    interpreter:
      'for a script, the interpreter named on its first line; if that is a script too, the last one in the chain; otherwise null',
    exe: 'absolute path of the executed file, or of the interpreter for a script; null if the call failed',
    exe_deleted: 'whether that file no longer exists: it was deleted, or is a memfd',
    args: 'all arguments including argv[0]: an array in JSON, shell-quoted in a table; for a failure, a table shows the attempted path instead of argv[0]',
    env: 'with --env: the requested environment variables, by name; null if the call failed',
    cwd: 'with --context: working directory',
    cwd_deleted: 'with --context: whether the working directory has been removed',
    tty: 'with --context: controlling terminal, such as pts/0; null if there is none',
    session: 'with --context: session id',
    mntns: 'with --context: mount namespace id',
    pidns: 'with --context: PID namespace id',
    netns: 'with --context: network namespace id',
    userns: 'with --context: user namespace id',
    utsns: 'with --context: UTS (host name) namespace id',
    ipcns: 'with --context: IPC (System V) namespace id',
    cgroupns: 'with --context: cgroup namespace id',
  },
  flags: {
    'max-args': {
      takes: 'size',
      default: '8K',
      most: 128 << 10,
      room: ['scratch'],
      summary: 'size limit for arguments, up to 128K; longer ones are marked as truncated',
      sets: 'max_args',
    },
    env: {
      takes: 'names',
      summary: 'show these environment variables, such as PATH,TRACEPARENT',
      sets: 'want_env',
      fields: ['env'],
    },
    context: {
      summary: 'show the execution context: working directory, terminal, session, namespaces',
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
        { programs: ['handle_exec_without_interpreter'], caveat: 'the interpreter of a script is unknown' },
      ],
    },
    failures: {
      ways: [
        { programs: ['handle_execve'], optional: ['handle_execveat'] },
        { programs: ['handle_any'], caveat: 'every system call is inspected, which adds 0.1 to 0.2 us to each' },
      ],
      without: 'failed calls are not reported',
    },
    'previous names': {
      ways: [{ programs: ['handle_rename'] }],
      without: 'comm_before is empty for successful calls',
    },
  },
  examples: [
    { summary: 'All executed programs', command: '' },
    { summary: 'Failed executions, with the error', command: '-x' },
    {
      summary: 'Programs run by a build, with complete arguments, as JSON',
      command: '-f --max-args 128K --json --out run.json -- make',
    },
    { summary: 'Programs with a trace context in the environment', command: '--env TRACEPARENT -o json' },
    {
      summary: 'Compiler invocations, as command lines to copy',
      command: '<%= config.bin %> execsnoop -n cc1 --json | jq -r ".args | @sh"',
    },
  ],
  caveats: [
    'A table marks the path of a file or directory that no longer exists (deleted).',
    'A script is one event: path is the script, exe the program named on its first line.',
    'The process and thread names, which --comm matches, are the ones after the exec; for a failure, those of the program that made the call.',
    'The arguments of a failed call are read one by one when it returns, up to 128 arguments and 32K. If another thread has modified them by then, the modified ones are shown.',
    'The first 32K of the environment are searched. It may hold secrets: only the variables named by --env are shown.',
    'Failures in 32-bit programs are not reported, nor are those of the kernel itself, such as a missing /sbin/modprobe.',
  ],
  overhead:
    'One event per execution: a few microseconds, compared with the several hundred that an execution takes. Not noticeable even with a terminal full of them.',
});
