import { defineTool } from '../src/cli/define-tool.js';

export default defineTool({
  name: 'opensnoop',
  summary: 'trace opened files: open(2), openat(2), openat2(2) and creat(2)',
  description:
    'Shows each attempt to open a file as it ends: who tried, which path, and the file descriptor or the error that came of it.',
  event: { struct: 'opensnoop_event', name: 'open' },
  columns: ['pid', 'comm', 'ret', 'path'],
  fields: {
    ret: 'file descriptor, or the error: its name in a table, a negative number in JSON',
    error: "the error's name; not there when the call succeeded",
    flags: 'how it was opened, such as O_RDONLY|O_CLOEXEC',
    mode: 'permissions asked for, in octal, where a file may be created; else 0000',
    dirfd: 'the directory that a relative path starts from: a file descriptor, or AT_FDCWD',
    path: 'the path as the program gave it',
    full_path: 'with --full-path: the absolute path, in the mount namespace of the process',
    full_path_resolved:
      'whether full_path is where the file is, with links resolved; false when the call failed and only the name and its directory are known',
    full_path_deleted:
      'whether the file is there no more: deleted, or never had a name; of a call that failed, whether that is so of its directory',
  },
  flags: {
    path: {
      takes: 'paths',
      summary: 'only this file or folder and all below it, by the absolute path; it need not exist',
      sets: 'filter_paths',
    },
    write: {
      summary: 'only what may change a file or make one: for writing, to truncate or to create',
      sets: 'filter_writes',
    },
    flags: {
      takes: 'open-flags',
      summary: 'only with one of these flags of open(2), such as O_CREAT,O_TRUNC',
      sets: 'filter_open_flags',
    },
    'full-path': {
      summary: 'show absolute paths, with symbolic links resolved where the file was opened',
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
          caveat: 'O_LARGEFILE, which the kernel adds, is among the flags; opens of 32-bit programs are seen, too',
        },
        { programs: ['handle_any'], caveat: 'each system call is looked at, which costs it 0.1 to 0.2 us' },
      ],
    },
  },
  examples: [
    { summary: 'All files that are opened', command: '' },
    { summary: 'What nginx fails to open', command: '-x -n nginx' },
    {
      summary: 'The files that a build opens, its children included, as JSON for jq',
      command: '-f -o json --out opens.json -- make',
    },
    {
      summary: 'The paths that a command opens',
      command: '<%= config.bin %> opensnoop -o json -- cat /etc/hostname | jq -r .path',
    },
    {
      summary: 'Who opens files below /etc to change them, with the time and the absolute path',
      command: '-T --full-path --write --path /etc',
    },
  ],
  caveats: [
    'Files opened through io_uring are not seen, for no system call is made for each of them; nor are those of 32-bit programs.',
    'The path is read when the call ends. Should another thread have changed it in memory meanwhile, the new one is shown.',
    'A path that the kernel could not read is shown as ?, and is null in JSON.',
    'When a call fails nothing tells which symbolic links were on the way: its full path is the name as given below its directory, without . and .., marked [unresolved].',
    'A full path is marked (deleted) in a table where the file is not there any more. A name may itself end so: full_path_deleted tells the two apart.',
    '--path goes by the absolute path, as --full-path shows it: of a process in a container or another mount namespace by what it is called there. A path given to --path is also resolved once, at the start, and both then count.',
  ],
  overhead:
    'One event for each open, about a microsecond each. Builds, package managers and shells open many thousand files a second, most servers few.',
});
