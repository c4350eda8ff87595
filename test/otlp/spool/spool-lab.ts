import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Exporter } from '../../../src/otlp/delivery/exporter.js';
import type { ExporterOptions } from '../../../src/otlp/delivery/exporter-options.js';
import { SpoolFolder } from '../../../src/otlp/spool/spool-folder.js';
import type { Signal } from '../../../src/otlp/types.js';
import { patient } from '../../helpers/patience.js';
import { addNumbers, assertAddsUp, away, envelope, FakeCollector } from '../delivery/fake-collector.js';

/** A spool in a temporary folder, and runs that use it. */
export class SpoolLab {
  readonly #root = mkdtempSync(join(tmpdir(), 'snoopkit-'));
  /** It does not exist yet. */
  readonly directory = join(this.#root, 'spool');
  /** Messages for a person. */
  readonly troubles: string[] = [];

  remove(): void {
    rmSync(this.#root, { recursive: true });
  }

  open(max = 1 << 30): Promise<SpoolFolder> {
    return SpoolFolder.open(this.directory, max, (text) => this.troubles.push(text));
  }

  async exporter(
    folder: SpoolFolder,
    transport: FakeCollector,
    options: Partial<ExporterOptions> = {},
  ): Promise<Exporter> {
    const { signal = 'logs' } = options;
    return new Exporter({
      signal,
      envelope: envelope(),
      transport,
      batch: { delay: 1000, maxBatch: 10, maxQueue: 100 },
      timeout: 10_000,
      spool: await folder.spool(signal),
      random: () => 0.5,
      ...options,
    });
  }

  /** The files of requests, by their paths in the spool. */
  files(): string[] {
    return readdirSync(this.directory, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.otlp'))
      .sort();
  }

  /** Leaves numbers in the spool, as a run does whose collector never came back. */
  async leave(from: number, to: number, signal: Signal = 'logs', size = 0): Promise<void> {
    const folder = await this.open();
    const batch = { delay: 1, maxBatch: 10, maxQueue: 100_000 };
    const target = await this.exporter(folder, away(), { signal, batch });
    addNumbers(target, from, to, size);
    await target.close(0);
    assertAddsUp(target);
    await folder.close();
  }

  /** All that a new run has from the spool, when the collector takes it. */
  async deliver(signal: Signal = 'logs'): Promise<number[]> {
    const folder = await this.open();
    const collector = new FakeCollector();
    const target = await this.exporter(folder, collector, { signal });
    await target.close(patient(20_000));
    assertAddsUp(target);
    await folder.close();
    return collector.taken;
  }
}
