/**
 * The container of a process, by the path of its cgroup: names set by runtimes and the kubelet. They are not
 * trustworthy. Root can give a cgroup any name, and so can a user in the part of the tree that systemd delegated.
 */
import { readFileSync } from 'node:fs';

export interface Container {
  readonly id: string;
  /** As in container.runtime.name; undefined if the path does not contain it. */
  readonly runtime: string | undefined;
  /** UID of its Kubernetes pod; undefined if the path has none, or a user may have forged it. */
  readonly podUid: string | undefined;
  /** UID of the user to whom this part of the tree is delegated, and who chose all names in it. */
  readonly user: string | undefined;
}

/** By the prefix of a systemd scope, `docker-<id>.scope`, or by the parent folder. */
const RUNTIMES: Readonly<Record<string, string>> = {
  docker: 'docker',
  'cri-containerd': 'containerd',
  containerd: 'containerd',
  nerdctl: 'containerd',
  crio: 'cri-o',
  libpod: 'podman',
  libpod_parent: 'podman',
};

/** A runtime's full ID has 256 bits. conmon supervises the container from outside. */
const ID = /^(?:([a-z_-]+?)-)?(?<!conmon-)([0-9a-f]{64})(?:\.scope)?$/;
/** systemd replaces `-` by `_` in a UID. Static pods have a hash of their file instead, which is no UID. */
const POD = /pod([0-9a-f]{8}[-_](?:[0-9a-f]{4}[-_]){3}[0-9a-f]{12})(?:\.slice)?$/;
/** The unit of a user's systemd. */
const DELEGATED = /^user@([0-9]+)\.service$/;

/** The container of a cgroup's path, or of one below it; undefined if there is none. */
export function containerOf(path: string): Container | undefined {
  // If the kubelet uses systemd's cgroup driver and containerd does not, the folder is called `slice:prefix:id`.
  const parts = path.split(/[/:]/);
  // The innermost one, because a container may run others.
  const at = parts.findLastIndex((part) => ID.test(part));
  if (at < 0) return undefined;
  const [, prefix, id = ''] = ID.exec(parts[at] as string) ?? [];
  const pod = parts
    .slice(0, at)
    .map((part) => POD.exec(part)?.[1])
    .findLast((uid) => uid !== undefined);
  const user = parts
    .slice(0, at)
    .map((part) => DELEGATED.exec(part)?.[1])
    .find((uid) => uid !== undefined);
  return {
    id,
    runtime: RUNTIMES[prefix ?? parts[at - 1] ?? ''],
    podUid: user === undefined ? pod?.replaceAll('_', '-') : undefined,
    user,
  };
}

/** Paths in /proc/PID/cgroup by hierarchy: `0` is v2, others are v1. Undefined if the process has ended. */
function hierarchiesOf(pid: number | 'self'): [id: string, path: string][] | undefined {
  try {
    const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trimEnd().split('\n');
    return lines.map((line) => [line.split(':', 1)[0] as string, line.split(':').slice(2).join(':')]);
  } catch {
    return undefined;
  }
}

/** Whether processes are in hierarchies of cgroup v1 besides that of v2. */
export const hasOldHierarchies = () => hierarchiesOf('self')?.some(([id]) => id !== '0') ?? false;

/** The container of a running process, from any hierarchy; 'gone' if it has ended. */
export function containerOfProcess(pid: number | 'self'): Container | undefined | 'gone' {
  const hierarchies = hierarchiesOf(pid);
  if (!hierarchies) return 'gone';
  for (const [, path] of hierarchies) {
    const container = containerOf(path);
    if (container) return container;
  }
  return undefined;
}
