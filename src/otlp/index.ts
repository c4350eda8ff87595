/**
 * A sink for `snoopkit/trace` that exports to an OpenTelemetry collector, as `--output otlp` does.
 *
 *     const opens = await trace('opensnoop', {}, { sinks: [otlp({ endpoint: 'http://localhost:4318' })] });
 *     await opens.ended();
 */
import type { Shown, Sink } from '../output/sink.js';
import type { OtlpFlagValues } from './settings/flag-values.js';
import { type OtlpHost, OtlpSink } from './sink.js';
import type { OtlpView } from './view.js';

export type { OtlpFlagValues } from './settings/flag-values.js';

/** What a run tells the exporter about itself. */
export interface OtlpSource extends Shown, Omit<OtlpView, 'hasContainer' | 'view'> {
  readonly clock: OtlpHost['clock'];
  readonly tell: OtlpHost['tell'];
}

/**
 * Exports events as log records, aggregates as metrics. Options win over the OTEL_* variables of the environment. Throws
 * SnoopkitError for invalid ones.
 */
export function otlp(options: OtlpFlagValues = {}, env: NodeJS.ProcessEnv = process.env): (source: OtlpSource) => Sink {
  return ({ clock, tell, ...source }) => {
    const sink = new OtlpSink(options, { command: [], env, tell, clock });
    sink.setView({ ...source, columns: source.all });
    return sink;
  };
}
