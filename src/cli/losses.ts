import type { BpfMap } from '../bpf/map.js';
import type { Loss } from '../output/format.js';

/** The reasons, in the order of enum lost_reason of bpf/include/event.h. */
const COUNTED = ['ring_full', 'not_followed'] as const;

/** Keeps account of what is not in the stream: what the BPF programs count, and records that can't be read. */
export class Losses {
  readonly #map: BpfMap;
  readonly #totals = new Map<Loss['reason'], number>();
  #unreadable = 0;

  /** `map` is `lost` of bpf/include/event.h. */
  constructor(map: BpfMap) {
    this.#map = map;
  }

  /** Counts a record that can't be read. */
  countUnreadable(): void {
    this.#unreadable++;
  }

  /** All that was lost so far, as of the last `take()`. */
  get total(): number {
    return [...this.#totals.values()].reduce((sum, count) => sum + count, 0);
  }

  /** The counts that grew since the last call. */
  take(): Loss[] {
    const losses: Loss[] = [];
    const note = (reason: Loss['reason'], total: number) => {
      const count = total - (this.#totals.get(reason) ?? 0);
      if (count === 0) return;
      this.#totals.set(reason, total);
      losses.push({ reason, count, total });
    };
    COUNTED.forEach((reason, index) => {
      const perCpu = this.#map.get(index) as bigint[];
      note(reason, Number(perCpu.reduce((sum, count) => sum + count, 0n)));
    });
    note('unreadable', this.#unreadable);
    return losses;
  }

  /** What a person should know at the end, a line for each reason. */
  summary(): string[] {
    const advice: Record<Loss['reason'], string> = {
      ring_full: 'events were lost because the ring buffer was full: a larger --buffer or a narrower filter helps',
      not_followed: 'processes could not be followed: there were too many at once',
      unreadable: 'events could not be read: this is a bug in snoopkit',
    };
    return [...this.#totals].map(([reason, total]) => `${total} ${advice[reason]}`);
  }
}
