import { setImmediate } from 'node:timers/promises';
import { aborted } from '../aborted.js';
import type { Sink } from '../output/sink.js';
import type { HeldCommand } from './held-command.js';
import type { Label } from './label.js';
import type { Losses } from './losses.js';
import type { Notices } from './notices.js';
import { EventPump } from './pump.js';
import type { Source, SourceBatch, SourceStream } from './source.js';
import { after } from './timer.js';

/** Interval of checks of losses, of the context of events and of the sinks. */
const TICK_MS = 250;
const EXIT_NOT_FOUND = 127;

export interface TraceRunOptions {
  readonly source: Source;
  /** Sinks by schema of the source; each receives all records of its schema. */
  readonly sinks: readonly (readonly Sink[])[];
  /** Ends the run after as many events, or reports. */
  readonly most: number;
  /** Ends the run after as many milliseconds. */
  readonly duration: number | undefined;
  readonly notices: Notices;
  /** Names of options in notices. */
  readonly label: Label;
  /** Starts a command that is held until tracing has begun; its end ends the run. */
  readonly launch?: (() => Promise<HeldCommand>) | undefined;
  /** Called when programs are attached, before the first event. */
  readonly onAttached?: () => void;
}

/** End of the traced command, as a shell reports it; undefined if there was none, or it did not end by then. */
export interface CommandEnd {
  /** While tracing. */
  status: number | undefined;
  /** When tracing had ended, on its own. */
  lateStatus: number | undefined;
}

/** The path of an event. */
interface Path {
  readonly losses: Losses;
  readonly pump: EventPump;
}

/** One run: all its resources, closed in reverse order. Runs in one process do not affect each other. */
export class TraceRun {
  readonly #options: TraceRunOptions;
  readonly #sinks: readonly Sink[];
  readonly #stop = new AbortController();
  /** Aborted if a user waits for the end. */
  readonly #interrupt = new AbortController();
  /** Ends of timers. */
  readonly #cleanups: (() => void)[] = [];
  /** The first one is that of the run. */
  readonly #errors: unknown[] = [];
  #command: HeldCommand | undefined;
  /** Set once everything is attached. */
  #path: Path | undefined;

  constructor(options: TraceRunOptions) {
    this.#options = options;
    this.#sinks = [...new Set(options.sinks.flat())];
  }

