import { counted } from '../../counted.js';
import type { Outcome, Transport } from '../types.js';
import type { Ledger } from './account.js';
import { attempt, quietTimer } from './attempt.js';
import type { Batch } from './batch.js';
import { Pause } from './pause.js';
import type { Troubles } from './troubles.js';

/** A finished export: a request with all its attempts. */
export interface ExportReport {
  readonly records: number;
  readonly bytes: number;
  /** From the start of the first attempt to the end of the last one. */
  readonly milliseconds: number;
  /** Outcome of the last attempt. */
  readonly outcome: Outcome;
}

export interface SenderOptions {
  readonly transport: Transport;
  /** Time limit of a batch with all its attempts, in milliseconds. */
  readonly timeout: number;
  /** Longest wait that a collector may demand, in milliseconds. */
  readonly longestWait: number;
  /** Maximum number of concurrent requests. */
  readonly parallel: number;
  readonly random: () => number;
  /** Name of the records in messages. */
  readonly noun: string;
  readonly onExport: (report: ExportReport) => void;
}

/** Owner of the batches. */
export interface BatchKeeper {
  /** Whether the batch can be written to disk instead of being dropped. */
  canStore(batch: Batch): boolean;
  /** Counts the batch as waiting: the collector demands a wait longer than the batch's timeout. */
  setAside(batch: Batch): void;
  /** Called when the batch's result is final. */
  settled(batch: Batch): void;
  /** Called when the state has changed, and something may be possible now. */
  changed(): void;
}

const ENDED = 'the run has ended';

