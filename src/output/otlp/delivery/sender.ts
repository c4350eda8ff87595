import { counted } from '../../../counted.js';
import type { Outcome, Transport } from '../types.js';
import type { Ledger } from './account.js';
import { attempt, backoff, quietTimer } from './attempt.js';
import type { Batch } from './batch.js';
import type { Troubles } from './troubles.js';

/** One request that was sent once. */
export interface RequestReport {
  readonly records: number;
  readonly bytes: number;
  readonly milliseconds: number;
  readonly outcome: Outcome;
}

export interface SenderOptions {
  readonly transport: Transport;
  /** Milliseconds that a batch may take with all its tries. */
  readonly timeout: number;
  /** Requests that are under way at once. */
  readonly parallel: number;
  readonly random: () => number;
  /** What the records are called. */
  readonly noun: string;
  readonly onRequest: (report: RequestReport) => void;
}

/** What its owner does with a batch. */
export interface BatchKeeper {
  /** Whether it can go to disk instead of being given up. */
  canStore(batch: Batch): boolean;
  /** From now on it waits with the others, for longer than a batch may be under way. */
  setAside(batch: Batch): void;
  /** It is known what became of it. */
  settled(batch: Batch): void;
  /** Something may be possible now that was not before. */
  changed(): void;
}

/** Sends batches in order, and again those that fail: alone, and before any that is newer. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #ledger: Ledger;
  readonly #troubles: Troubles;
  readonly #keeper: BatchKeeper;
  #retryTimer: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** Those of which is not known what will become of them, the oldest first. */
  readonly batches: Batch[] = [];

  constructor(options: SenderOptions, ledger: Ledger, troubles: Troubles, keeper: BatchKeeper) {
    this.#options = options;
    this.#ledger = ledger;
    this.#troubles = troubles;
    this.#keeper = keeper;
  }

  get isSending(): boolean {
    return this.batches.some(({ abort }) => abort !== undefined);
  }

  /** Whether the collector did not take the last that it was sent. */
  get isFailing(): boolean {
    return this.batches.some(({ tries }) => tries > 0);
  }

  /** Whether another batch can be sent now. */
  get isFree(): boolean {
    return !this.#isClosed && !this.isFailing && this.batches.length < this.#options.parallel;
  }

  /** When the next try is: in the past while one is under way. */
  get nextTry(): number {
    return this.isSending ? 0 : (this.batches[0]?.notBefore ?? 0);
  }

  send(batch: Batch): void {
    this.batches.push(batch);
    batch.deadline = performance.now() + this.#options.timeout;
    void this.#try(batch);
  }

  /** Sends the oldest that has failed, when all others are back and its time has come. */
  retry(): void {
    const [oldest] = this.batches;
    if (this.#isClosed || oldest === undefined || this.isSending) return;
    const wait = oldest.notBefore - performance.now();
    clearTimeout(this.#retryTimer);
    if (wait <= 0) void this.#try(oldest);
    else this.#retryTimer = quietTimer(() => this.#keeper.changed(), wait);
  }

  /** The next try is the last: it need not wait, unless the collector wants it to. */
  hurry(): void {
    const [oldest] = this.batches;
    if (oldest !== undefined) oldest.notBefore = oldest.wanted;
  }

  /** Ends all tries: what has not arrived stays in `batches`. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    for (const { abort } of this.batches) abort?.('the run has ended');
  }

  async #try(batch: Batch): Promise<void> {
    const { transport, timeout, onRequest } = this.#options;
    const started = performance.now();
    // What is safe, or was told to come later, has all the time for each try.
    const limit = batch.place || batch.isAside ? timeout : batch.deadline - started;
    const { outcome: answer, abort } = attempt(transport, batch.request, limit);
    batch.abort = abort;
    const outcome = await answer;
    batch.abort = undefined;
    const milliseconds = performance.now() - started;
    onRequest({ records: batch.records, bytes: batch.request.length, milliseconds, outcome });
    if (outcome.kind === 'later') this.#later(batch, outcome);
    else this.#settle(batch, outcome);
    this.#keeper.changed();
  }

  #settle(batch: Batch, outcome: Outcome): void {
    const { noun } = this.#options;
    const some = (count: number) => counted(count, noun.replace(/s$/, ''));
    const { records } = batch;
    const { message } = outcome;
    if (outcome.kind === 'taken') {
      const rejected = Math.max(0, Math.min(outcome.rejected, records));
      this.#ledger.delivered += records - rejected;
      this.#ledger.lost.rejected += rejected;
      if (batch.place) this.#ledger.replayed += records;
      if (rejected > 0) this.#troubles.note('rejected', () => `the collector rejected ${some(rejected)}: ${message}`);
      else if (message !== '')
        this.#troubles.note('warning', () => `the collector took the ${noun}, and says: ${message}`);
    } else {
      this.#ledger.lost.refused += records;
      this.#troubles.note(
        'refused',
        () => `the collector refused ${some(records)}, which ${records === 1 ? 'is' : 'are'} lost: ${message}`,
      );
    }
    this.#finish(batch);
  }

  #later(batch: Batch, { after, message }: Outcome & { kind: 'later' }): void {
    batch.tries++;
    if (this.#isClosed) return;
    const { noun, random, timeout } = this.#options;
    this.#troubles.note('later', () => `the collector does not take ${noun} for now: ${message}`);
    const now = performance.now();
    batch.wanted = now + (after ?? 0);
    batch.notBefore = Math.max(batch.wanted, now + backoff(batch.tries, random));
    if (batch.place || batch.isAside || batch.notBefore < batch.deadline) return;
    if (after !== undefined && batch.wanted >= batch.deadline) {
      batch.isAside = true;
      this.#keeper.setAside(batch);
    } else if (this.#keeper.canStore(batch)) {
      batch.deadline = batch.notBefore + timeout;
    } else {
      this.#ledger.lost.timeout += batch.records;
      this.#troubles.note(
        'timeout',
        () =>
          `${counted(batch.records, `${noun.replace(/s$/, '')} is`, `${noun} are`)} lost: the collector did not take ${batch.records === 1 ? 'it' : 'them'} in time`,
      );
      this.#finish(batch);
    }
  }

  #finish(batch: Batch): void {
    batch.isSettled = true;
    this.batches.splice(this.batches.indexOf(batch), 1);
    this.#keeper.settled(batch);
  }
}
