import { defineTool } from '../src/trace/define-tool.js';

const CALLS = [
  ...['unlink', 'rmdir', 'rename', 'renameat', 'renameat2', 'link', 'linkat', 'symlink', 'symlinkat'],
  ...['mkdir', 'mkdirat', 'mknod', 'mknodat', 'truncate', 'ftruncate', 'chmod', 'fchmod', 'fchmodat', 'fchmodat2'],
  ...['chown', 'lchown', 'fchown', 'fchownat', 'setxattr', 'lsetxattr', 'fsetxattr', 'setxattrat'],
  ...['removexattr', 'lremovexattr', 'fremovexattr', 'removexattrat'],
];

const RESOLVED =
  'whether the full path is the location of the file; false if it may contain symbolic links, which are unknown';

const DELETED =
  'whether the file of a descriptor, or the directory that a relative path starts from, had already been deleted';

export default defineTool({
  name: 'filesnoop',
  summary: 'trace file deletes, renames, links, creations and attribute changes',
  description:
    'Report each attempt to delete, rename, link or create a file or directory, to truncate it, or to change its mode, owner or extended attributes, when the call returns: the process, the operation, the path and the result. A path marked [unresolved] may contain symbolic links, so the file can be elsewhere.',
  event: { struct: 'filesnoop_event', name: 'file' },
  columns: ['pid', 'comm', 'operation', 'ret', 'full_path', 'new_full_path'],
  features: ['paths'],
  fields: {
    operation:
      'operation, whichever call requested it: unlink, rmdir, rename, link, symlink, mkdir, mknod, truncate, chmod, chown, setxattr or removexattr',
    ret: '0, or the error: by name in a table, as a negative number in JSON',
    error: 'error name; absent if the call succeeded',
    flags:
      'for rename: RENAME_NOREPLACE, RENAME_EXCHANGE and RENAME_WHITEOUT; for setxattr: XATTR_CREATE and XATTR_REPLACE; for an operation on a symbolic link itself: AT_SYMLINK_NOFOLLOW; empty if none is set',
    mode: 'for mkdir, mknod and chmod: requested mode, in octal; absent for others',
    owner_uid: 'for chown: new owner, by number; absent if unchanged',
    owner_user: 'for chown: new owner, by name',
    owner_gid: 'for chown: new group, by number; absent if unchanged',
    owner_group: 'for chown: new group, by name',
    size: 'for truncate: new size in bytes; absent for others',
    dirfd:
      'directory that a relative path starts from: a file descriptor, or AT_FDCWD; if there is no path, the descriptor of the file',
    new_dirfd: 'dirfd for new_path',
    path: 'path as passed by the program, for symlink that of the link; absent if only a descriptor was passed',
    new_path: 'for rename and link: new path; absent for others',
    target: 'for symlink: target of the link; absent for others',
    attribute: 'for setxattr and removexattr: attribute name; absent for others',
    full_path: 'absolute path, in the mount namespace of the process, without . and ..',
    full_path_resolved: RESOLVED,
    full_path_deleted: DELETED,
    new_full_path: 'full_path for new_path',
    new_full_path_resolved: RESOLVED,
    new_full_path_deleted: DELETED,
  },
  flags: {
    path: {
      takes: 'paths',
      summary:
        'only this file, or this directory and everything below it, by full_path or new_full_path; it need not exist; paths through a symbolic link above it do not match (see CAVEATS)',
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
        { programs: ['handle_any'], caveat: 'every system call is inspected, which adds 0.1 to 0.2 us to each' },
      ],
    },
  },
  examples: [
    { summary: 'All file changes', command: '' },
    { summary: 'Changes below /etc, with time', command: '-T --path /etc' },
    { summary: 'Deletion or replacement of one file', command: '--path /etc/resolv.conf' },
    { summary: 'Failed operations', command: '-x' },
    {
      summary: 'Files changed or deleted by a build, including its child processes, as JSON',
      command: '-f -o json --out changes.json -- make',
    },
  ],
  caveats: [
    'The full path is that of the directory the name is relative to, followed by the name as given. If the name has several components, or its last one is followed, it may contain symbolic links, which are unknown once the call has returned: the path is then marked [unresolved]. A file deleted as /link/file matches that path, not the one that the link points to.',
    '--path matches full_path or new_full_path. For a process in a container or another mount namespace, that is the path in its own namespace. A path given to --path is also resolved once, at startup; both forms then match.',
    'Operations through io_uring are not reported, because no system call is made for them, nor are those of 32-bit programs. Files created or truncated by opening them are reported by opensnoop --write.',
    'Paths are read when the call returns. If another thread has modified them in memory by then, the modified paths are shown.',
  ],
  overhead:
    'One event per call, two or three microseconds each, compared with the ten or more that the call takes. Detaching from all the calls takes the kernel a second at the end.',
});
