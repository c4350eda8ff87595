import type { EventRecord } from '../events/column.js';
import { OutputBuffer } from '../events/output-buffer.js';
import type { Rows } from '../events/rows.js';
import type { LogEncoder, LostRecord } from './log-encoder.js';
import { oncePerTurn } from './turn.js';
import type { RecordResource } from './types.js';

/** Where events go, each encoded as it stands in its scope's message. */
export interface OtlpParts {
  /** Undefined where no log records are sent. */
  readonly logs:
    | {
        readonly encoder: LogEncoder;
        add(bytes: Uint8Array, start: number, end: number, resource?: RecordResource): void;
        /** Whose an event is, where that is not the resource of all. */
        resourceOf?(record: EventRecord): RecordResource | undefined;
        /** The span that an event belongs to, as fields of its record. */
        contextOf?(record: EventRecord): Uint8Array | undefined;
      }
    | undefined;
  readonly spans: { event(record: EventRecord): void } | undefined;
  /** What rows become that are added up in the kernel. */
  readonly tally: ((rows: Rows) => void) | undefined;
  /** The time of day in nanoseconds since 1970. */
  readonly now: () => bigint;
}

/** Hands events on to exporters. */
export class OtlpFormat {
  readonly #parts: OtlpParts;
  readonly #out = new OutputBuffer();
  /** All events of a batch are read at the same moment, more or less: one look at the clock is enough. */
  readonly #look = oncePerTurn(() => this.#parts.logs?.encoder.setObserved(this.#parts.now()));
  events = 0;

  constructor(parts: OtlpParts) {
    this.#parts = parts;
  }

  event(record: EventRecord): void {
    const { logs, spans } = this.#parts;
    if (spans) spans.event(record);
    else if (logs) {
      this.#look();
      this.#out.length = 0;
      logs.encoder.event(record, this.#out, logs.contextOf?.(record));
      logs.add(this.#out.bytes, 0, this.#out.length, logs.resourceOf?.(record));
    }
    this.events++;
  }

  tally(rows: Rows): void {
    this.#parts.tally?.(rows);
    this.events += rows.count;
  }

  lost(loss: LostRecord): void {
    const { logs } = this.#parts;
    if (!logs) return;
    this.#look();
    this.#out.length = 0;
    logs.encoder.lost(loss, this.#out);
    logs.add(this.#out.bytes, 0, this.#out.length);
  }
}
