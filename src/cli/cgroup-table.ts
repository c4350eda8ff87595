/** The table of bpf/include/cgroups.h, where a run shows or sends cgroups. */
import type { BpfMap } from '../bpf/map.js';
import type { BpfObject } from '../bpf/object.js';

const PROGRAMS = ['cgroup_mkdir', 'cgroup_rmdir'];

/** Sets what a run needs of it, which may be nothing: before load. */
export function configureCgroups({ globals, maps, programs }: BpfObject, isWanted: boolean): void {
  for (const name of PROGRAMS) {
    const program = programs.get(name);
    if (program) program.autoload = isWanted;
  }
  const table = maps.get('cgroup_paths');
  if (table && !isWanted) table.maxEntries = 1;
  globals.get('tally_by_cgroup')?.set(isWanted);
}

/** Begins to keep the table: after load, before the tool's own programs are attached. */
export function attachCgroups({ programs }: BpfObject): void {
  for (const name of PROGRAMS) {
    const program = programs.get(name);
    try {
      if (program?.autoload) program.attach();
    } catch {
      // A kernel without cgroups has none of them to tell of.
    }
  }
}

/** Looks up the path of a cgroup that came or went while the table was kept. */
export function cgroupTable({ maps }: BpfObject): (id: bigint) => string | undefined {
  const table: BpfMap | undefined = maps.get('cgroup_paths');
  return (id) => {
    const value = table?.get(id) as { readonly text: string } | undefined;
    return value?.text;
  };
}
