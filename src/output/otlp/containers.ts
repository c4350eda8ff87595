/** The container and the pod of a traced process, as attributes of its records: one tracer sees many of them. */
import { readFileSync } from 'node:fs';
import type { Column, EventRecord } from '../../events/column.js';
import type { OutputBuffer } from '../../events/output-buffer.js';
import { containerOf } from '../../kernel/containers.js';
import type { Part } from '../memo.js';
import { constantAttributes } from './attributes.js';
import { oncePerTurn } from './turn.js';

/** A process may move to another cgroup, and its number may become that of another one: it is looked at again then. */
const FRESH_MS = 1000;
/** Processes that are remembered. */
const MOST = 4096;
const NOTHING = new Uint8Array();

interface Known {
  readonly attributes: Uint8Array;
  readonly until: number;
}

/** The attributes of what runs in a cgroup, encoded. */
function attributesOf(path: string, most: number): Uint8Array {
  const container = containerOf(path);
  if (!container) return NOTHING;
  const { id, runtime, podUid } = container;
  return constantAttributes(
    {
      'container.id': id,
      ...(runtime !== undefined && { 'container.runtime.name': runtime }),
      ...(podUid !== undefined && { 'k8s.pod.uid': podUid }),
    },
    most,
  );
}

/** The same of a process that runs: undefined when it has ended. */
function attributesOfProcess(pid: number, most: number): Uint8Array | undefined {
  let lines: string;
  try {
    lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  } catch {
    return undefined;
  }
  // A line for each hierarchy: `0::/path`, and with cgroup v1 others, of which any may be the one that tells.
  const paths = lines.split('\n').map((line) => line.split(':').slice(2).join(':'));
  return attributesOf(paths.find((path) => containerOf(path)) ?? '', most);
}

/** By the event's `cgroup`, else by what /proc says of its `pid`; undefined for events that have neither. */
export function containerPart(columns: readonly Column[], most = Number.POSITIVE_INFINITY): Part | undefined {
  const find = (name: string) => columns.find((column) => column.name === name);
  const [cgroup, pid] = [find('cgroup'), find('pid')];
  const known = new Map<string | number, Known>();
  let now = 0;
  const look = oncePerTurn(() => {
    now = performance.now();
  });
  const remember = (key: string | number, attributes: Uint8Array): Uint8Array => {
    if (known.size >= MOST) known.clear();
    known.set(key, { attributes, until: now + FRESH_MS });
    return attributes;
  };
  const ofPath = (path: string) => known.get(path)?.attributes ?? remember(path, attributesOf(path, most));
  const ofProcess = (id: number) => {
    const last = known.get(id);
    if (last && now < last.until) return last.attributes;
    // Of one that has ended what was known of it holds.
    return remember(id, attributesOfProcess(id, most) ?? last?.attributes ?? NOTHING);
  };
  if (!cgroup && !pid) return undefined;
  return (record: EventRecord, out: OutputBuffer) => {
    look();
    const path = cgroup?.value(record);
    if (typeof path === 'string') out.append(ofPath(path));
    else if (pid) out.append(ofProcess(Number(pid.value(record))));
  };
}
