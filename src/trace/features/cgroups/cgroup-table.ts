/** The table of bpf/include/cgroups.h, for runs that show or export cgroups. */
import type { BpfMap } from '../../../bpf/map.js';
import type { BpfObject } from '../../../bpf/object.js';

const PROGRAMS = ['cgroup_mkdir', 'cgroup_rmdir'];

/** Configures it, or disables it if the run does not need it. Call before load. */
export function configureCgroups({ globals, maps, programs }: BpfObject, isWanted: boolean): void {
  for (const name of PROGRAMS) {
    const program = programs.get(name);
    if (program) program.autoload = isWanted;
  }
  const table = maps.get('cgroup_paths');
  if (table && !isWanted) table.maxEntries = 1;
  globals.get('tally_by_cgroup')?.set(isWanted);
}

/** Starts maintaining the table: after load, before the tool's own programs are attached. */
export function attachCgroups({ programs }: BpfObject): void {
  for (const name of PROGRAMS) {
    const program = programs.get(name);
    try {
      if (program?.autoload) program.attach();
    } catch {
      // A kernel without cgroups has no such hooks.
    }
  }
}

/** Looks up the path of a cgroup that was created or removed during the run. */
export function cgroupTable({ maps }: BpfObject): (id: bigint) => string | undefined {
  const table: BpfMap | undefined = maps.get('cgroup_paths');
  return (id) => {
    const value = table?.get(id) as { readonly text: string } | undefined;
    return value?.text;
  };
}
