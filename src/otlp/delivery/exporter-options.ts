import type { Spool } from '../spool/spool.js';
import type { BatchOptions, Signal, Transport } from '../types.js';
import type { Envelope } from './envelope.js';
import type { ExportReport } from './sender.js';
import type { ReportedCauses } from './troubles.js';

/** Usual limits of collectors: of HTTP, and of gRPC by default, with room for the envelope. In bytes. */
export const MAX_REQUEST = 64 << 20;
export const BATCH_BYTES = 3 << 20;
export const QUEUE_BYTES = 64 << 20;

/** Longest wait, in milliseconds, that a collector may demand. Meanwhile, records that find no room are dropped. */
export const LONGEST_WAIT = 300_000;

export interface ExporterOptions {
  readonly signal: Signal;
  readonly envelope: Envelope;
  /** Owned by the exporter, which closes it. */
  readonly transport: Transport;
  readonly batch: BatchOptions;
  /** Time limit of a batch with all its attempts, in milliseconds. */
  readonly timeout: number;
  /** Longest wait that a collector may demand, in milliseconds. Default: five minutes. */
  readonly longestWait?: number;
  readonly spool?: Spool | undefined;
  /** Maximum number of concurrent requests. Default: one. */
  readonly parallel?: number;
  /** Maximum size of a request before compression, in bytes. A record that does not fit is dropped. */
  readonly maxRequest?: number;
  /** Size in bytes at which a batch is sent even if its records are few; maximum size of the queue. */
  readonly batchBytes?: number;
  readonly queueBytes?: number;
  readonly random?: () => number;
  /** Receives a line for the user. */
  readonly onTrouble?: (text: string) => void;
  /** Reported problems of the collector, shared by exporters to the same one. */
  readonly causes?: ReportedCauses;
  /** Called at the end of each export, after its last attempt. */
  readonly onExport?: (report: ExportReport) => void;
}
