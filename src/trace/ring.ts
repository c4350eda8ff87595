import { totalmem } from 'node:os';
import { MapError } from '../bpf/errors.js';
import type { BpfObject, OpenedObject } from '../bpf/object.js';
import { SnoopkitError } from '../errors.js';
import { onlineCpus } from '../kernel/cpus.js';

const MIB = 1 << 20;
const PER_CPU = 8 * MIB;
const SMALLEST = 256 << 10;
/** The smallest ring that the kernel accepts, for an unused one. */
export const SMALLEST_RING = 4096;
const LARGEST = 64 * MIB;
/** Largest share of memory for the ring. */
const SHARE = 1 / 64;

export interface Machine {
  readonly cpus: number;
  /** Bytes that this process may use: of the machine, or the limit of its cgroup. */
  readonly memory: number;
}

const thisMachine = (): Machine => ({
  cpus: onlineCpus(),
  memory: Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
});

/**
 * Ring size for the machine, in bytes: every CPU can produce events, and the reader may not be scheduled for a while.
 * 8 MiB hold the events of one CPU at full speed for about a quarter of a second.
 */
export function fittingRingSize({ cpus, memory }: Machine = thisMachine()): number {
  const wanted = Math.min(cpus * PER_CPU, memory * SHARE, LARGEST);
  return Math.max(SMALLEST, 2 ** Math.floor(Math.log2(wanted)));
}

/** A size in the usual units. */
function sizeText(size: number): string {
  const power = Math.min(3, Math.floor(Math.log2(size) / 10));
  return `${size / 2 ** (10 * power)}${['', 'K', 'M', 'G'][power]}`;
}

/** Loads the object with a ring of this size. Throws SnoopkitError (`ERR_SNOOPKIT_RING`) if the kernel refuses it. */
export function loadWithRing(object: OpenedObject, size: number): BpfObject {
  object.maps.need('events').maxEntries = size;
  try {
    return object.load();
  } catch (error) {
    if (!(error instanceof MapError && error.map === 'events')) throw error;
    // Before 5.11 the limit is RLIMIT_MEMLOCK.
    const remedy = error.errno === 'EPERM' ? 'ulimit -l unlimited, CAP_SYS_RESOURCE or a smaller one' : 'a smaller one';
    throw new SnoopkitError(
      'RING',
      `the kernel refused a ring buffer of ${sizeText(size)} (${error.errno}): use ${remedy}`,
      { cause: error },
    );
  }
}
