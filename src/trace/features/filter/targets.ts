/** Processes and threads to trace, by pid, tid or ppid: they must exist, and the run ends with the last of them. */
import type { BpfObject } from '../../../bpf/object.js';
import { UsageError } from '../../../errors.js';
import { type Identity, identityOf, isThere } from '../../../kernel/processes.js';
import type { FilterOptions } from './filter-options.js';

/** How long to wait for events of sockets that outlive their process. */
const SOCKETS_MS = 1000;

const KINDS = [
  { name: 'pid', key: 'pids', what: ['process', 'processes'] },
  { name: 'tid', key: 'tids', what: ['thread', 'threads'] },
  { name: 'ppid', key: 'ppids', what: ['process', 'processes'] },
] as const;

/** Throws UsageError if no target of a kind exists; if some do, calls back for each that does not. */
export function checkTargets(filters: FilterOptions, tell: (line: string) => void): void {
  for (const { name, key, what } of KINDS) {
    // 0 is the parent of the kernel's first processes.
    const ids = filters[key].filter((id) => id !== 0);
    const missing = ids.filter((id) => !isThere(id));
    for (const id of missing) {
      const line = `${name} ${id}: no such ${what[0]}`;
      if (missing.length === filters[key].length) throw new UsageError(line);
      tell(line);
    }
    if (key === 'tids') continue;
    for (const id of ids) {
      const { process } = identityOf(id) ?? {};
      if (process !== undefined && process !== id)
        throw new UsageError(`${name} ${id}: this is a thread of process ${process}; give threads by tid`);
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

  /** `object` has the filters of the run; `hasSockets` for a tool that traces sockets. */
  constructor(object: BpfObject, filters: FilterOptions, hasSockets: boolean) {
    this.#object = object;
    this.#filters = filters;
    this.#identities = new Map([...filters.tids, ...filters.ppids].map((id) => [id, identityOf(id)]));
    this.#grace = hasSockets ? SOCKETS_MS : 0;
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
    // BPF programs remove processes that end and add followed ones: bpf/include/filter.h.
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
