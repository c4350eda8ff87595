/** Attaching to sockets, interfaces, network namespaces, cgroups and maps. */

import { closeSync, openSync } from 'node:fs';
import { UsageError } from '../errors.js';
import { ERRNO } from '../kernel/errno.js';
import type { NativeProgram } from '../native/binding.js';
import type { NativeLink } from '../native/links.js';
import { checkBoolean, checkChoice, checkInstance, checkInteger, checkOptions, checkText } from './arguments.js';
import { actionBody } from './attach-rtnetlink.js';
import { type Attachment, interfaceOf } from './attachment.js';
import { BpfError, refused, UnsupportedError } from './errors.js';
import { type AnyMap, BpfMap } from './map.js';
import { attachCapabilities } from './needed-capabilities.js';
import { type AttachType, attachTypeNumber, CGROUP_HOOKS, type ProgramType } from './program-type.js';
import { RTM_NEWTFILTER } from './rtnetlink.js';

/** Options of BpfProgram.attachXdp(). */
export interface XdpOptions {
  /**
   * The place where the program runs: in the driver, after the kernel has made a socket buffer (any interface), or on the
   * device (default: in the driver if it can, else after it).
   */
  mode?: 'native' | 'generic' | 'offload';
  /**
   * Take the place of a program that was attached without a link, as by ip(8) (default: fail). Then this one has no link
   * of the kernel's either, and stays if the process is killed.
   */
  replace?: boolean;
}

/** Options of BpfProgram.attachTc(). */
export interface TcOptions {
  /**
   * tcx (6.6) or a filter of clsact (default: tcx if the kernel has it, unless `priority` or `handle` is given, or the
   * program is an action).
   */
  hook?: 'tcx' | 'clsact';
  /** Priority of the filter, smaller first (default: the kernel's choice; 1 for an action). */
  priority?: number;
  /** Handle of the filter (default: the kernel's choice). */
  handle?: number;
}

/** Options of BpfProgram.attachCgroup(). */
export interface CgroupOptions {
  /** The hook (default: the program's own). */
  attachType?: AttachType;
  /**
   * `link`, or without a link `multi` (BPF_F_ALLOW_MULTI: runs beside those of descendants), `override` (a descendant's
   * program replaces it) or `exclusive` (descendants can have none) (default: `link`, which runs as `multi` does).
   */
  mode?: 'link' | 'multi' | 'override' | 'exclusive';
}

/** Numbers of include/uapi/linux/netfilter.h. */
export interface NetfilterOptions {
  /** Protocol family: 2 for IPv4, 10 for IPv6. */
  family: number;
  /** 0 prerouting, 1 local in, 2 forward, 3 local out, 4 postrouting. */
  hook: number;
  /** Order among the hook's functions, smaller first; the smallest and the largest number are the kernel's. */
  priority: number;
  /** Defragment IP packets first: then the priority must be above -400 (default: no). */
  defragment?: boolean;
}

const XDP_FLAGS = { native: 1 << 2, generic: 1 << 1, offload: 1 << 3 } as const;
const CGROUP_FLAGS = { multi: 1 << 1, override: 1 << 0, exclusive: 0 } as const;
const MAX_FD = 2 ** 31 - 1;

/** The error for a place that another program has. */
const taken = (operation: string, errno: number, hint: string) =>
  [ERRNO.EBUSY, ERRNO.EEXIST, ERRNO.E2BIG].some((number) => number === errno)
    ? new BpfError(`${operation}: another program is attached there; ${hint}`, errno, { isWhole: true })
    : undefined;

export function xdp(device: string, options: XdpOptions): Attachment {
  checkText('device', device);
  checkOptions(options, ['mode', 'replace']);
  const { mode, replace = false } = options;
  if (mode !== undefined) checkChoice('mode', mode, Object.keys(XDP_FLAGS));
  checkBoolean('replace', replace);
  const index = interfaceOf(device);
  const flags = mode === undefined ? 0 : XDP_FLAGS[mode];
  return {
    where: `interface ${device}`,
    attach: (native) =>
      replace ? native.replaceXdp(index, flags) : native.createLink(index, attachTypeNumber('xdp'), flags),
    explain: (operation, errno) => {
      const isUnable = errno === ERRNO.EOPNOTSUPP || errno === ERRNO.EINVAL;
      if ((mode === 'native' || mode === 'offload') && isUnable)
        return new UnsupportedError(`${operation}: its driver does not support the mode ${mode}`);
      return taken(operation, errno, replace ? 'it has a link, which only its owner can close' : 'use replace');
    },
  };
}

const isUnknownHook = (result: NativeLink | number) => result === -ERRNO.EINVAL || result === -ERRNO.EOPNOTSUPP;

