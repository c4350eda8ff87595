import { defineTool } from '../src/trace/define-tool.js';

export default defineTool({
  name: 'opensnoop',
  summary: 'trace open(2), openat(2), openat2(2) and creat(2)',
  description:
    'Report each attempt to open a file when the call returns: the process, the path, and the resulting file descriptor or error.',
  event: { struct: 'opensnoop_event', name: 'open' },
  columns: ['pid', 'comm', 'ret', 'path'],
  features: ['paths'],
  fields: {
    ret: 'file descriptor, or the error: by name in a table, as a negative number in JSON',
    error: 'error name; absent if the call succeeded',
    flags: 'open flags, such as O_RDONLY|O_CLOEXEC',
    mode: 'requested permissions, in octal, if the call may create a file; otherwise 0000',
    dirfd: 'directory that a relative path starts from: a file descriptor, or AT_FDCWD',
    path: 'path as passed by the program',
    full_path: 'with --full-path: absolute path, in the mount namespace of the process',
    full_path_resolved:
      'whether full_path is the location of the file, with symbolic links resolved; false if the call failed, when only the name and its directory are known',
    full_path_deleted:
      'whether the file no longer exists: it was deleted, or never had a name; if the call failed, whether its directory was deleted',
  },
  flags: {
    path: {
      takes: 'paths',
      summary: 'only this file, or this directory and everything below it, by absolute path; it need not exist',
      sets: 'filter_paths',
    },
    write: {
      summary: 'only opens that may modify or create a file: for writing, with truncation or with creation',
      sets: 'filter_writes',
    },
    flags: {
      takes: 'open-flags',
      summary: 'only opens with at least one of these open(2) flags, such as O_CREAT,O_TRUNC',
      sets: 'filter_open_flags',
    },
    'full-path': {
      summary: 'show absolute paths, with symbolic links resolved if the file was opened',
      sets: 'want_full_path',
      fields: ['full_path', 'full_path_resolved', 'full_path_deleted'],
      replaces: { path: 'full_path' },
    },
  },
  otlp: { event: 'file.open', attributes: { path: 'file.path' } },
  hooks: {
    opens: {
      ways: [
        { programs: ['handle_openat'], optional: ['handle_openat2', 'handle_open_old', 'handle_creat'] },
        {
          programs: ['handle_function'],
          caveat: 'the flags include O_LARGEFILE, which the kernel adds; opens by 32-bit programs are traced too',
        },
        { programs: ['handle_any'], caveat: 'every system call is inspected, which adds 0.1 to 0.2 us to each' },
      ],
    },
  },
  examples: [
    { summary: 'All opened files', command: '' },
    { summary: 'Failed opens by nginx', command: '-x -n nginx' },
    {
      summary: 'Files opened by a build, including its child processes, as JSON for jq',
      command: '-f -o json --out opens.json -- make',
    },
    {
      summary: 'Opens that failed for want of file descriptors',
      command: '-x -f --json -- make | grep EMFILE',
    },
    {
      summary: 'Paths opened by a command',
      command: '<%= config.bin %> opensnoop -o json -- cat /etc/hostname | jq -r .path',
    },
    {
      summary: 'Opens that may modify files below /etc, with time and absolute path',
      command: '-T --full-path --write --path /etc',
    },
  ],
  caveats: [
    'Files opened through io_uring are not reported, because no system call is made for each of them. Opens by 32-bit programs are not reported either.',
    'The path is read when the call returns. If another thread has modified it in memory by then, the modified path is shown.',
    'A path that the kernel could not read is shown as ?, and is null in JSON.',
    'If a call failed, symbolic links on its path are unknown. The full path is then the name as given, below its directory, without . and .., and is marked [unresolved].',
    'A table marks a full path (deleted) if the file no longer exists. A file name may itself end that way: full_path_deleted distinguishes the two.',
    '--path matches the absolute path, as shown by --full-path. For a process in a container or another mount namespace, that is the path in its own namespace. A path given to --path is also resolved once, at startup; both forms then match.',
  ],
  overhead:
    'One event per open, about a microsecond each. Builds, package managers and shells open many thousands of files per second, most servers few.',
});
