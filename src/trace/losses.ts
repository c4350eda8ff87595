import type { BpfObject } from '../bpf/object.js';
import { type Btf, enumNumbers } from '../btf/index.js';
import { counted } from '../counted.js';
import type { Loss } from '../output/format.js';
import type { Label } from './label.js';

/** Reasons that the programs count: enum lost_reason of bpf/include/event.h. */
export const COUNTED = ['ring_full', 'not_followed', 'not_kept'] as const;

/** Index of each reason in `by_reason`. */
export type LostReasons = Readonly<Record<(typeof COUNTED)[number], number>>;

/** struct lost_counts of bpf/include/event.h, by CPU. */
export type LostCounts = readonly { readonly by_reason: readonly bigint[] }[];

/** The text of the summary line, for one and for several. */
type Advice = readonly [one: string, many: string, text: string];

const adviceBy = (label: Label): Record<Loss['reason'], Advice> => ({
  ring_full: ['event', 'events', `lost, ring buffer full: use a larger ${label('buffer')} or a narrower filter`],
  not_followed: ['process', 'processes', 'not followed: too many at once'],
  not_kept: ['entry', 'entries', 'not stored, maps full: data that depends on them is missing'],
  skipped: [
    'program run',
    'program runs',
    'skipped by the kernel, a program was already running on that CPU: at most as many events are missing',
  ],
  unreadable: ['event', 'events', 'unreadable: this is a bug in snoopkit'],
});

/** Looks the reasons up in an object's BTF. Throws BtfError when one is missing. */
export function lostReasons(btf: Btf): LostReasons {
  const { LOST_RING_FULL, LOST_NOT_FOLLOWED, LOST_NOT_KEPT } = enumNumbers(btf, 'lost_reason', [
    'LOST_RING_FULL',
    'LOST_NOT_FOLLOWED',
    'LOST_NOT_KEPT',
  ]);
  return { ring_full: LOST_RING_FULL, not_followed: LOST_NOT_FOLLOWED, not_kept: LOST_NOT_KEPT };
}

/** Counts what is missing from the stream: losses counted by the BPF programs, and unreadable records. */
export class Losses {
  readonly #reasons: LostReasons;
  readonly #counts: () => LostCounts;
  readonly #misses: () => number;
  readonly #totals = new Map<Loss['reason'], number>();
  #unreadable = 0;
  #notKept = 0;

  /** `reasons` says where `counts` has each of them; `counts` returns the counts of the programs; `misses` how often the kernel skipped one. */
  constructor(reasons: LostReasons, counts: () => LostCounts, misses: () => number) {
    this.#reasons = reasons;
    this.#counts = counts;
    this.#misses = misses;
  }

  /** The losses of a loaded tool. */
  static of({ btf, globals, programs }: BpfObject): Losses {
    const lost = globals.need('lost');
    const loaded = [...programs.values()];
    return new Losses(
      lostReasons(btf),
      () => lost.get() as unknown as LostCounts,
      () => loaded.reduce((sum, { misses }) => sum + misses, 0),
    );
  }

  /** Counts an unreadable record. */
  countUnreadable(): void {
    this.#unreadable++;
  }

  /** Counts rows that user space had no room for. */
  countNotKept(rows: number): void {
    this.#notKept += rows;
  }

  /** Total losses as of the last `take()`. */
  get total(): number {
    return [...this.#totals.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Total losses by reason. */
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
    for (const reason of COUNTED) {
      const index = this.#reasons[reason];
      const counted = Number(counts.reduce((sum, { by_reason }) => sum + (by_reason[index] ?? 0n), 0n));
      note(reason, reason === 'not_kept' ? counted + this.#notKept : counted);
    }
    note('skipped', this.#misses());
    note('unreadable', this.#unreadable);
    return losses;
  }

  /** Summary at the end of a run, a line per reason. */
  summary(label: Label): string[] {
    const advice = adviceBy(label);
    return [...this.#totals].map(([reason, total]) => {
      const [one, many, text] = advice[reason];
      return `${counted(total, one, many)} ${text}`;
    });
  }
}
