import { defineTool } from '../src/cli/define-tool.js';

const CALLS = [
  ...['unlink', 'rmdir', 'rename', 'renameat', 'renameat2', 'link', 'linkat', 'symlink', 'symlinkat'],
  ...['mkdir', 'mkdirat', 'mknod', 'mknodat', 'truncate', 'ftruncate', 'chmod', 'fchmod', 'fchmodat', 'fchmodat2'],
  ...['chown', 'lchown', 'fchown', 'fchownat', 'setxattr', 'lsetxattr', 'fsetxattr', 'setxattrat'],
  ...['removexattr', 'lremovexattr', 'fremovexattr', 'removexattrat'],
];

const RESOLVED =
  'whether that is where the file is; false where there may be symbolic links on the way, which nothing tells';

const DELETED =
  'whether the file of a descriptor, or the directory that a relative path starts from, was deleted already';

export default defineTool({
  name: 'filesnoop',
  summary: 'trace who deletes, renames, links, makes or changes files',
  description:
    'Shows each attempt to delete, rename, link or make a file or folder, to truncate it, or to change its mode, owner or extended attributes, as it ends: who tried, what, on which path, and what came of it. A path marked [unresolved] may contain symbolic links, so the file can be elsewhere.',
  event: { struct: 'filesnoop_event', name: 'file' },
  columns: ['pid', 'comm', 'operation', 'ret', 'full_path', 'new_full_path'],
  fields: {
    operation:
      'what was to be done: unlink, rmdir, rename, link, symlink, mkdir, mknod, truncate, chmod, chown, setxattr or removexattr, by whatever call',
    ret: '0, or the error: its name in a table, a negative number in JSON',
    error: "the error's name; not there when the call succeeded",
    flags:
      'of rename RENAME_NOREPLACE, RENAME_EXCHANGE and RENAME_WHITEOUT, of setxattr XATTR_CREATE and XATTR_REPLACE, of what is done to a symbolic link itself AT_SYMLINK_NOFOLLOW; empty when none is set',
    mode: 'of mkdir, mknod and chmod: the mode that was asked for, in octal; not there for others',
    owner_uid: 'of chown: the new owner, by number; not there where it stays as it is',
    owner_user: 'the same, by name',
    owner_gid: 'of chown: the new group, by number; not there where it stays as it is',
    owner_group: 'the same, by name',
    size: 'of truncate: the new size in bytes; not there for others',
    dirfd:
      'the directory that a relative path starts from: a file descriptor, or AT_FDCWD; where there is no path the descriptor of the file',
    new_dirfd: 'the same for new_path',
    path: 'the path as the program gave it: of symlink that of the link; not there where it gave only a descriptor',
    new_path: 'of rename and link: the other one, to be; not there for others',
    target: 'of symlink: what the link says; not there for others',
    attribute: 'of setxattr and removexattr: the name of the attribute; not there for others',
    full_path: 'the absolute path, in the mount namespace of the process, without . and ..',
    full_path_resolved: RESOLVED,
    full_path_deleted: DELETED,
    new_full_path: 'the same for new_path',
    new_full_path_resolved: RESOLVED,
    new_full_path_deleted: DELETED,
  },
  flags: {
    path: {
      takes: 'paths',
      summary:
        'only this file or folder and all below it, by full_path or new_full_path; it need not exist; not matched if reached through a symbolic link above (see CAVEATS)',
      sets: 'filter_paths',
    },
  },
  otlp: {
    event: 'file.change',
    attributes: {
      full_path: 'file.path',
      mode: 'file.mode',
      owner_uid: 'file.owner.id',
      owner_user: 'file.owner.name',
      owner_gid: 'file.group.id',
      owner_group: 'file.group.name',
      size: 'file.size',
      target: 'file.symbolic_link.target_path',
    },
  },
  hooks: {
    calls: {
      ways: [
        { programs: ['handle_call'], also: CALLS.map((name) => `syscalls/sys_exit_${name}`) },
        { programs: ['handle_any'], caveat: 'each system call is looked at, which costs it 0.1 to 0.2 us' },
      ],
    },
  },
  examples: [
    { summary: 'All that is done to files', command: '' },
    { summary: 'Who changes something below /etc, and when', command: '-T --path /etc' },
    { summary: 'Who deletes or replaces one file', command: '--path /etc/resolv.conf' },
    { summary: 'What is refused', command: '-x' },
    {
      summary: 'The files that a build changes or deletes, its children included, as JSON',
      command: '-f -o json --out changes.json -- make',
    },
  ],
  caveats: [
    'The full path is that of the folder which the name is relative to, followed by the name as it was given. Where more than one name was given, or one that is followed, there may be symbolic links among them, which nothing tells when the call has ended: that is marked [unresolved]. What was deleted as /link/file is found by that path, not by the one that the link leads to.',
    '--path goes by what full_path shows: of a process in a container or another mount namespace by what it is called there. A path given to --path is also resolved once, at the start, and both then count.',
    'Done through io_uring nothing is seen, for no system call is made for it; nor is what 32-bit programs do. Files that are made, or truncated, as they are opened are shown by opensnoop --write.',
    'The paths are read when the call ends. Should another thread have changed them in memory meanwhile, the new ones are shown.',
  ],
  overhead:
    'One event for each such call, two or three microseconds each, of the ten or more that it takes anyway. To detach from all the calls takes the kernel a second at the end.',
});
