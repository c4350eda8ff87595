import { totalmem } from 'node:os';
import { MapError } from '../bpf/errors.js';
import type { BpfObject } from '../bpf/object.js';
import { SnoopkitError } from '../errors.js';
import { onlineCpus } from '../kernel/cpus.js';

const MIB = 1 << 20;
const PER_CPU = 8 * MIB;
const SMALLEST = 256 << 10;
/** The smallest that the kernel takes, for what is not used. */
export const SMALLEST_RING = 4096;
const LARGEST = 64 * MIB;
/** The part of the memory that the ring may take. */
const SHARE = 1 / 64;

export interface Machine {
  readonly cpus: number;
  /** Bytes that this process may use: those of the machine, or what its cgroup allows. */
  readonly memory: number;
}

const thisMachine = (): Machine => ({
  cpus: onlineCpus(),
  memory: Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
});

/**
 * Bytes of a ring that suits the machine: each CPU can produce events, and the reader may be kept from its own for a
 * while. 8 MiB hold what one CPU does at full speed in about a quarter of a second.
 */
export function fittingRingSize({ cpus, memory }: Machine = thisMachine()): number {
  const wanted = Math.min(cpus * PER_CPU, memory * SHARE, LARGEST);
  return Math.max(SMALLEST, 2 ** Math.floor(Math.log2(wanted)));
}

/** A size as --buffer takes it. */
function sizeText(size: number): string {
  const power = Math.min(3, Math.floor(Math.log2(size) / 10));
  return `${size / 2 ** (10 * power)}${['', 'K', 'M', 'G'][power]}`;
}

/** Loads the object with a ring of this size. Throws SnoopkitError when the kernel refuses it. */
export function loadWithRing(object: BpfObject, size: number): void {
  object.maps.need('events').maxEntries = size;
  try {
    object.load();
  } catch (error) {
    if (!(error instanceof MapError && error.map === 'events')) throw error;
    // Before 5.11 it is the limit of locked memory that refuses one.
    const remedy =
      error.errno === 'EPERM' ? 'ulimit -l unlimited, CAP_SYS_RESOURCE, or a smaller --buffer' : 'a smaller --buffer';
    throw new SnoopkitError(
      'RING',
      `the kernel refuses a ring buffer of ${sizeText(size)} (${error.errno}): give ${remedy}`,
      { cause: error },
    );
  }
}
