/** The table of bpf/include/cgroups.h, for runs that show or export cgroups. */
import type { BpfMap } from '../../../bpf/map.js';
import type { BpfObject } from '../../../bpf/object.js';
import type { Feature } from '../feature.js';

const PROGRAMS = ['cgroup_mkdir', 'cgroup_rmdir'];

/** Keeps the table of the cgroups that are created or removed during a run that shows or exports cgroups. */
export const cgroupFeature: Feature = {
  programs: PROGRAMS,
  configure({ globals, maps, programs }, { hasCgroups }) {
    for (const name of PROGRAMS) {
      const program = programs.get(name);
      if (program) program.autoload = hasCgroups;
    }
    const table = maps.get('cgroup_paths');
    if (table && !hasCgroups) table.maxEntries = 1;
    globals.get('tally_by_cgroup')?.set(hasCgroups);
  },
  start({ programs }) {
    for (const name of PROGRAMS) {
      const program = programs.get(name);
      try {
        if (program?.autoload) program.attach();
      } catch {
        // A kernel without cgroups has no such hooks.
      }
    }
  },
};

/** Looks up the path of a cgroup that was created or removed during the run. */
export function cgroupTable({ maps }: BpfObject): (id: bigint) => string | undefined {
  const table: BpfMap | undefined = maps.get('cgroup_paths');
  return (id) => {
    const value = table?.get(id) as { readonly text: string } | undefined;
    return value?.text;
  };
}
