import type { BpfObject } from '../bpf/object.js';
import { counted } from '../counted.js';
import type { Loss } from '../output/format.js';

/** The reasons, in the order of enum lost_reason of bpf/include/event.h. */
export const COUNTED = ['ring_full', 'not_followed', 'not_kept'] as const;

/** struct lost_counts of bpf/include/event.h, by CPU. */
export type LostCounts = readonly { readonly by_reason: readonly bigint[] }[];

/** What a person is told of one, or of many, and why. */
const ADVICE: Record<Loss['reason'], readonly [one: string, many: string, text: string]> = {
  ring_full: [
    'event was',
    'events were',
    'lost because the ring buffer was full: a larger --buffer or a narrower filter helps',
  ],
  not_followed: ['process', 'processes', 'could not be followed: there were too many at once'],
  not_kept: [
    'time',
    'times',
    'there was no room for what should be remembered, since there was too much at once: what depends on it is missing',
  ],
  skipped: [
    'time',
    'times',
    'the kernel did not run a program, for one was running on that CPU already: as many events at most are missing',
  ],
  unreadable: ['event', 'events', 'could not be read: this is a bug in snoopkit'],
};

/** Keeps account of what is not in the stream: what the BPF programs count, and records that can't be read. */
export class Losses {
  readonly #counts: () => LostCounts;
  readonly #misses: () => number;
  readonly #totals = new Map<Loss['reason'], number>();
  #unreadable = 0;
  #notKept = 0;

  /** `counts` gives what the programs counted; `misses` how often one was not run when it should have been. */
  constructor(counts: () => LostCounts, misses: () => number) {
    this.#counts = counts;
    this.#misses = misses;
  }

  /** Those of a tool at work. */
  static of({ globals, programs }: BpfObject): Losses {
    const lost = globals.need('lost');
    const loaded = [...programs.values()].filter(({ autoload }) => autoload);
    return new Losses(
      () => lost.get() as unknown as LostCounts,
      () => loaded.reduce((sum, { misses }) => sum + misses, 0),
    );
  }

  /** Counts a record that can't be read. */
  countUnreadable(): void {
    this.#unreadable++;
  }

  /** Counts rows for which we had no room. */
  countNotKept(rows: number): void {
    this.#notKept += rows;
  }

  /** All that was lost so far, as of the last `take()`. */
  get total(): number {
    return [...this.#totals.values()].reduce((sum, count) => sum + count, 0);
  }

  /** The same by reason. */
  get totals(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#totals);
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
    const counts = this.#counts();
    COUNTED.forEach((reason, index) => {
      const counted = Number(counts.reduce((sum, { by_reason }) => sum + (by_reason[index] ?? 0n), 0n));
      note(reason, reason === 'not_kept' ? counted + this.#notKept : counted);
    });
    note('skipped', this.#misses());
    note('unreadable', this.#unreadable);
    return losses;
  }

  /** What a person should know at the end, a line for each reason. */
  summary(): string[] {
    return [...this.#totals].map(([reason, total]) => {
      const [one, many, text] = ADVICE[reason];
      return `${counted(total, one, many)} ${text}`;
    });
  }
}
