import { setTimeout as sleep } from 'node:timers/promises';
import { requireTracingRights } from '../bpf/errors.js';
import { setLog } from '../bpf/log.js';
import type { BpfObject } from '../bpf/object.js';
import type { RecordBatch } from '../bpf/ring-buffer.js';
import { bootTime, bootToRealtime, exitNow, isPeerGone } from '../bpf/system.js';
import { SnoopkitError } from '../errors.js';
import type { OtlpRun } from '../otlp/run.js';
import { Destination } from '../output/destination.js';
import { OutputFile } from '../output/output-file.js';
import { checkSameForm } from '../output/same-form.js';
import { type Attached, attachTool } from '../trace/attach.js';
import { cgroupTable } from '../trace/features/cgroups/cgroup-table.js';
import { Targets } from '../trace/features/filter/targets.js';
import type { ReportOptions } from '../trace/features/tally/report.js';
import { Reporter } from '../trace/features/tally/reporter.js';
import { TallyReader } from '../trace/features/tally/tally-reader.js';
import { hookReport, openingOf } from '../trace/hook-report.js';
import { Losses } from '../trace/losses.js';
import { EventPump } from '../trace/pump.js';
import { SMALLEST_RING } from '../trace/ring.js';
import { after } from '../trace/timer.js';
import type { ToolDefinition } from '../trace/tool.js';
import { keepBytecode } from './bytecode.js';
import { TracedCommand } from './command.js';
import type { RunOptions } from './flags/options.js';
import { watchKeys } from './keys.js';
import { quietNotice } from './notice.js';
import { type Prepared, prepare } from './prepare.js';
import { heedSignals } from './signals.js';
import { leaveLine, reportError, say, sayLater } from './talk.js';

/** Interval of checks of losses, of the context of events and of the output's reader. */
const TICK_MS = 250;
/** Time limit for the last output after the user has asked to stop. */
const FLUSH_MS = 5000;
/** Time limit for the collector if no user waits. */
const LONGEST_FLUSH_MS = 30_000;
const STALLED = 'STALLED';
const EXIT_LOST = 3;
const EXIT_NOT_FOUND = 127;

/** The path of an event. */
interface Run {
  readonly losses: Losses;
  readonly pump: EventPump;
  readonly destination: Destination;
}

const tallyOf = (object: BpfObject, { isTotal }: ReportOptions, losses: Losses) =>
  new TallyReader(object, isTotal, (rows) => losses.countNotKept(rows));

/** All resources of a run, closed in reverse order. */
class Session {
  readonly #options: RunOptions;
  readonly #prepared: Prepared;
  readonly #stop = new AbortController();
  /** Aborted by a signal, not by the normal end of a run. */
  readonly #interrupt = new AbortController();
  readonly #cleanups: (() => void)[] = [];
  /** Set once everything is attached. */
  #run: Run | undefined;
  #canReopen = false;
  #status = 0;

  constructor(options: RunOptions, prepared: Prepared) {
    this.#options = options;
    this.#prepared = prepared;
  }

