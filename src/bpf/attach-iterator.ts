import { closeSync, openSync } from 'node:fs';
import { UsageError } from '../errors.js';
import { ERRNO } from '../kernel/errno.js';
import { checkInstance, checkInteger, checkOptions, checkText } from './arguments.js';
import type { Attachment } from './attachment.js';
import { BpfError, UnsupportedError } from './errors.js';
import { type AnyMap, BpfMap } from './map.js';

/** Limits what an iterator walks through. One of `map`, `cgroup`, `pid` and `tid`, which must fit the program's target. */
export interface IteratorOptions {
  /** The map whose entries to walk, for `bpf_map_elem`, `bpf_sk_storage_map` and `sockmap`. */
  map?: AnyMap;
  /** The cgroup to start from, a path, for `cgroup`. Kernel 6.1. */
  cgroup?: string;
  /** With `cgroup` (default: `descendants`). */
  order?: 'self' | 'descendants' | 'descendants-last' | 'ancestors';
  /** The process whose tasks to walk, for `task`, `task_file` and `task_vma`. Kernel 6.1. */
  pid?: number;
  /** The thread, as `pid`. */
  tid?: number;
}

/** enum bpf_cgroup_iter_order; "descendants-last" has a cgroup after its children. */
const ORDERS = ['', 'self', 'descendants', 'descendants-last', 'ancestors'];
const TASKS = ['task', 'task_file', 'task_vma'];
/** What the options are for. The kernel's are a union: one that does not fit would be taken for another. */
const TARGETS = { map: ['bpf_map_elem', 'bpf_sk_storage_map', 'sockmap'], cgroup: ['cgroup'], pid: TASKS, tid: TASKS };
const LIMITS = ['map', 'cgroup', 'pid', 'tid'] as const;
/** sizeof(union bpf_iter_link_info) */
const SIZE = 16;

export function iterator(section: string, options: IteratorOptions): Attachment {
  checkOptions(options, ['map', 'cgroup', 'order', 'pid', 'tid']);
  const { map, cgroup, order, pid, tid } = options;
  const values = { map, cgroup, pid, tid };
  const given = LIMITS.filter((name) => values[name] !== undefined);
  if (given.length > 1) throw new UsageError('iterator: expected one of map, cgroup, pid and tid');
  const [, target] = /^iter(?:\.s)?\/(\w+)$/.exec(section) ?? [];
  for (const name of given)
    if (target !== undefined && !TARGETS[name].includes(target))
      throw new UsageError(
        `${name}: an iterator of ${target} does not take it, but those of ${TARGETS[name].join(', ')}`,
      );
  if (map !== undefined) checkInstance('map', map, BpfMap);
  if (cgroup !== undefined) checkText('cgroup', cgroup);
  if (order !== undefined && (cgroup === undefined || !ORDERS.includes(order) || !order))
    throw new UsageError('order: expected self, descendants, descendants-last or ancestors, with cgroup');
  for (const [what, id] of Object.entries({ pid, tid })) if (id !== undefined) checkInteger(what, id, 1, 2 ** 31 - 1);
  const about = Buffer.alloc(map || cgroup !== undefined || pid || tid ? SIZE : 0);
  if (map) about.writeUInt32LE(map.fd, 0);
  if (tid) about.writeUInt32LE(tid, 0);
  if (pid) about.writeUInt32LE(pid, 4);
  return {
    where: section,
    attach: (native) => {
      if (cgroup === undefined) return native.attachIter(about);
      const fd = openSync(cgroup, 'r');
      try {
        about.writeUInt32LE(ORDERS.indexOf(order ?? 'descendants'), 0);
        about.writeUInt32LE(fd, 4);
        return native.attachIter(about);
      } finally {
        closeSync(fd);
      }
    },
    explain: (operation, errno) => {
      if (errno === ERRNO.EBADF && about.length === 0)
        return new BpfError(`${operation}: this iterator needs the option map`, errno, { isWhole: true });
      if (errno === ERRNO.E2BIG)
        return new UnsupportedError(`${operation}: this kernel knows no such options of iterators`);
      return undefined;
    },
  };
}