  /** Runs what a timer does: its error is one of the run. */
  readonly #guard = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      if (this.#errors.length === 0) this.#errors.push(error);
      this.stop();
    }
  };

  async #attempt(action: () => unknown): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#errors.push(error);
    }
  }

  /** Calls every sink, whatever the others throw. */
  async #all(call: (sink: Sink) => unknown): Promise<void> {
    const results = await Promise.allSettled(this.#sinks.map(async (sink) => call(sink)));
    for (const result of results) if (result.status === 'rejected') this.#errors.push(result.reason);
  }

  /** Ends the run gracefully. */
  stop(): void {
    this.#stop.abort();
  }

  /** Ends it gracefully, and soon: whatever does not end by itself is given up after a while. */
  interrupt(): void {
    this.#interrupt.abort();
    this.#stop.abort();
  }

  /** Number of events or reports so far. */
  get events(): number {
    return this.#path?.pump.events ?? 0;
  }

  /** Number of losses so far, in the kernel and on the way to the sinks. */
  get lost(): number {
    return this.#path?.losses.total ?? 0;
  }

  /** Number of losses so far, by reason. */
  get losses(): Readonly<Record<string, number>> {
    return this.#path?.losses.totals ?? {};
  }

  /** Records that sinks took and could not deliver. */
  get undelivered(): number {
    return this.#sinks.reduce((sum, { undelivered }) => sum + undelivered, 0);
  }

  /** Traces until the run ends. Throws SnoopkitError if tracing or output fails. */
  async run(): Promise<CommandEnd> {
    const end: CommandEnd = { status: undefined, lateStatus: undefined };
    const { source, notices } = this.#options;
    let isComplete = false;
    await this.#attempt(async () => {
      isComplete = await this.#trace(end);
    });
    this.stop();
    for (const cleanup of this.#cleanups.reverse()) cleanup();
    if (isComplete) await this.#all((sink) => sink.end());
    // Sinks may wait for a reader or a network.
    await this.#attempt(() => source.close());
    if (isComplete) await this.#all((sink) => sink.close(this.#interrupt.signal));
    await this.#attempt(async () => {
      end.lateStatus = await this.#command?.end();
    });
    await this.#all((sink) => sink.abandon());
    if (this.#errors.length === 0) return end;
    for (const error of this.#errors.slice(1)) notices.error(error);
    throw this.#errors[0];
  }

  /** Opens the sinks. Returns false if the run is stopped meanwhile. */
  async #open(): Promise<boolean> {
    const { signal } = this.#stop;
    const host = { end: () => this.stop(), error: this.#options.notices.error };
    for (const sink of this.#sinks) if (signal.aborted || !(await sink.open(signal, host))) return false;
    // Loading blocks the thread. Without a turn of the event loop, timers and other runs would wait for all of several
    // short runs in a row.
    await setImmediate();
    return !signal.aborted;
  }

  /** Traces until the last event is written. Returns false if the run is stopped before it begins, or has failed. */
  async #trace(end: CommandEnd): Promise<boolean> {
    const { source, sinks, most, duration, notices, label, launch, onAttached } = this.#options;
    // Before anything is loaded, since it may wait.
    if (!(await this.#open())) return false;
    const command = await launch?.();
    this.#command = command;
    const stream = source.attach(command?.pid);
    const { losses, opening } = stream;
    const pump = new EventPump({ schemas: source.schemas, sinks, most, refresh: () => stream.refresh() });
    this.#path = { losses, pump };
    const reports = stream.reports(pump);
    for (const sink of this.#sinks) sink.start({ opening, losses: () => losses.totals, command: command?.pid });
    this.#watch(this.#path, stream);
    reports?.start(duration, () => this.stop(), this.#guard);
    if (reports) this.#cleanups.push(() => reports.stop());
    onAttached?.();
    if (!command) pump.begin();
    const released = command && !this.#stop.signal.aborted ? this.#release(command, pump) : undefined;
    for await (const batch of stream.batches(this.#stop.signal)) {
      this.#write(batch, this.#path);
      if (pump.isDone) this.stop();
      if (pump.isFull) await this.#drained(pump);
    }
    end.status = await released;
    if (this.#errors.length > 0) return false;
    // Pending events are written first: detaching takes the kernel a good part of a second. From here on no sink is
    // waited for: the programs must not stay attached for a reader that has stalled, and the ring bounds what is pending.
    for (const batch of stream.drain()) this.#write(batch, this.#path);
    reports?.finish();
    stream.detach();
    for (const batch of stream.drain()) this.#write(batch, this.#path);
    pump.lost(losses.take());
    for (const line of losses.summary(label)) notices.warn(line);
    return true;
  }

  /** Sets up everything that may end the run, and periodic work. */
  #watch({ losses, pump }: Path, stream: SourceStream): void {
    const { duration } = this.#options;
    const tick = () => {
      if (!pump.isFull) pump.lost(losses.take());
      for (const sink of this.#sinks) sink.tick();
      stream.refresh();
      const ended = stream.tick();
      if (ended === undefined || this.#stop.signal.aborted) return;
      this.#options.notices.info(ended);
      this.stop();
    };
    const timer = setInterval(() => this.#guard(tick), TICK_MS);
    this.#cleanups.push(() => clearInterval(timer));
    if (duration !== undefined) this.#cleanups.push(after(duration, () => this.stop()));
  }

  /** Releases the command; the run ends with it. */
  async #release(command: HeldCommand, pump: EventPump): Promise<number | undefined> {
    let status: number | undefined;
    try {
      await command.release();
      pump.begin();
      // Events of its last system calls are read from the ring after this.
      status = await Promise.race([command.exited, aborted(this.#stop.signal)]);
      if (status !== undefined) for (const sink of this.#sinks) sink.commandEnded(status);
    } catch (error) {
      this.#options.notices.error(error);
      status = await command.exited.catch(() => EXIT_NOT_FOUND);
    }
    this.stop();
    return status;
  }

  #write(batch: SourceBatch, { losses, pump }: Path): void {
    pump.write(batch, () => losses.countUnreadable());
  }

  /** Waits for sinks until the run ends. Meanwhile the ring fills, and the kernel counts what does not fit as lost. */
  async #drained(pump: EventPump): Promise<void> {
    const waited = new AbortController();
    await Promise.race([pump.drained(), aborted(this.#stop.signal, waited.signal)]);
    waited.abort();
  }
}
