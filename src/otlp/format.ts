import type { EventRecord } from '../events/column.js';
import { OutputBuffer } from '../events/output-buffer.js';
import type { Rows } from '../events/rows.js';
import type { LogEncoder, LostRecord } from './log-encoder.js';
import { oncePerTurn } from './turn.js';
import type { RecordResource } from './types.js';

/** Receivers of events, rows and losses. Log records are encoded as fields of ScopeLogs. */
export interface OtlpParts {
  /** Undefined if no log records are exported. */
  readonly logs:
    | {
        readonly encoder: LogEncoder;
        add(bytes: Uint8Array, start: number, end: number, resource?: RecordResource): void;
        /** The event's own resource; undefined for the common one. */
        resourceOf?(record: EventRecord): RecordResource | undefined;
        /** The span that an event belongs to, as fields of its record. */
        contextOf?(record: EventRecord): Uint8Array | undefined;
      }
    | undefined;
  readonly spans: { event(record: EventRecord): void } | undefined;
  /** Exports rows of aggregates. */
  readonly tally: ((rows: Rows) => void) | undefined;
  /** The time of day in nanoseconds since 1970. */
  readonly now: () => bigint;
}

/** Passes events to the exporters. */
export class OtlpFormat {
  readonly #parts: OtlpParts;
  readonly #out = new OutputBuffer();
  /** One look at the clock serves all events of a batch, which are read at nearly the same time. */
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
