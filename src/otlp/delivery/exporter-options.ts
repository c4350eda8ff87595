import type { Spool } from '../spool/spool.js';
import type { BatchOptions, Signal, Transport } from '../types.js';
import type { Envelope } from './envelope.js';
import type { ExportReport } from './sender.js';
import type { ToldCauses } from './troubles.js';

/** What collectors take by HTTP, and what they take by gRPC unless told otherwise, with room for the envelope. */
export const MAX_REQUEST = 64 << 20;
export const BATCH_BYTES = 3 << 20;
export const QUEUE_BYTES = 64 << 20;

/** A collector may ask for any time, by mistake or not, and meanwhile all is lost that finds no room. */
export const LONGEST_WAIT = 300_000;

export interface ExporterOptions {
  readonly signal: Signal;
  readonly envelope: Envelope;
  /** Belongs to the exporter, which closes it. */
  readonly transport: Transport;
  readonly batch: BatchOptions;
  /** Milliseconds that a batch may take with all its tries: that of the route. */
  readonly timeout: number;
  /** Milliseconds that a collector may have a batch wait: five minutes, unless told otherwise. */
  readonly longestWait?: number;
  readonly spool?: Spool | undefined;
  /** Requests that are under way at once: one, unless more are asked for. */
  readonly parallel?: number;
  /** Bytes that a request has at the most, before compression; a record that does not fit is dropped. */
  readonly maxRequest?: number;
  /** Bytes of records that make a request even if they are few, and that wait at the most. */
  readonly batchBytes?: number;
  readonly queueBytes?: number;
  readonly random?: () => number;
  /** Told what a person should know, in a line. */
  readonly onTrouble?: (text: string) => void;
  /** What was told of the collector, also by exporters that have the same one. */
  readonly causes?: ToldCauses;
  /** Told of every export when it is over, with all its tries. */
  readonly onExport?: (report: ExportReport) => void;
}