/** Sends batches in order. Failed ones are retried one at a time, before any newer batch. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #ledger: Ledger;
  readonly #troubles: Troubles;
  readonly #keeper: BatchKeeper;
  readonly #pause: Pause;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** Unsettled batches, oldest first. */
  readonly batches: Batch[] = [];

  constructor(options: SenderOptions, ledger: Ledger, troubles: Troubles, keeper: BatchKeeper) {
    this.#options = options;
    this.#ledger = ledger;
    this.#troubles = troubles;
    this.#keeper = keeper;
    this.#pause = new Pause(options.random);
  }

  get isSending(): boolean {
    return this.batches.some(({ abort }) => abort !== undefined);
  }

  /** Whether the last request failed or a batch waits for its retry. */
  get isFailing(): boolean {
    return this.#pause.isOn || this.batches.some(({ tries }) => tries > 0);
  }

  /** Whether another batch can be sent now. After a failure, batches are sent one at a time, after the pause. */
  get isFree(): boolean {
    if (this.#isClosed) return false;
    if (this.isFailing) return this.batches.length === 0 && this.#pause.until <= performance.now();
    return this.batches.length < this.#options.parallel;
  }

  /** Time of the next attempt; in the past while one is in progress. */
  get nextTry(): number {
    return this.isSending ? 0 : Math.max(this.#pause.until, this.batches[0]?.wanted ?? 0);
  }

  send(batch: Batch): void {
    this.batches.push(batch);
    batch.deadline = performance.now() + this.#options.timeout;
    void this.#try(batch);
  }

  /**
   * Retries the oldest failed batch once all others have returned and its time has come. Without one, new batches can
   * be sent.
   */
  retry(): void {
    if (this.#isClosed || this.isSending) return;
    const [oldest] = this.batches;
    const wait = this.nextTry - performance.now();
    clearTimeout(this.#timer);
    if (wait > 0) this.#timer = quietTimer(() => this.#keeper.changed(), wait);
    else if (oldest) void this.#try(oldest);
  }

  /**
   * Makes the next attempt the last, to end by `end` (performance.now()). It starts at once, unless the collector
   * demands a wait.
   */
  hurry(end: number): void {
    const [oldest] = this.batches;
    this.#pause.end();
    if (oldest && oldest.wanted > end) oldest.wanted = 0;
  }

  /** Ends all attempts. Undelivered batches stay in `batches`. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const batch of this.batches) {
      if (batch.abort) batch.abort(ENDED);
      else this.#report(batch, { kind: 'later', after: undefined, message: ENDED, answer: { error: 'shutdown' } });
    }
  }

  async #try(batch: Batch): Promise<void> {
    const { transport, timeout } = this.#options;
    const began = performance.now();
    batch.began ??= began;
    // Batches on disk, and those that the collector asked to send later, have the whole timeout for each attempt.
    const limit = batch.place || batch.isAside ? timeout : batch.deadline - began;
    const { outcome: answer, abort } = attempt(transport, batch.request, limit);
    batch.abort = abort;
    const outcome = await answer;
    batch.abort = undefined;
    if (outcome.kind === 'later') this.#later(batch, outcome, began);
    else this.#settle(batch, outcome);
    this.#keeper.changed();
  }

  #settle(batch: Batch, outcome: Exclude<Outcome, { kind: 'later' }>): void {
    const { noun } = this.#options;
    const some = (count: number) => counted(count, noun.replace(/s$/, ''));
    const { records } = batch;
    const { message } = outcome;
    if (outcome.kind === 'taken') {
      const rejected = Math.max(0, Math.min(outcome.rejected, records));
      this.#pause.recovered();
      this.#ledger.delivered += records - rejected;
      this.#ledger.lost.rejected += rejected;
      if (batch.place) this.#ledger.replayed += records;
      if (rejected > 0)
        this.#troubles.note('rejected', () => `the collector rejected ${some(rejected)}: ${message}`, message);
      else if (message !== '')
        this.#troubles.note('warning', () => `the collector accepted the ${noun} with a warning: ${message}`, message);
    } else {
      this.#ledger.lost.refused += records;
      this.#troubles.note('refused', () => `the collector refused ${some(records)}, now dropped: ${message}`, message);
    }
    this.#report(batch, outcome);
    this.#finish(batch);
  }

  #later(batch: Batch, outcome: Outcome & { kind: 'later' }, began: number): void {
    const { noun, timeout } = this.#options;
    batch.tries++;
    if (this.#isClosed) {
      this.#report(batch, outcome);
      return;
    }
    const { message } = outcome;
    this.#troubles.note('later', () => `cannot export ${noun}, will retry: ${message}`, message);
    this.#pause.failed(began);
    const isAskedFor = this.#wait(batch, outcome);
    const next = Math.max(this.#pause.until, batch.wanted);
    // Each attempt of a batch on disk is an export of its own, since there is no limit to their number.
    if (batch.place) this.#report(batch, outcome);
    if (batch.place || batch.isAside || next < batch.deadline) return;
    if (isAskedFor && batch.wanted >= batch.deadline) {
      batch.isAside = true;
      this.#keeper.setAside(batch);
      return;
    }
    this.#report(batch, outcome);
    if (this.#keeper.canStore(batch)) {
      batch.deadline = next + timeout;
    } else {
      this.#ledger.lost.timeout += batch.records;
      this.#troubles.note(
        'timeout',
        () => `${counted(batch.records, noun.replace(/s$/, ''))} dropped: not accepted by the collector in time`,
      );
      this.#finish(batch);
    }
  }

  /** Notes when the collector wants a retry. Returns whether it demands a wait. */
  #wait(batch: Batch, { after, message }: Outcome & { kind: 'later' }): boolean {
    const { noun, longestWait } = this.#options;
    const wait = Math.min(after ?? 0, longestWait);
    batch.wanted = performance.now() + wait;
    if (after !== undefined && after > longestWait) {
      const [asked, given] = [after, wait].map((ms) => Math.round(ms / 1000));
      this.#troubles.note(
        'wait',
        () => `the collector asks to retry ${noun} in ${asked} seconds: retrying in ${given}, the longest accepted`,
        message,
      );
    }
    return after !== undefined;
  }

  #report(batch: Batch, outcome: Outcome): void {
    const { records, request, began } = batch;
    if (began === undefined) return;
    batch.began = undefined;
    this.#options.onExport({ records, bytes: request.length, milliseconds: performance.now() - began, outcome });
  }

  #finish(batch: Batch): void {
    batch.isSettled = true;
    this.batches.splice(this.batches.indexOf(batch), 1);
    this.#keeper.settled(batch);
  }
}
