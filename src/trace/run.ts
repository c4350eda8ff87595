import { aborted } from '../aborted.js';
import type { BpfObject } from '../bpf/object.js';
import type { RecordBatch } from '../bpf/ring-buffer.js';
import type { Sink } from '../output/sink.js';
import { type Attached, attachTool } from './attach.js';
import { cgroupTable } from './features/cgroups/cgroup-table.js';
import { Targets } from './features/filter/targets.js';
import type { ReportOptions } from './features/tally/report.js';
import { Reporter } from './features/tally/reporter.js';
import { TallyReader } from './features/tally/tally-reader.js';
import type { HeldCommand } from './held-command.js';
import { hookReport, openingOf } from './hook-report.js';
import { Losses } from './losses.js';
import type { Notices } from './notices.js';
import type { Prepared } from './prepare.js';
import { EventPump } from './pump.js';
import { SMALLEST_RING } from './ring.js';
import { after } from './timer.js';

/** Interval of checks of losses, of the context of events and of the sinks. */
const TICK_MS = 250;
const EXIT_NOT_FOUND = 127;

export interface TraceRunOptions {
  /** Where records go; each gets all. */
  readonly sinks: readonly Sink[];
  /** How aggregates are reported; undefined for events. */
  readonly reports: ReportOptions | undefined;
  /** Whether cgroups are shown or exported: then their creation and removal are tracked. */
  readonly hasCgroups: boolean;
  /** Whether to report the hooks in use, to the user and to the sinks. */
  readonly verbose: boolean;
  readonly notices: Notices;
  /** Starts a command that is held until tracing has begun; its end ends the run. */
  readonly launch?: (() => Promise<HeldCommand>) | undefined;
  /** Called when programs are attached, before the first event. */
  readonly onAttached?: () => void;
}

/** How the traced command ended, as a shell reports it; undefined if there was none, or it did not end by then. */
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

const tallyOf = (object: BpfObject, { isTotal }: ReportOptions, losses: Losses) =>
  new TallyReader(object, isTotal, (rows) => losses.countNotKept(rows));

/** One run of a tool: all its resources, closed in reverse order. Runs in one process do not affect each other. */
export class TraceRun {
  readonly #prepared: Prepared;
  readonly #options: TraceRunOptions;
  readonly #stop = new AbortController();
  /** Aborted if a user waits for the end. */
  readonly #interrupt = new AbortController();
  readonly #cleanups: (() => void)[] = [];
  /** An error of a timer, which ends the run. */
  #failure: unknown;
  /** Set once everything is attached. */
  #path: Path | undefined;

  constructor(prepared: Prepared, options: TraceRunOptions) {
    this.#prepared = prepared;
    this.#options = options;
  }

