import type { BpfMap } from '../../../bpf/map.js';
import type { BpfObject } from '../../../bpf/object.js';
import { CgroupPaths } from '../../../kernel/cgroups.js';
import type { MakeSteps } from '../steps.js';
import { feature } from './feature.js';

/** Looks up the path of a cgroup that was created or removed during the run. */
function cgroupTable({ maps }: BpfObject): (id: bigint) => string | undefined {
  const table: BpfMap | undefined = maps.get('cgroup_paths');
  return (id) => {
    const value = table?.get(id) as { readonly text: string } | undefined;
    return value?.text;
  };
}

export const steps: MakeSteps = () => {
  const cgroups = new CgroupPaths();
  return {
    context: { cgroupPath: (id) => cgroups.path(id) },
    configure({ globals, maps, programs }, { hasCgroups }) {
      for (const name of feature.programs) {
        const program = programs.get(name);
        if (program) program.autoload = hasCgroups;
      }
      const table = maps.get('cgroup_paths');
      if (table && !hasCgroups) table.maxEntries = 1;
      globals.get('tally_by_cgroup')?.set(hasCgroups);
    },
    start({ programs }) {
      for (const name of feature.programs) {
        const program = programs.get(name);
        try {
          program?.attach();
        } catch {
          // A kernel without cgroups has no such hooks.
        }
      }
    },
    attached(object, { hasCgroups }) {
      if (hasCgroups) cgroups.kept = cgroupTable(object);
    },
  };
};
