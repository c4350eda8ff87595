import type { Place } from '../spool/spool.js';

/** A request on its way. */
export interface Batch {
  readonly request: Uint8Array;
  readonly records: number;
  /** Where it lies on disk: then it waits for as long as it takes. */
  place: Place | undefined;
  /** How often it was sent, and had to be sent again. */
  tries: number;
  /** When the first of these tries began that no report has told of, by performance.now() as all times here. */
  began: number | undefined;
  /** When the collector wants to see it again. */
  wanted: number;
  /** By when it must have arrived. */
  deadline: number;
  /** Whether it counts as waiting in the queue. */
  isAside: boolean;
  /** Ends the try that is under way. */
  abort: ((message: string) => void) | undefined;
  /** Whether it is known what became of it. */
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