  /** Runs what a timer does: its error is one of the run. */
  readonly #guard = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      this.#failure ??= error;
      this.stop();
    }
  };

  /** Ends the run in order. */
  stop(): void {
    this.#stop.abort();
  }

  /** Ends it in order, and soon: whatever does not end by itself is given up after a while. */
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

  /** The same by reason. */
  get losses(): Readonly<Record<string, number>> {
    return this.#path?.losses.totals ?? {};
  }

  /** Records that sinks took and could not deliver. */
  get undelivered(): number {
    return this.#options.sinks.reduce((sum, { undelivered }) => sum + undelivered, 0);
  }

  /** Traces until the run ends. Throws SnoopkitError if tracing or output fails. */
  async run(): Promise<CommandEnd> {
    const end: CommandEnd = { status: undefined, lateStatus: undefined };
    const { sinks, reports, notices, launch, verbose } = this.#options;
    const { object: opened, options, schema, tool, refresh } = this.#prepared;
    let command: HeldCommand | undefined;
    try {
      const host = { end: () => this.stop(), trouble: notices.trouble };
      // Before anything is loaded, since it may wait.
      for (const sink of sinks) if (!(await sink.open(this.#stop.signal, host))) return end;
      command = await launch?.();
      const attached = this.#attach(command);
      const { object, ring } = attached;
      const losses = Losses.of(object);
      const most = reports?.isOnce ? 1 : options.maxEvents;
      const pump = new EventPump({ schema, sinks, most, refresh });
      this.#path = { losses, pump };
      const reporter = reports && new Reporter(tallyOf(object, reports, losses), pump, reports);
      const opening = verbose ? openingOf(tool.name, attached) : undefined;
      for (const sink of sinks) sink.start({ opening, losses: () => losses.totals, command: command?.pid });
      // With a command, its end ends the run.
      const targets = command ? undefined : new Targets(object, options.filters, tool.sockets === true);
      this.#watch(this.#path, targets);
      reporter?.start(options.duration, () => this.stop(), this.#guard);
      if (reporter) this.#cleanups.push(() => reporter.stop());
      this.#options.onAttached?.();
      if (!command) pump.begin();
      const released = command && !this.#stop.signal.aborted ? this.#release(command, pump) : undefined;
      for await (const batch of ring.batches(this.#stop.signal)) {
        await this.#write(batch, this.#path);
        if (pump.isDone) this.stop();
      }
      end.status = await released;
      if (this.#failure !== undefined) throw this.#failure;
      // Pending events are written first: detaching takes the kernel a good part of a second.
      for (const batch of ring.drain()) await this.#write(batch, this.#path);
      reporter?.finish();
      for (const program of object.programs.values()) program.close();
      for (const batch of ring.drain()) await this.#write(batch, this.#path);
      pump.lost(losses.take());
      pump.end();
      for (const line of losses.summary()) notices.tell(line);
      await Promise.all(sinks.map((sink) => sink.close(this.#interrupt.signal)));
    } finally {
      for (const cleanup of this.#cleanups.reverse()) cleanup();
      end.lateStatus = await command?.end();
      // Already closed after success.
      opened.close();
      await Promise.all(sinks.map((sink) => sink.abandon()));
    }
    return end;
  }

  /** Loads and attaches the programs. */
  #attach(command: HeldCommand | undefined): Attached {
    const { options, tool, object, open, fill, cgroups, names } = this.#prepared;
    const { hasCgroups, reports, verbose, notices } = this.#options;
    const filters = command ? { ...options.filters, pids: [...options.filters.pids, command.pid] } : options.filters;
    const attached = attachTool(tool, object, open, {
      filters,
      launched: command?.pid,
      // No events, so a minimal ring.
      bufferSize: reports ? SMALLEST_RING : options.bufferSize,
      hooks: options.hooks,
      fill,
      hasCgroups,
    });
    if (hasCgroups) cgroups.kept = cgroupTable(attached.object);
    this.#cleanups.push(
      () => attached.object.close(),
      () => attached.ring.close(),
    );
    if (names) {
      names.open(attached.object);
      this.#cleanups.push(() => names.close());
    }
    for (const line of hookReport(attached, verbose)) notices.tell(line);
    return attached;
  }

  /** Sets up everything that may end the run, and periodic work. */
  #watch({ losses, pump }: Path, targets: Targets | undefined): void {
    const { duration } = this.#prepared.options;
    const tick = () => {
      if (!pump.isFull) pump.lost(losses.take());
      for (const sink of this.#options.sinks) sink.tick();
      this.#prepared.refresh();
      const ended = this.#stop.signal.aborted ? undefined : targets?.ended();
      if (ended === undefined) return;
      this.#options.notices.tell(ended);
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
      if (status !== undefined) for (const sink of this.#options.sinks) sink.commandEnded(status);
    } catch (error) {
      this.#options.notices.trouble(error);
      status = await command.exited.catch(() => EXIT_NOT_FOUND);
    }
    this.stop();
    return status;
  }

  async #write(batch: RecordBatch, { losses, pump }: Path): Promise<void> {
    pump.write(batch, () => losses.countUnreadable());
    // If the reader is slower than the events, the ring fills and the kernel counts the rest as lost.
    if (!pump.isFull) return;
    const waited = new AbortController();
    await Promise.race([pump.drained(), aborted(this.#interrupt.signal, waited.signal)]);
    waited.abort();
  }
}
