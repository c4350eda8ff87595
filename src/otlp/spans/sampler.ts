/** Which traces are exported: the samplers of the specification (trace/sdk.md), which a trace's id and its parent decide. */
import { RANDOM, SAMPLED, type SpanContext } from './trace-context.js';

/** What OTEL_TRACES_SAMPLER and its argument say. */
export interface Sampling {
  /** Of the traces that begin here, this part: from 0 to 1. */
  readonly ratio: number;
  /** A trace that began elsewhere is as that says. */
  readonly isParentBased: boolean;
}

export const ALL: Sampling = { ratio: 1, isParentBased: true };

const BITS = 48;
const FIRST_BYTE = 9;

/** The flags of a span of a trace, by what it is below of others, if anything: the same for all that are of one trace. */
export type FlagsOf = (traceId: Uint8Array, parent: SpanContext | undefined) => number;

export function sampler({ ratio, isParentBased }: Sampling): FlagsOf {
  // The last bytes are random, if any are. Those with high numbers are taken, as consistent samplers do: so who takes fewer
  // takes none that others leave out.
  const isTaken = (traceId: Uint8Array) => {
    const bytes = Buffer.from(traceId.buffer, traceId.byteOffset, traceId.length);
    return bytes.readUIntBE(FIRST_BYTE, BITS / 8) / 2 ** BITS >= 1 - ratio;
  };
  return (traceId, parent) => {
    if (parent && isParentBased) return parent.flags;
    return (parent ? parent.flags & RANDOM : RANDOM) | (isTaken(traceId) ? SAMPLED : 0);
  };
}