export function tc(type: ProgramType, device: string, direction: 'ingress' | 'egress', options: TcOptions): Attachment {
  checkText('device', device);
  checkChoice('direction', direction, ['ingress', 'egress']);
  checkOptions(options, ['hook', 'priority', 'handle']);
  const isAction = type === 'sched_act';
  const { hook, priority = isAction ? 1 : 0, handle = 0 } = options;
  if (hook !== undefined) checkChoice('hook', hook, isAction ? ['clsact'] : ['tcx', 'clsact']);
  checkInteger('priority', priority, isAction ? 1 : 0, 0xffff);
  checkInteger('handle', handle);
  const isFilter = isAction || hook === 'clsact' || priority !== 0 || handle !== 0;
  if (hook === 'tcx' && isFilter) throw new UsageError('tcx has no priority and no handle: they are those of clsact');
  const index = interfaceOf(device);
  const tcx = (native: NativeProgram) => native.createLink(index, attachTypeNumber(`tcx_${direction}`), 0);
  const clsact = (native: NativeProgram) =>
    isAction
      ? native.attachNetlink(RTM_NEWTFILTER, actionBody(index, direction, { priority, handle }), index)
      : native.attachTc(index, direction === 'ingress', priority, handle);
  return {
    where: `${direction} of interface ${device}`,
    attach: (native) => {
      if (isFilter) return clsact(native);
      const link = tcx(native);
      return hook === undefined && isUnknownHook(link) ? clsact(native) : link;
    },
    explain: (operation, errno) =>
      hook === 'tcx' && isUnknownHook(-errno)
        ? new UnsupportedError(`${operation}: this kernel has no tcx, which came with Linux 6.6`)
        : taken(operation, errno, 'choose another priority or handle'),
  };
}

/** The number of the hook, which the section or an option names. */
function hookOf(type: AttachType | undefined): number {
  if (type === undefined) throw new UsageError("the program's section does not name its attach type");
  return attachTypeNumber(type);
}

/** Opens a path while the kernel attaches. */
function opened(path: string, attach: (fd: number) => NativeLink | number): NativeLink | number {
  const fd = openSync(path, 'r');
  try {
    return attach(fd);
  } finally {
    closeSync(fd);
  }
}

export function cgroup(own: AttachType | undefined, path: string, options: CgroupOptions): Attachment {
  checkText('path', path);
  checkOptions(options, ['attachType', 'mode']);
  const { attachType = own, mode = 'link' } = options;
  if (attachType !== undefined) checkChoice('attachType', attachType, CGROUP_HOOKS);
  checkChoice('mode', mode, ['link', ...Object.keys(CGROUP_FLAGS)]);
  const type = hookOf(attachType);
  return {
    where: `cgroup ${path}`,
    attach: (native) =>
      opened(path, (fd) =>
        mode === 'link' ? native.createLink(fd, type, 0) : native.attachTarget(fd, type, CGROUP_FLAGS[mode]),
      ),
    explain: (operation, errno) => {
      if (errno === ERRNO.EBADF) return new BpfError(`${operation}: it is not a cgroup v2`, errno, { isWhole: true });
      const denied = errno === ERRNO.EPERM ? refused(operation, errno, attachCapabilities('cgroup_skb')) : undefined;
      // hierarchy_allows_attach() of kernel/bpf/cgroup.c
      const hint = 'is there a program of another mode, or does one above admit none here?';
      return denied?.code === 'ERR_SNOOPKIT_BPF' ? new BpfError(operation, errno, { hint }) : denied;
    },
  };
}

export function netns(own: AttachType | undefined, path: string): Attachment {
  checkText('path', path);
  const type = hookOf(own);
  return {
    where: `network namespace ${path}`,
    attach: (native) => opened(path, (fd) => native.createLink(fd, type, 0)),
    explain: (operation, errno) =>
      errno === ERRNO.EINVAL
        ? new BpfError(`${operation}: it is not a network namespace (EINVAL)`, errno, { isWhole: true })
        : taken(operation, errno, 'a namespace has a limited number of this type'),
  };
}

export function sockmap(own: AttachType | undefined, map: AnyMap): Attachment {
  checkInstance('map', map, BpfMap);
  const type = hookOf(own);
  const { fd } = map;
  return {
    where: `map ${map.name}`,
    attach: (native) => native.attachTarget(fd, type, 0),
    explain: (operation, errno) =>
      errno === ERRNO.EINVAL || errno === ERRNO.EOPNOTSUPP
        ? new BpfError(`${operation}: it must be a sockmap or sockhash`, errno, { isWhole: true })
        : undefined,
  };
}

export function socket(type: ProgramType, fd: number): Attachment {
  checkInteger('socket', fd, 0, MAX_FD);
  return { where: `socket ${fd}`, attach: (native) => native.attachSocket(fd, type === 'sk_reuseport') };
}

export function netfilter(options: NetfilterOptions): Attachment {
  checkOptions(options, ['family', 'hook', 'priority', 'defragment']);
  const { family, hook, priority, defragment = false } = options;
  checkInteger('family', family);
  checkInteger('hook', hook);
  checkInteger('priority', priority, -(2 ** 31), 2 ** 31 - 1);
  checkBoolean('defragment', defragment);
  return {
    where: `netfilter hook ${hook} of family ${family}`,
    attach: (native) => native.attachNetfilter(family, hook, priority, defragment ? 1 : 0),
    explain: (operation, errno) => {
      const refusal = (why: string) => new BpfError(`${operation}: ${why}`, errno, { isWhole: true });
      if (errno === ERRNO.ERANGE)
        return refusal(`priority ${priority} is the kernel's${defragment ? ', or not above -400' : ''} (ERANGE)`);
      if (errno === ERRNO.EPROTO) return refusal('there is no such hook (EPROTO)');
      return taken(operation, errno, 'choose another priority');
    },
  };
}
