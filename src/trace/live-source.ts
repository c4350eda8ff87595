import type { RingBuffer } from '../bpf/ring-buffer.js';
import type { EventSchema } from '../events/schema.js';
import type { Opening } from '../output/format.js';
import { type Attached, attachTool } from './attach.js';
import type { Steps } from './features/steps.js';
import type { ReportOptions } from './features/tally/report.js';
import { Reporter } from './features/tally/reporter.js';
import { TallyReader } from './features/tally/tally-reader.js';
import { hookReport, openingOf } from './hook-report.js';
import { Losses } from './losses.js';
import type { Notices } from './notices.js';
import type { Prepared } from './prepare.js';
import { SMALLEST_RING } from './ring.js';
import type { ReportOutput, Source, SourceBatch, SourceStream } from './source.js';

export interface LiveOptions {
  /** Options of reports, if the run shows aggregates. */
  readonly reports: ReportOptions | undefined;
  /** Whether cgroups are shown or exported: then their creation and removal are tracked. */
  readonly hasCgroups: boolean;
  /** Whether to report the hooks in use. */
  readonly verbose: boolean;
  readonly notices: Notices;
}

/** Records pending in the ring now: attached programs may add records faster than they are read. */
function* pendingIn(ring: RingBuffer): Generator<SourceBatch> {
  let left = ring.pending;
  for (const records of ring.drain()) {
    yield { schema: 0, records };
    left -= records.bytes.length;
    if (left <= 0) return;
  }
}

/** Records of an attached tool. */
class LiveStream implements SourceStream {
  readonly losses: Losses;
  readonly opening: Opening | undefined;
  readonly refresh: () => void;
  readonly #attached: Attached;
  readonly #reports: ReportOptions | undefined;
  readonly #steps: readonly Steps[];

  constructor(attached: Attached, { tool, steps, refresh }: Prepared, { reports, verbose }: LiveOptions) {
    this.#attached = attached;
    this.#reports = reports;
    this.#steps = steps;
    this.refresh = refresh;
    this.losses = Losses.of(attached.object);
    this.opening = verbose ? openingOf(tool.name, attached) : undefined;
  }

  async *batches(signal: AbortSignal): AsyncGenerator<SourceBatch> {
    for await (const records of this.#attached.ring.batches(signal)) yield { schema: 0, records };
  }

  drain(): Iterable<SourceBatch> {
    return pendingIn(this.#attached.ring);
  }

  detach(): void {
    for (const program of this.#attached.object.programs.values()) program.detach();
  }

  tick(): string | undefined {
    const reasons = this.#steps.map((feature) => feature.tick?.());
    return reasons.find((reason) => reason !== undefined);
  }

  reports(output: ReportOutput): Reporter | undefined {
    if (!this.#reports) return undefined;
    const { isTotal } = this.#reports;
    const tally = new TallyReader(this.#attached.object, isTotal, (rows) => this.losses.countNotKept(rows));
    return new Reporter(tally, output, this.#reports);
  }
}

/** Programs of a tool in the kernel. */
export class LiveSource implements Source {
  readonly schemas: readonly EventSchema[];
  readonly #prepared: Prepared;
  readonly #options: LiveOptions;
  readonly #cleanups: (() => void)[] = [];

  constructor(prepared: Prepared, options: LiveOptions) {
    this.schemas = [prepared.schema];
    this.#prepared = prepared;
    this.#options = options;
    this.#cleanups.push(() => prepared.object.close());
  }

  attach(command: number | undefined): SourceStream {
    const { options, tool, object, open, dropBtf, fill, steps } = this.#prepared;
    const { hasCgroups, reports, verbose, notices } = this.#options;
    const endSteps = () => {
      for (const feature of steps) feature.end?.();
    };
    const isRetried = (error: unknown) => {
      const isDropped = dropBtf(error);
      if (isDropped && verbose)
        notices.warn(`BTF kept for ${tool.name}: dropped, using the kernel's own: ${(error as Error).message}`);
      return isDropped;
    };
    let attached: Attached;
    try {
      attached = attachTool(tool, object, open, {
        steps,
        launched: command,
        // No events, so a minimal ring.
        bufferSize: reports ? SMALLEST_RING : options.bufferSize,
        hooks: options.hooks,
        isRetried,
        fill,
        hasCgroups,
      });
    } catch (error) {
      endSteps();
      throw error;
    }
    const { object: loaded, ring } = attached;
    this.#cleanups.push(
      () => loaded.close(),
      () => ring.close(),
      endSteps,
    );
    for (const line of hookReport(attached, verbose)) notices.warn(line);
    return new LiveStream(attached, this.#prepared, this.#options);
  }

  close(): void {
    const cleanup = this.#cleanups.pop();
    if (!cleanup) return;
    try {
      cleanup();
    } finally {
      this.close();
    }
  }
}
