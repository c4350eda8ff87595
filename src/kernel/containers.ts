/** Which container a process is in, as the path of its cgroup tells: names that runtimes and the kubelet give. */

export interface Container {
  readonly id: string;
  /** As in container.runtime.name; undefined where the path does not say. */
  readonly runtime: string | undefined;
  /** Of its Kubernetes pod. */
  readonly podUid: string | undefined;
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
/** systemd has `_` for the `-` of a uid. */
const POD = /pod([0-9a-f]{8}[-_](?:[0-9a-f]{4}[-_]){3}[0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?$/;

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
  return { id, runtime: RUNTIMES[prefix ?? parts[at - 1] ?? ''], podUid: pod?.replaceAll('_', '-') };
}