  /** Traces until the run ends, and returns the exit status. Throws if tracing fails. */
  async run(tool: ToolDefinition): Promise<number> {
    this.#heedSignals(tool.name);
    let command: TracedCommand | undefined;
    try {
      const destination = await this.#openDestination();
      // No reader opened the FIFO.
      if (!destination) return 0;
      command = await this.#startCommand();
      const attached = this.#attach(tool, command);
      const { object, ring } = attached;
      const losses = Losses.of(object);
      const { schema, format, reports, otlp, refresh } = this.#prepared;
      const { maxEvents, verbose, duration } = this.#options;
      const opening = verbose ? openingOf(tool.name, attached) : undefined;
      const most = reports?.isOnce ? 1 : maxEvents;
      const pump = new EventPump({ schema, format, destination, most, opening, refresh });
      const run = { losses, pump, destination };
      this.#run = run;
      const reporter = reports && new Reporter(tallyOf(object, reports, losses), pump, destination, reports);
      otlp?.start(() => losses.totals, command?.pid);
      // With a command, its end ends the run.
      const targets = command ? undefined : new Targets(object, this.#options.filters, tool.sockets === true);
      this.#watch(run, targets);
      reporter?.start(duration, () => this.#stop.abort());
      const notice = quietNotice(tool, this.#options, reports);
      if (notice !== undefined) say(notice);
      if (reports?.isScreen && !command) this.#cleanups.push(watchKeys(() => this.#stop.abort()));
      if (!command) pump.begin();
      const released = command && !this.#stop.signal.aborted ? this.#release(command, pump) : undefined;
      for await (const batch of ring.batches(this.#stop.signal)) {
        await this.#write(batch, run);
        if (pump.isDone) this.#stop.abort();
      }
      await released;
      // Pending events are written first: detaching takes the kernel a good part of a second.
      for (const batch of ring.drain()) await this.#write(batch, run);
      reporter?.finish();
      for (const program of object.programs.values()) program.close();
      for (const batch of ring.drain()) await this.#write(batch, run);
      pump.lost(losses.take());
      pump.end();
      for (const line of losses.summary()) say(line);
      await Promise.all([this.#finish(destination), otlp && this.#flush(otlp)]);
      if (this.#options.failOnLost && losses.total + (otlp?.lost ?? 0) > 0) this.#status ||= EXIT_LOST;
    } finally {
      for (const cleanup of this.#cleanups.reverse()) cleanup();
      const status = await command?.end();
      if (status !== undefined) this.#status ||= status;
    }
    return this.#status;
  }

  /** Opens the output before anything is loaded, since it may block; undefined if the user stops the run. */
  async #openDestination(): Promise<Destination | undefined> {
    const { out, file, output } = this.#options;
    if (out === undefined) return Destination.stdout();
    const opened = await OutputFile.open(out, file, { signal: this.#stop.signal, onWait: say });
    if (!opened) return undefined;
    const destination = new Destination(opened);
    checkSameForm(opened, output, this.#prepared.format);
    this.#canReopen = opened.isRegular;
    return destination;
  }

  async #startCommand(): Promise<TracedCommand | undefined> {
    const { command, out, output } = this.#options;
    return command.length > 0
      ? TracedCommand.start(command, out !== undefined || output === 'otlp', this.#prepared.otlp?.environment)
      : undefined;
  }

  /** Loads and attaches the programs. */
  #attach(tool: ToolDefinition, command: TracedCommand | undefined): Attached {
    const { hooks, verbose } = this.#options;
    // No events, so a minimal ring.
    const bufferSize = this.#prepared.reports ? SMALLEST_RING : this.#options.bufferSize;
    const filters = { ...this.#options.filters };
    if (command) filters.pids = [...filters.pids, command.pid];
    const { object, open, fill, cgroups, names } = this.#prepared;
    const wanted = { filters, launched: command?.pid, bufferSize, hooks, fill, hasCgroups: cgroups !== undefined };
    const attached = attachTool(tool, object, open, wanted);
    if (cgroups) cgroups.kept = cgroupTable(attached.object);
    this.#cleanups.push(
      () => attached.object.close(),
      () => attached.ring.close(),
    );
    if (names) {
      names.open(attached.object);
      this.#cleanups.push(() => names.close());
    }
    for (const line of hookReport(attached, verbose)) say(line);
    return attached;
  }

  /** Sets up everything that may end the run, and periodic work. */
  #watch({ losses, pump, destination }: Run, targets: Targets | undefined): void {
    const end = () => this.#stop.abort();
    const isWritten = this.#options.output !== 'otlp';
    destination.onEnd = end;
    destination.onTrouble = reportError;
    if (!destination.isOpen) end();
    const tick = setInterval(() => {
      if (!destination.isFull) pump.lost(losses.take());
      this.#prepared.otlp?.tellLosses();
      this.#prepared.refresh();
      if (isWritten && isPeerGone(destination.fd)) end();
      const ended = this.#stop.signal.aborted ? undefined : targets?.ended();
      if (ended === undefined) return;
      say(ended);
      end();
    }, TICK_MS);
    this.#cleanups.push(() => clearInterval(tick));
    if (this.#options.duration !== undefined) this.#cleanups.push(after(this.#options.duration, end));
  }

  /** Installed before anything is attached, so that a signal always ends the run in order. */
  #heedSignals(name: string): void {
    const end = (signal?: NodeJS.Signals) => {
      if (signal === 'SIGINT') leaveLine();
      this.#interrupt.abort();
      this.#stop.abort();
    };
    const reopen = () => {
      this.#run?.destination.reopen();
      return this.#canReopen;
    };
    const progress = () => {
      const [count, lost] = [this.#run?.pump.events ?? 0, this.#run?.losses.total ?? 0];
      const what = `${this.#prepared.reports ? 'report' : 'event'}${count === 1 ? '' : 's'}`;
      say(`${name}: ${count} ${what} so far, ${lost} lost`);
    };
    this.#cleanups.push(heedSignals({ end, reopen, progress }));
  }

  /** Releases the command; the run ends with it. */
  async #release(command: TracedCommand, pump: EventPump): Promise<void> {
    try {
      await command.release();
      pump.begin();
      // Events of its last system calls are read from the ring after this.
      const status = await Promise.race([command.exited, aborted(this.#stop.signal)]);
      if (status !== undefined) {
        this.#status = status;
        this.#prepared.otlp?.commandEnded(status);
      }
    } catch (error) {
      reportError(error);
      this.#status = await command.exited.catch(() => EXIT_NOT_FOUND);
    }
    this.#stop.abort();
  }

  async #write(batch: RecordBatch, { losses, pump, destination }: Run): Promise<void> {
    pump.write(batch, () => losses.countUnreadable());
    // If the reader is slower than the events, the ring fills and the kernel counts the rest as lost.
    if (!destination.isFull) return;
    const waited = new AbortController();
    await Promise.race([destination.drained(), aborted(this.#interrupt.signal, waited.signal)]);
    waited.abort();
  }

  /** Sends queued records, without making the user wait long. */
  async #flush(otlp: OtlpRun): Promise<void> {
    const closed = otlp.close(LONGEST_FLUSH_MS);
    // The signal may have arrived already, or may arrive meanwhile.
    void aborted(this.#interrupt.signal).then(() => otlp.hurry(FLUSH_MS));
    await closed;
  }

  /** Waits for the last output: as long as its reader takes (say, a pager), but not long after the user asks to stop. */
  async #finish(destination: Destination): Promise<void> {
    const giveUp = aborted(this.#interrupt.signal).then(() => sleep(FLUSH_MS, true, { ref: false }));
    const isLate = await Promise.race([destination.close().then(() => false), giveUp]);
    if (destination.error) throw destination.error;
    if (isLate)
      throw new SnoopkitError(
        STALLED,
        `the reader of the output has stalled: ${destination.waiting} bytes were dropped`,
      );
  }
}

/** Resolves when the signal is, or already was, aborted. Repeated waiters use `unless` to stop waiting. */
function aborted(signal: AbortSignal, unless?: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true, ...(unless && { signal: unless }) });
  });
}

/** Runs a tool and returns its exit status. Errors have been reported on standard error. */
export async function runTool(
  tool: ToolDefinition,
  options: RunOptions,
  given: Readonly<Record<string, unknown>>,
): Promise<number> {
  if (options.verbose) setLog((level, text) => sayLater(`libbpf ${level}: ${text.trimEnd()}`));
  try {
    requireTracingRights();
    // Loaded only on request.
    const names = options.filters.ends.dns
      ? new (await import('../trace/features/dns/host-names.js')).HostNames()
      : undefined;
    const otlp =
      options.otlp &&
      new (await import('../otlp/run.js')).OtlpRun(options.otlp, {
        command: options.command,
        env: process.env,
        tell: say,
        clock: { boot: bootTime, offset: () => bootToRealtime().offset },
      });
    const prepared = prepare(tool, options, given, { names, otlp });
    try {
      await otlp?.connect();
      const status = await new Session(options, prepared).run(tool);
      keepBytecode();
      return status;
    } finally {
      prepared.object.close();
      // Already closed after success.
      await otlp?.close(0);
    }
  } catch (error) {
    const status = reportError(error, options.verbose);
    if (error instanceof SnoopkitError && error.code === `ERR_SNOOPKIT_${STALLED}`) exitNow(status);
    return status;
  }
}
