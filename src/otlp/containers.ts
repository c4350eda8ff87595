/** Container and pod of an event, as attributes of its record or as its resource. */
import type { Column, EventRecord } from '../events/column.js';
import { type Container, containerOf, containerOfProcess, hasOldHierarchies } from '../kernel/containers.js';
import type { Part } from '../output/memo.js';
import { constantAttributes } from './attributes.js';
import { encodeResource } from './resource.js';
import { oncePerTurn } from './turn.js';
import type { RecordResource } from './types.js';
import { type KeyValue, keyValue } from './values.js';

/** Lifetime of a cached container of a process: a process may move to another cgroup, and its pid may be reused. */
const FRESH_MS = 1000;
/** Maximum number of cached processes or paths. */
const MOST = 4096;

export type FindContainer = (record: EventRecord) => Container | undefined;

function named({ id, runtime, podUid, user }: Container): Record<string, string> {
  return {
    'container.id': id,
    ...(runtime !== undefined && { 'container.runtime.name': runtime }),
    ...(podUid !== undefined && { 'k8s.pod.uid': podUid }),
    // The user who could have forged the other attributes.
    ...(user !== undefined && { 'snoopkit.container.delegated_to': user }),
  };
}

/** Caches results by key, the MOST latest ones. */
function cached<K, V>(make: (key: K) => V): (key: K) => V {
  const known = new Map<K, { readonly value: V }>();
  return (key) => {
    const last = known.get(key);
    if (last) return last.value;
    if (known.size >= MOST) known.clear();
    const value = make(key);
    known.set(key, { value });
    return value;
  };
}

/** Finds the container in /proc. The last result is kept for a process that has ended. */
function findByProcess(pid: Column): FindContainer {
  const known = new Map<number, { readonly container: Container | undefined; readonly until: number }>();
  let now = 0;
  const look = oncePerTurn(() => {
    now = performance.now();
  });
  return (record) => {
    look();
    const id = Number(pid.value(record));
    const last = known.get(id);
    if (last && now < last.until) return last.container;
    const found = containerOfProcess(id);
    const container = found === 'gone' ? last?.container : found;
    if (known.size >= MOST) known.clear();
    known.set(id, { container, until: now + FRESH_MS });
    return container;
  };
}

/**
 * Finds the container by the event's cgroup. Consecutive events mostly share one, which skips the lookup of the path.
 */
function findByCgroup(cgroup: Column): FindContainer {
  const ofPath = cached(containerOf);
  const at = cgroup.dependsOn?.size === 8 ? cgroup.dependsOn.offset : undefined;
  let last: { readonly low: number; readonly high: number; readonly container: Container | undefined } | undefined;
  return (record) => {
    const low = at === undefined ? 0 : record.view.getUint32(record.offset + at, true);
    const high = at === undefined ? 0 : record.view.getUint32(record.offset + at + 4, true);
    if (at !== undefined && last?.low === low && last.high === high) return last.container;
    const path = cgroup.value(record);
    // The path may become known later.
    if (typeof path !== 'string') return undefined;
    last = { low, high, container: ofPath(path) };
    return last.container;
  };
}

/**
 * Finds an event's container by its `cgroup`, recorded in the kernel at the time of the event; undefined for events
 * without the necessary columns. With cgroup v1, the container may be in another hierarchy, known only from /proc, by
 * the event's `pid`.
 */
export function findContainer(columns: readonly Column[]): FindContainer | undefined {
  const find = (name: string) => columns.find((column) => column.name === name);
  const [cgroup, pid] = [find('cgroup'), find('pid')];
  const byProcess = pid && (cgroup === undefined || hasOldHierarchies()) ? findByProcess(pid) : undefined;
  if (!cgroup) return byProcess;
  const ofCgroup = findByCgroup(cgroup);
  return byProcess ? (record) => ofCgroup(record) ?? byProcess(record) : ofCgroup;
}

/**
 * Encodes the attributes of an event's container from its record. `dependsOn` is the range of bytes that determines
 * them, or undefined if there is more to it.
 */
export function containerPart(
  columns: readonly Column[],
  valueLength = Number.POSITIVE_INFINITY,
):
  | { readonly part: Part; readonly dependsOn: Column['dependsOn']; readonly isPassing: Column['isPassing'] }
  | undefined {
  const find = findContainer(columns);
  if (!find) return undefined;
  const encoded = new WeakMap<Container, Uint8Array>();
  const part: Part = (record, out) => {
    const container = find(record);
    if (!container) return;
    let bytes = encoded.get(container);
    if (!bytes) {
      bytes = constantAttributes(named(container), valueLength);
      encoded.set(container, bytes);
    }
    out.append(bytes);
  };
  const cgroup = columns.find(({ name }) => name === 'cgroup');
  return { part, dependsOn: hasOldHierarchies() ? undefined : cgroup?.dependsOn, isPassing: cgroup?.isPassing };
}

/** A record's container, as attributes or as a resource. */
export interface Identity {
  readonly attributes: readonly KeyValue[];
  readonly resource: RecordResource | undefined;
}

const NOBODY: Identity = { attributes: [], resource: undefined };

/** Identities of a run's containers, each created once. */
export class ContainerIdentities {
  /** Whether each container has a resource of its own. */
  readonly isByResource: boolean;
  /** Attributes of the common resource, repeated in those of containers. Set before the first event. */
  base: readonly KeyValue[] = [];
  readonly #made = new WeakMap<Container, Identity>();

  constructor(isByResource: boolean) {
    this.isByResource = isByResource;
  }

  of(container: Container | undefined): Identity {
    if (!container) return NOBODY;
    let identity = this.#made.get(container);
    if (!identity) {
      identity = this.#make(container);
      this.#made.set(container, identity);
    }
    return identity;
  }

  /** Identity of a running process's container; `self` is snoopkit's own. */
  ofProcess(pid: number | 'self'): Identity {
    const container = containerOfProcess(pid);
    return container === 'gone' ? NOBODY : this.of(container);
  }

  #make(container: Container): Identity {
    const names = named(container);
    const attributes = Object.entries(names).map(([key, value]) => keyValue(key, value));
    if (!this.isByResource) return { attributes, resource: undefined };
    const others = this.base.filter(({ key }) => !Object.hasOwn(names, key));
    return {
      attributes: [],
      resource: { key: JSON.stringify(names), bytes: encodeResource([...others, ...attributes]) },
    };
  }
}
