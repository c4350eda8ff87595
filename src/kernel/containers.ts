/**
 * Which container a process is in, as the path of its cgroup tells: names that runtimes and the kubelet give. Nobody vouches
 * for them: root can give a cgroup any name, and so can a user in the part of the tree that systemd has delegated to her.
 */
import { readFileSync } from 'node:fs';

export interface Container {
  readonly id: string;
  /** As in container.runtime.name; undefined where the path does not say. */
  readonly runtime: string | undefined;
  /** Of its Kubernetes pod; undefined where the path has no such, or a user may have made it up. */
  readonly podUid: string | undefined;
  /** The number of the user to whom this part of the tree is delegated, and who has named all in it. */
  readonly user: string | undefined;
}

/** By the prefix of a systemd scope, `docker-<id>.scope`, or the folder in which the container's is. */
const RUNTIMES: Readonly<Record<string, string>> = {
  docker: 'docker',
  'cri-containerd': 'containerd',
  containerd: 'containerd',
  nerdctl: 'containerd',
  crio: 'cri-o',
  libpod: 'podman',
  libpod_parent: 'podman',
};

/** A number of 256 bits: no runtime has a shorter one in full. conmon watches over the container, and is not in it. */
const ID = /^(?:([a-z_-]+?)-)?(?<!conmon-)([0-9a-f]{64})(?:\.scope)?$/;
/** systemd has `_` for the `-` of a uid. Of a static pod there is a digest of its file in that place, which is no uid. */
const POD = /pod([0-9a-f]{8}[-_](?:[0-9a-f]{4}[-_]){3}[0-9a-f]{12})(?:\.slice)?$/;
/** What a user's systemd has. */
const DELEGATED = /^user@([0-9]+)\.service$/;

/** The container whose cgroup, or a part of it, has this path; undefined where there is none. */
export function containerOf(path: string): Container | undefined {
  // Where the kubelet has systemd's way and containerd has not, it takes `slice:prefix:id` for the name of a folder.
  const parts = path.split(/[/:]/);
  // The innermost one, for a container may run others.
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

/** The paths in /proc/PID/cgroup by their hierarchies: `0` is that of v2, and with v1 there are others. */
function hierarchiesOf(pid: number | 'self'): [id: string, path: string][] | undefined {
  try {
    const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trimEnd().split('\n');
    return lines.map((line) => [line.split(':', 1)[0] as string, line.split(':').slice(2).join(':')]);
  } catch {
    return undefined;
  }
}

/** Whether processes are in hierarchies of cgroup v1 beside that of v2. */
export const hasOldHierarchies = () => hierarchiesOf('self')?.some(([id]) => id !== '0') ?? false;

/** The container of a process that runs, in whichever hierarchy it shows. */
export function containerOfProcess(pid: number | 'self'): Container | undefined | 'gone' {
  const hierarchies = hierarchiesOf(pid);
  if (!hierarchies) return 'gone';
  for (const [, path] of hierarchies) {
    const container = containerOf(path);
    if (container) return container;
  }
  return undefined;
}
