import { counted } from '../../counted.js';
import type { Outcome, Transport } from '../types.js';
import type { Ledger } from './account.js';
import { attempt, quietTimer } from './attempt.js';
import type { Batch } from './batch.js';
import { Pause } from './pause.js';
import type { Troubles } from './troubles.js';

/** An export that is over: a request, with all the tries that it took. */
export interface ExportReport {
  readonly records: number;
  readonly bytes: number;
  /** From the beginning of the first try to the end of the last one. */
  readonly milliseconds: number;
  /** That of the last try. */
  readonly outcome: Outcome;
}

export interface SenderOptions {
  readonly transport: Transport;
  /** Milliseconds that a batch may take with all its tries. */
  readonly timeout: number;
  /** Milliseconds that a collector may have it wait. */
  readonly longestWait: number;
  /** Requests that are under way at once. */
  readonly parallel: number;
  readonly random: () => number;
  /** What the records are called. */
  readonly noun: string;
  readonly onExport: (report: ExportReport) => void;
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

const ENDED = 'the run has ended';

/** Sends batches in order, and again those that fail: alone, and before any that is newer. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #ledger: Ledger;
  readonly #troubles: Troubles;
  readonly #keeper: BatchKeeper;
  readonly #pause: Pause;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** Those of which is not known what will become of them, the oldest first. */
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

  /** Whether the collector did not take the last that it was sent, or something is to be sent again. */
  get isFailing(): boolean {
    return this.#pause.isOn || this.batches.some(({ tries }) => tries > 0);
  }

  /** Whether another batch can be sent now: after a failure one alone, and not before its time. */
  get isFree(): boolean {
    if (this.#isClosed) return false;
    if (this.isFailing) return this.batches.length === 0 && this.#pause.until <= performance.now();
    return this.batches.length < this.#options.parallel;
  }

  /** When the next try is: in the past while one is under way. */
  get nextTry(): number {
    return this.isSending ? 0 : Math.max(this.#pause.until, this.batches[0]?.wanted ?? 0);
  }

  send(batch: Batch): void {
    this.batches.push(batch);
    batch.deadline = performance.now() + this.#options.timeout;
    void this.#try(batch);
  }

  /** Sends the oldest that has failed, when all others are back and its time has come; where none is left, others can be sent then. */
  retry(): void {
    if (this.#isClosed || this.isSending) return;
    const [oldest] = this.batches;
    const wait = this.nextTry - performance.now();
    clearTimeout(this.#timer);
    if (wait > 0) this.#timer = quietTimer(() => this.#keeper.changed(), wait);
    else if (oldest) void this.#try(oldest);
  }

  /**
   * The next try is the last, for all ends then, by performance.now(): it need not wait, unless the collector wants it to, and
   * comes to its end before that.
   */
  hurry(end: number): void {
    const [oldest] = this.batches;
    this.#pause.end();
    if (oldest && oldest.wanted > end) oldest.wanted = 0;
  }

  /** Ends all tries: what has not arrived stays in `batches`. */
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
    // What is safe, or was told to come later, has all the time for each try.
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
      this.#troubles.note('refused', () => `the collector refused ${some(records)}, now lost: ${message}`, message);
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
    // What is on disk is an export anew each time, for it is sent as long as it takes.
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
        () => `${counted(batch.records, noun.replace(/s$/, ''))} lost: not accepted by the collector in time`,
      );
      this.#finish(batch);
    }
  }

  /** Notes when the collector wants to see a batch again; returns whether it wants that. */
  #wait(batch: Batch, { after }: Outcome & { kind: 'later' }): boolean {
    const { noun, longestWait } = this.#options;
    const wait = Math.min(after ?? 0, longestWait);
    batch.wanted = performance.now() + wait;
    if (after !== undefined && after > longestWait) {
      const [asked, given] = [after, wait].map((ms) => Math.round(ms / 1000));
      this.#troubles.note(
        'wait',
        () => `the collector asks to retry ${noun} in ${asked} seconds: retrying in ${given}, the longest accepted`,
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
