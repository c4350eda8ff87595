/** The container and the pod of what did something, as attributes of its records, or as their resource. */
import type { Column, EventRecord } from '../events/column.js';
import { type Container, containerOf, containerOfProcess, hasOldHierarchies } from '../kernel/containers.js';
import type { Part } from '../output/memo.js';
import { constantAttributes } from './attributes.js';
import { encodeResource } from './resource.js';
import { oncePerTurn } from './turn.js';
import type { RecordResource } from './types.js';
import { type KeyValue, keyValue } from './values.js';

/** A process may move to another cgroup, and its number may become that of another one: it is looked at again then. */
const FRESH_MS = 1000;
/** Processes, or paths, that are remembered. */
const MOST = 4096;

export type FindContainer = (record: EventRecord) => Container | undefined;

function named({ id, runtime, podUid, user }: Container): Record<string, string> {
  return {
    'container.id': id,
    ...(runtime !== undefined && { 'container.runtime.name': runtime }),
    ...(podUid !== undefined && { 'k8s.pod.uid': podUid }),
    // Who could have made up the rest.
    ...(user !== undefined && { 'snoopkit.container.delegated_to': user }),
  };
}

/** Remembers what was made of a key, for a while. */
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

/** By what /proc says of a process now; of one that has ended what was known of it holds. */
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

/** By an event's cgroup: mostly that of the one before, without a look at its path. */
function findByCgroup(cgroup: Column): FindContainer {
  const ofPath = cached(containerOf);
  const at = cgroup.dependsOn?.size === 8 ? cgroup.dependsOn.offset : undefined;
  let last: { readonly low: number; readonly high: number; readonly container: Container | undefined } | undefined;
  return (record) => {
    const low = at === undefined ? 0 : record.view.getUint32(record.offset + at, true);
    const high = at === undefined ? 0 : record.view.getUint32(record.offset + at + 4, true);
    if (at !== undefined && last?.low === low && last.high === high) return last.container;
    const path = cgroup.value(record);
    // It may be known later.
    if (typeof path !== 'string') return undefined;
    last = { low, high, container: ofPath(path) };
    return last.container;
  };
}

/**
 * By the event's `cgroup`, of which the kernel took note as it happened; undefined for events that have none of what is
 * needed. With cgroup v1 a container may be in other hierarchies, of which only /proc tells, by the event's `pid`.
 */
export function findContainer(columns: readonly Column[]): FindContainer | undefined {
  const find = (name: string) => columns.find((column) => column.name === name);
  const [cgroup, pid] = [find('cgroup'), find('pid')];
  const byProcess = pid && (cgroup === undefined || hasOldHierarchies()) ? findByProcess(pid) : undefined;
  if (!cgroup) return byProcess;
  const ofCgroup = findByCgroup(cgroup);
  return byProcess ? (record) => ofCgroup(record) ?? byProcess(record) : ofCgroup;
}

/** The attributes of an event's container, straight from its record, and which of the record's bytes decide on them, if these alone do. */
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

/** Where a record says its container: in its attributes, or by its resource. */
export interface Identity {
  readonly attributes: readonly KeyValue[];
  readonly resource: RecordResource | undefined;
}

const NOBODY: Identity = { attributes: [], resource: undefined };

/** How containers are told in a run. */
export class ContainerIdentities {
  /** Whether each container has a resource of its own. */
  readonly isByResource: boolean;
  /** The attributes of the resource of all, which those of containers have, too: to be set before the first event. */
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

  /** The same of a process that runs: ours by `self`. */
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
