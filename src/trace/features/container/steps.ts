import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../../errors.js';
import { containerOf, hasOldHierarchies } from '../../../kernel/containers.js';
import { mountPoint } from '../../../kernel/mounts.js';
import type { MakeSteps } from '../steps.js';
import { CONTAINER_IDS_MAX } from './container-ids.js';
import { feature } from './feature.js';

/** Room for the cgroups of containers; more are counted as not followed. */
const CGROUPS_MAX = 8192;

/** Calls back for each cgroup of a container below a folder. */
function forEachContainer(folder: string, path: string, receive: (id: string, cgroup: bigint) => void): void {
  const container = containerOf(path);
  try {
    if (container) receive(container.id, statSync(folder, { bigint: true }).ino);
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) forEachContainer(join(folder, entry.name), `${path}/${entry.name}`, receive);
  } catch {
    // It is gone, or not ours to look at.
  }
}

/** Throws UsageError where no cgroup of a container can be seen. */
export const steps: MakeSteps = ({ flags, label, warn }) => {
  const ids = flags.container ?? [];
  const root = ids.length > 0 ? mountPoint('cgroup2') : undefined;
  if (ids.length > 0 && root === undefined)
    throw new UsageError(`${label('container')}: no cgroup2 file system is mounted`);
  let missing: readonly string[] = [];
  return {
    configure({ globals, maps, programs }) {
      for (const name of feature.programs) programs.need(name).autoload = ids.length > 0;
      if (ids.length === 0) return;
      globals.need('container_count').set(ids.length);
      globals.need('container_ids').set([...ids, ...new Array<string>(CONTAINER_IDS_MAX - ids.length).fill('')]);
      maps.need('container_cgroups').maxEntries = CGROUPS_MAX;
    },
    start({ maps, programs }) {
      if (root === undefined) return;
      // New cgroups are seen from here on.
      for (const name of feature.programs) programs.need(name).attach();
      const map = maps.need('container_cgroups');
      const found = new Set<string>();
      forEachContainer(root, '', (container, cgroup) => {
        const wanted = ids.filter((id) => container.startsWith(id));
        if (wanted.length > 0) map.set(cgroup, 1);
        for (const id of wanted) found.add(id);
      });
      missing = ids.filter((id) => !found.has(id));
    },
    attached() {
      const old = missing.length > 0 && hasOldHierarchies() ? ', or only in cgroup v1, which is not supported' : '';
      for (const id of missing)
        warn(`${label('container')} ${id}: no such container is running${old}; it is traced once it starts`);
    },
  };
};
