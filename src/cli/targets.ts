/** The processes and threads that --pid, --tid and --ppid name: they must be there, and the run ends with the last. */
import type { BpfObject } from '../bpf/object.js';
import { UsageError } from '../errors.js';
import { type Identity, identityOf, isThere } from '../kernel/processes.js';
import type { FilterOptions } from './options.js';

/** How long sockets may outlive their process, which are still its own. */
const SOCKETS_MS = 1000;

const KINDS = [
  { flag: '--pid', key: 'pids', what: ['process', 'processes'] },
  { flag: '--tid', key: 'tids', what: ['thread', 'threads'] },
  { flag: '--ppid', key: 'ppids', what: ['process', 'processes'] },
] as const;

/** Throws UsageError where none is there of those that a flag names; calls back for each that is not, where others are. */
export function checkTargets(filters: FilterOptions, tell: (line: string) => void): void {
  for (const { flag, key, what } of KINDS) {
    // 0 stands for the parent of what the kernel has begun with.
    const ids = filters[key].filter((id) => id !== 0);
    const missing = ids.filter((id) => !isThere(id));
    for (const id of missing) {
      const line = `${flag} ${id}: there is no such ${what[0]}`;
      if (missing.length === filters[key].length) throw new UsageError(line);
      tell(line);
    }
    if (key === 'tids') continue;
    for (const id of ids) {
      const { process } = identityOf(id) ?? {};
      if (process !== undefined && process !== id)
        throw new UsageError(`${flag} ${id}: that is a thread of process ${process}: --tid takes threads`);
    }
  }
}

/** Sees when the last one ends. */
export class Targets {
  readonly #object: BpfObject;
  readonly #filters: FilterOptions;
  /** As they are now, for ids recur. */
  readonly #identities: ReadonlyMap<number, Identity | undefined>;
  readonly #grace: number;
  /** By performance.now(). */
  #endedAt: number | undefined;

  /** Of a run whose filters are at work in `object`; `hasSockets` for a tool that looks at these. */
  constructor(object: BpfObject, filters: FilterOptions, hasSockets: boolean) {
    this.#object = object;
    this.#filters = filters;
    this.#identities = new Map([...filters.tids, ...filters.ppids].map((id) => [id, identityOf(id)]));
    this.#grace = hasSockets ? SOCKETS_MS : 0;
  }

  /** What is told when nothing can come any more; undefined as long as something may. */
  ended(): string | undefined {
    const kind = KINDS.find(({ key }) => this.#filters[key].length > 0 && !this.#isAnyThere(key));
    if (!kind) return undefined;
    this.#endedAt ??= performance.now();
    if (performance.now() < this.#endedAt + this.#grace) return undefined;
    const ids = this.#filters[kind.key];
    const who = ids.length === 1 ? `${kind.what[0]} ${ids[0]} has` : `${kind.what[1]} ${ids.join(', ')} have`;
    return `${who} ended${this.#filters.follow && kind.key === 'pids' ? ', with all that it followed' : ''}`;
  }

  #isAnyThere(key: 'pids' | 'tids' | 'ppids'): boolean {
    // The kernel forgets processes as they end, and knows those that are followed: bpf/include/filter.h.
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
