import { counted } from '../../counted.js';
import { NOUNS, type Signal } from '../types.js';

/** Why a record was dropped instead of delivered. */
export const DROP_REASONS = {
  queue_full: 'queue full',
  too_large: 'larger than a request may be',
  refused: 'refused by the collector',
  timeout: 'not accepted by the collector in time',
  shutdown: 'not sent before the run ended',
  unreadable: 'damaged in the spool',
} as const;
export type DropReason = keyof typeof DROP_REASONS;

/**
 * Outcome of all records of a signal, at any moment:
 * seen + adopted = delivered + rejected + sum of dropped + spooled + waiting.
 */
export interface Account {
  readonly seen: number;
  /** Left in the spool by an earlier run. */
  readonly adopted: number;
  readonly delivered: number;
  /** Rejected by the collector in a partial success. */
  readonly rejected: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** On disk now. */
  readonly spooled: number;
  /** Delivered or rejected records that had been on disk. */
  readonly replayed: number;
  /** In memory now, including requests in flight. */
  readonly waiting: number;
}

/** The summary line of a signal's records. */
export function accountLine(signal: Signal, account: Account): string {
  const { seen, adopted, delivered, rejected, dropped, spooled } = account;
  const parts = [`${delivered} delivered`];
  if (rejected > 0) parts.push(`${rejected} rejected by the collector`);
  for (const [reason, count] of Object.entries(dropped))
    if (count > 0) parts.push(`${count} dropped: ${DROP_REASONS[reason as DropReason]}`);
  if (spooled > 0) parts.push(`${spooled} spooled for the next run`);
  const earlier = adopted > 0 ? ` and ${adopted} from an earlier run` : '';
  return `${counted(seen, NOUNS[signal].replace(/s$/, ''))}${earlier}: ${parts.join('; ')}`;
}

/** Undelivered records: `count` since the last report, `total` since the start. */
export interface ExportLoss {
  readonly reason: DropReason | 'rejected';
  readonly count: number;
  readonly total: number;
}

/** Counts of an account, except for waiting records. */
export class Ledger {
  seen = 0;
  adopted = 0;
  delivered = 0;
  spooled = 0;
  replayed = 0;
  readonly lost: Record<ExportLoss['reason'], number> = {
    queue_full: 0,
    too_large: 0,
    refused: 0,
    timeout: 0,
    shutdown: 0,
    unreadable: 0,
    rejected: 0,
  };
  readonly #reported = { ...this.lost };

  account(waiting: number): Account {
    const { seen, adopted, delivered, spooled, replayed } = this;
    const { rejected, ...dropped } = this.lost;
    return { seen, adopted, delivered, rejected, dropped, spooled, replayed, waiting };
  }

  /** Losses that grew since the last call. */
  takeLosses(): ExportLoss[] {
    return (Object.keys(this.lost) as ExportLoss['reason'][]).flatMap((reason) => {
      const total = this.lost[reason];
      const count = total - this.#reported[reason];
      this.#reported[reason] = total;
      return count === 0 ? [] : [{ reason, count, total }];
    });
  }
}
