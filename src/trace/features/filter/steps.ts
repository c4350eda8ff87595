import { closeSync, openSync, statSync } from 'node:fs';
import { release } from 'node:os';
import type { BpfObject, OpenedObject } from '../../../bpf/object.js';
import { enumNumbers } from '../../../btf/index.js';
import { UsageError } from '../../../errors.js';
import { descendantsOf, FIRST_PID_NAMESPACE, isThere, namespaceOf } from '../../../kernel/processes.js';
import type { MakeSteps } from '../steps.js';
import { type FilterOptions, filtersOf } from './filter-options.js';
import { checkTargets, Targets } from './targets.js';

/** Maximum number of followed processes; more are counted as not followed. */
const FOLLOWED_MAX = 65536;

/**
 * From 7.0 on a task can be preempted while a BPF program runs, and until it resumes the kernel skips the program for
 * other tasks on that CPU: the creation of a process may be missed.
 */
const PREEMPTS_PROGRAMS = Number.parseInt(release(), 10) >= 7;

/** The lists by enum filter_kind of src/trace/features/filter/filter.h. */
function idsByKind(filters: FilterOptions): Record<string, readonly number[]> {
  return {
    FILTER_PID: filters.pids,
    FILTER_TID: filters.tids,
    FILTER_PPID: filters.ppids,
    FILTER_UID: filters.uids,
    FILTER_MNTNS: filters.mntns,
    FILTER_NETNS: filters.netns,
    FILTER_CGROUP: filters.cgroups.map((path) => Number(statSync(path, { bigint: true }).ino & 0xffffffffn)),
  };
}

/** Sets the constants and sizes of filter.h: before load. */
function configureFilters(object: OpenedObject, filters: FilterOptions): void {
  const lists = Object.entries(idsByKind(filters));
  const kinds = enumNumbers(
    object.btf,
    'filter_kind',
    lists.map(([kind]) => kind),
  );
  const { globals, programs } = object;
  const used = lists.filter(([, ids]) => ids.length > 0);
  globals.need('filter_self').set(process.pid);
  globals.need('filter_kinds').set(used.reduce((bits, [kind]) => bits | (1 << (kinds[kind] as number)), 0));
  globals.need('filter_cgroups_count').set(filters.cgroups.length);
  globals.need('filter_comms_count').set(filters.comms.length);
  globals.need('filter_comms').set([...filters.comms]);
  globals.need('filter_failed').set(filters.failed);
  globals.need('filter_adopts').set(filters.follow && PREEMPTS_PROGRAMS);
  const ids = lists.reduce((sum, [, list]) => sum + list.length, 0);
  object.maps.need('filter_ids').maxEntries = filters.follow ? FOLLOWED_MAX : Math.max(1, ids);
  programs.need('follow_fork').autoload = filters.follow;
  const exit = programs.get('follow_exit');
  if (exit) exit.autoload = filters.pids.length > 0;
}

/** Fills the maps and starts following: after load, before the tool's own programs are attached. */
function applyFilters(object: BpfObject, filters: FilterOptions): void {
  const map = object.maps.need('filter_ids');
  const list = (kind: string, id: number) => map.set({ kind, id }, 1);
  for (const [kind, ids] of Object.entries(idsByKind(filters))) for (const id of ids) list(kind, id);
  filters.cgroups.forEach((path, index) => {
    const fd = openSync(path, 'r');
    try {
      object.maps.need('filter_cgroups').set(index, fd);
    } finally {
      closeSync(fd);
    }
  });
  if (filters.follow) {
    object.programs.need('follow_fork').attach();
    // Existing children; the program sees those created from here on.
    for (const pid of descendantsOf(filters.pids)) list('FILTER_PID', pid);
  }
}

/** Removes processes from the filter when they end. Attached after the tool's own programs, which need to see the end. */
function forgetEnded(object: BpfObject, filters: FilterOptions): void {
  if (filters.pids.length === 0) return;
  // Tools that trace exits forget in their own programs.
  object.programs.get('follow_exit')?.attach();
  // Processes that ended before it was attached.
  const map = object.maps.need('filter_ids');
  for (const id of filters.pids) if (!isThere(id)) map.delete({ kind: 'FILTER_PID', id });
}

/** BPF programs see pids of the initial pid namespace; in another one ours would not match. */
function checkPidNamespace({ pids, tids, ppids }: FilterOptions, hasCommand: boolean): void {
  if (pids.length + tids.length + ppids.length === 0 && !hasCommand) return;
  if (namespaceOf('self', 'pid') === FIRST_PID_NAMESPACE) return;
  throw new UsageError(
    'snoopkit is not in the initial pid namespace, so pids do not match those of the kernel: start the container with --pid=host',
  );
}

/** Throws UsageError for processes that cannot be filtered for. */
export const steps: MakeSteps = ({ flags, label, warn, hasCommand, lingersMs }) => {
  const given = filtersOf(flags);
  checkPidNamespace(given, hasCommand);
  checkTargets(given, label, warn);
  let filters = given;
  let targets: Targets | undefined;
  return {
    configure(object, { launched }) {
      filters = launched === undefined ? given : { ...given, pids: [...given.pids, launched] };
      configureFilters(object, filters);
    },
    start: (object) => applyFilters(object, filters),
    attached(object, { launched }) {
      forgetEnded(object, filters);
      // The end of a command ends the run.
      if (launched === undefined) targets = new Targets(object, filters, lingersMs);
    },
    tick: () => targets?.ended(),
  };
};
