/** The processes and threads given by --pid, --tid and --ppid: they must exist, and the run ends with the last of them. */
import type { BpfObject } from '../../../bpf/object.js';
import { UsageError } from '../../../errors.js';
import { type Identity, identityOf, isThere } from '../../../kernel/processes.js';
import type { Label } from '../../label.js';
import type { FilterOptions } from './filter-options.js';

const KINDS = [
  { name: 'pid', key: 'pids', what: ['process', 'processes'] },
  { name: 'tid', key: 'tids', what: ['thread', 'threads'] },
  { name: 'ppid', key: 'ppids', what: ['process', 'processes'] },
] as const;

/** Throws UsageError if no target of an option exists; if some do, calls back for each that does not. */
export function checkTargets(filters: FilterOptions, label: Label, warn: (line: string) => void): void {
  for (const { name, key, what } of KINDS) {
    const flag = label(name);
    // 0 is the parent of the kernel's first processes.
    const ids = filters[key].filter((id) => id !== 0);
    const missing = ids.filter((id) => !isThere(id));
    for (const id of missing) {
      const line = `${flag} ${id}: no such ${what[0]}`;
      if (missing.length === filters[key].length) throw new UsageError(line);
      warn(line);
    }
    if (key === 'tids') continue;
    for (const id of ids) {
      const { process } = identityOf(id) ?? {};
      if (process !== undefined && process !== id)
        throw new UsageError(`${flag} ${id}: this is a thread of process ${process}; use ${label('tid')} for threads`);
    }
  }
}

/** Detects the end of the last target. */
export class Targets {
  readonly #object: BpfObject;
  readonly #filters: FilterOptions;
  /** As they are now, because ids are reused. */
  readonly #identities: ReadonlyMap<number, Identity | undefined>;
  readonly #grace: number;
  /** By performance.now(). */
  #endedAt: number | undefined;

  /** `object` has the filters of the run, whose events may come `grace` milliseconds after the last target has ended. */
  constructor(object: BpfObject, filters: FilterOptions, grace: number) {
    this.#object = object;
    this.#filters = filters;
    this.#identities = new Map([...filters.tids, ...filters.ppids].map((id) => [id, identityOf(id)]));
    this.#grace = grace;
  }

  /** The notice that all targets have ended; undefined while events may still come. */
  ended(): string | undefined {
    const kind = KINDS.find(({ key }) => this.#filters[key].length > 0 && !this.#isAnyThere(key));
    if (!kind) return undefined;
    this.#endedAt ??= performance.now();
    if (performance.now() < this.#endedAt + this.#grace) return undefined;
    const ids = this.#filters[kind.key];
    const who = ids.length === 1 ? `${kind.what[0]} ${ids[0]} has` : `${kind.what[1]} ${ids.join(', ')} have`;
    return `${who} ended${this.#filters.follow && kind.key === 'pids' ? ', including all descendants' : ''}`;
  }

  #isAnyThere(key: 'pids' | 'tids' | 'ppids'): boolean {
    // BPF programs remove processes that end and add followed ones: src/trace/features/filter/filter.h.
    if (key === 'pids') return hasListed(this.#object);
    return this.#filters[key].some((id) => {
      if (id === 0) return true;
      const before = this.#identities.get(id);
      return isThere(id) && (!before || identityOf(id)?.birth === before.birth);
    });
  }
}

function hasListed({ maps }: BpfObject): boolean {
  for (const key of maps.need('filter_ids').keys()) if ((key as { kind?: unknown }).kind === 'FILTER_PID') return true;
  return false;
}
