import { setTimeout as sleep } from 'node:timers/promises';
import { requireTracingRights } from '../bpf/errors.js';
import { setLog } from '../bpf/log.js';
import type { BpfObject } from '../bpf/object.js';
import type { RecordBatch } from '../bpf/ring-buffer.js';
import { bootToRealtime, exitNow, isPeerGone } from '../bpf/system.js';
import { SnoopkitError } from '../errors.js';
import { Destination } from '../output/destination.js';
import { type Attached, attachTool } from './attach.js';
import { keepBytecode } from './bytecode.js';
import { cgroupTable } from './cgroup-table.js';
import { TracedCommand } from './command.js';
import { hookReport, openingOf } from './hook-report.js';
import { Losses } from './losses.js';
import type { RunOptions } from './options.js';
import type { OtlpRun } from './otlp-run.js';
import { type Prepared, prepare } from './prepare.js';
import { EventPump } from './pump.js';
import type { ReportOptions } from './report-options.js';
import { Reporter } from './reporter.js';
import { SMALLEST_RING } from './ring.js';
import { reportError, say, sayLater } from './talk.js';
import { TallyReader } from './tally-reader.js';
import type { ToolDefinition } from './tool.js';

/** How often losses, the clocks and the reader of our output are looked at. */
const TICK_MS = 250;
/** How long the last output may take once the user wants an end. */
const FLUSH_MS = 5000;
/** How long a collector may take for it, where nobody waits. */
const LONGEST_FLUSH_MS = 30_000;
const STDOUT = 1;
const STALLED = 'STALLED';
const EXIT_LOST = 3;
const EXIT_NOT_FOUND = 127;

/** What an event passes on its way. */
interface Run {
  readonly losses: Losses;
  readonly pump: EventPump;
  readonly destination: Destination;
}

const tallyOf = (object: BpfObject, { isTotal }: ReportOptions, losses: Losses) =>
  new TallyReader(object, isTotal, (rows) => losses.countNotKept(rows));

/** Everything that lives while a tool runs, closed in the opposite order. */
class Session {
  readonly #options: RunOptions;
  readonly #prepared: Prepared;
  readonly #stop = new AbortController();
  /** Aborted by a signal, not by what ends a run in the course of things. */
  readonly #interrupt = new AbortController();
  readonly #cleanups: (() => void)[] = [];
  #status = 0;

  constructor(options: RunOptions, prepared: Prepared) {
    this.#options = options;
    this.#prepared = prepared;
  }

