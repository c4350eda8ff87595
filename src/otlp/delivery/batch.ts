import type { Place } from '../spool/spool.js';

/** A request in delivery. All times are those of performance.now(). */
export interface Batch {
  readonly request: Uint8Array;
  readonly records: number;
  /** Its place on disk. A batch on disk has no deadline. */
  place: Place | undefined;
  /** Number of attempts so far. */
  tries: number;
  /** Start of the first attempt that is not reported yet. */
  began: number | undefined;
  /** Earliest time of a retry, set by the collector. */
  wanted: number;
  /** Time by which it must be delivered. */
  deadline: number;
  /** Whether it counts as waiting in the queue. */
  isAside: boolean;
  /** Aborts the attempt in progress. */
  abort: ((message: string) => void) | undefined;
  /** Whether its result is final. */
  isSettled: boolean;
}

export function makeBatch(request: Uint8Array, records: number, place?: Place): Batch {
  return {
    request,
    records,
    place,
    tries: 0,
    began: undefined,
    wanted: 0,
    deadline: Number.NaN,
    isAside: false,
    abort: undefined,
    isSettled: false,
  };
}
