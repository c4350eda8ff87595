/** Samplers of the specification (trace/sdk.md), based on a trace's ID and its parent. */
import { RANDOM, SAMPLED, type SpanContext } from './trace-context.js';

/** OTEL_TRACES_SAMPLER and its argument. */
export interface Sampling {
  /** The ratio of sampled traces, 0 to 1, for traces that begin here. */
  readonly ratio: number;
  /** Whether traces that began elsewhere keep their decision. */
  readonly isParentBased: boolean;
}

export const ALL: Sampling = { ratio: 1, isParentBased: true };

const BITS = 48;
const FIRST_BYTE = 9;

/** Trace flags of a span by its trace and its remote parent, if any. All spans of a trace have the same ones. */
export type FlagsOf = (traceId: Uint8Array, parent: SpanContext | undefined) => number;

export function sampler({ ratio, isParentBased }: Sampling): FlagsOf {
  // The last bytes are random, if any are. High numbers are sampled, as consistent samplers do: a lower ratio selects a
  // subset of a higher one.
  const isTaken = (traceId: Uint8Array) => {
    const bytes = Buffer.from(traceId.buffer, traceId.byteOffset, traceId.length);
    return bytes.readUIntBE(FIRST_BYTE, BITS / 8) / 2 ** BITS >= 1 - ratio;
  };
  return (traceId, parent) => {
    if (parent && isParentBased) return parent.flags;
    return (parent ? parent.flags & RANDOM : RANDOM) | (isTaken(traceId) ? SAMPLED : 0);
  };
}