  /** Traces until something ends it, and returns the exit status. Throws when it can't. */
  async run(tool: ToolDefinition): Promise<number> {
    this.#heedSignals();
    const command = await this.#startCommand();
    try {
      const attached = this.#attach(tool, command);
      const { object, ring } = attached;
      const losses = Losses.of(object);
      const { schema, format, reports, otlp } = this.#prepared;
      const { out, maxEvents, verbose, duration } = this.#options;
      // Not before there is something to write: a file that is there is emptied by this.
      const destination = out === undefined ? Destination.stdout() : Destination.file(out);
      const opening = verbose ? openingOf(tool.name, attached) : undefined;
      const pump = new EventPump(schema, format, destination, reports?.isOnce ? 1 : maxEvents, opening);
      const run = { losses, pump, destination };
      const reporter = reports && new Reporter(tallyOf(object, reports, losses), pump, destination, reports);
      otlp?.start(() => losses.totals, command?.pid);
      this.#watch(run);
      reporter?.start(duration, () => this.#stop.abort());
      if (!command) pump.begin();
      const released = command && !this.#stop.signal.aborted ? this.#release(command, pump) : undefined;
      for await (const batch of ring.batches(this.#stop.signal)) {
        await this.#write(batch, run);
        if (pump.isDone) this.#stop.abort();
      }
      await released;
      // What is there already goes out first: to detach takes the kernel a good part of a second.
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

  async #startCommand(): Promise<TracedCommand | undefined> {
    const { command, out, output } = this.#options;
    return command.length > 0
      ? TracedCommand.start(command, out !== undefined || output === 'otlp', this.#prepared.otlp?.environment)
      : undefined;
  }

  /** Takes the programs into the kernel and attaches them. */
  #attach(tool: ToolDefinition, command: TracedCommand | undefined): Attached {
    const { hooks, verbose } = this.#options;
    // No events, and no room for them.
    const bufferSize = this.#prepared.reports ? SMALLEST_RING : this.#options.bufferSize;
    const filters = { ...this.#options.filters };
    if (command) filters.pids = [...filters.pids, command.pid];
    const { names, cgroups, object, open } = this.#prepared;
    const wanted = { filters, bufferSize, hooks, hasCgroups: cgroups !== undefined };
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

  /** Sets up all that may end the run, and what is done now and then. */
  #watch({ losses, pump, destination }: Run): void {
    const end = () => this.#stop.abort();
    const writesToStdout = this.#options.out === undefined && this.#options.output !== 'otlp';
    destination.onEnd = end;
    if (!destination.isOpen) end();
    const tick = setInterval(() => {
      if (!destination.isFull) pump.lost(losses.take());
      this.#prepared.otlp?.tellLosses();
      this.#prepared.context.clock.set(bootToRealtime());
      this.#prepared.names?.read();
      if (writesToStdout && isPeerGone(STDOUT)) end();
    }, TICK_MS);
    this.#cleanups.push(() => clearInterval(tick));
    if (this.#options.duration !== undefined) {
      const timer = setTimeout(end, this.#options.duration);
      this.#cleanups.push(() => clearTimeout(timer));
    }
  }

  /** From before anything is attached, so that a signal always ends the run in order. */
  #heedSignals(): void {
    const interrupt = () => {
      this.#interrupt.abort();
      this.#stop.abort();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      // The first one ends the run in order; after it the default is back, and a second one ends it at once.
      process.once(signal, interrupt);
      this.#cleanups.push(() => process.off(signal, interrupt));
    }
  }

  /** Lets the command run, and ends with it. */
  async #release(command: TracedCommand, pump: EventPump): Promise<void> {
    try {
      await command.release();
      pump.begin();
      // What its last system calls left in the ring is read after this.
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
    // A reader that is slower than the events: the ring takes what it can, and the kernel counts the rest.
    if (!destination.isFull) return;
    const waited = new AbortController();
    await Promise.race([destination.drained(), aborted(this.#interrupt.signal, waited.signal)]);
    waited.abort();
  }

  /** Sends what waits, but not for much longer than the user likes. */
  async #flush(otlp: OtlpRun): Promise<void> {
    const closed = otlp.close(LONGEST_FLUSH_MS);
    // It may have come already, or come meanwhile.
    void aborted(this.#interrupt.signal).then(() => otlp.hurry(FLUSH_MS));
    await closed;
  }

  /** Waits for the last output: as long as its reader, say a pager, likes, but not much longer than the user does. */
  async #finish(destination: Destination): Promise<void> {
    const giveUp = aborted(this.#interrupt.signal).then(() => sleep(FLUSH_MS, true, { ref: false }));
    const isLate = await Promise.race([destination.close().then(() => false), giveUp]);
    if (destination.error) throw destination.error;
    if (isLate)
      throw new SnoopkitError(STALLED, `nobody reads the output: ${destination.waiting} bytes of it are dropped`);
  }
}

/** Resolves when, or if already, the signal is aborted. Who waits many times says with `unless` when it has waited. */
function aborted(signal: AbortSignal, unless?: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true, ...(unless && { signal: unless }) });
  });
}

/** Runs a tool and returns its exit status. What went wrong has been told on standard error. */
export async function runTool(
  tool: ToolDefinition,
  options: RunOptions,
  given: Readonly<Record<string, unknown>>,
): Promise<number> {
  if (options.verbose) setLog((level, text) => sayLater(`libbpf ${level}: ${text.trimEnd()}`));
  try {
    requireTracingRights();
    // Loaded only where it is asked for.
    const names = options.filters.ends.dns ? new (await import('./host-names.js')).HostNames() : undefined;
    const otlp = options.otlp && new (await import('./otlp-run.js')).OtlpRun(options.otlp, options.command);
    const prepared = prepare(tool, options, given, { names, otlp });
    try {
      await otlp?.connect();
      const status = await new Session(options, prepared).run(tool);
      keepBytecode();
      return status;
    } finally {
      prepared.object.close();
      // Where all went well it is closed.
      await otlp?.close(0);
    }
  } catch (error) {
    const status = reportError(error, options.verbose);
    if (error instanceof SnoopkitError && error.code === `ERR_SNOOPKIT_${STALLED}`) exitNow(status);
    return status;
  }
}
