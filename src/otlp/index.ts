/**
 * A sink for `snoopkit/trace` that exports to an OpenTelemetry collector, as `--output otlp` does.
 *
 *     const opens = await trace('opensnoop', {}, { sinks: [otlp({ endpoint: 'http://localhost:4318' })] });
 *     await opens.ended();
 */
import { UsageError } from '../errors.js';
import type { Shown, Sink } from '../output/sink.js';
import { checkOptions } from './settings/check-options.js';
import { type OtlpFlagValues, optionName } from './settings/flag-values.js';
import { type OtlpHost, OtlpSink } from './sink.js';
import type { OtlpView } from './view.js';

export type { OtlpFlagValues } from './settings/flag-values.js';

/** The run to export, as `trace()` passes it to a sink. */
export interface OtlpSource extends Shown, Omit<OtlpView, 'hasContainer' | 'view'> {
  /** The run's clocks, for the times of records. */
  readonly clock: OtlpHost['clock'];
  readonly notices: OtlpHost['notices'];
}

/**
 * Exports events as log records, aggregates as metrics. Options take precedence over the OTEL_* variables of `env`.
 *
 * @throws UsageError for invalid options. What depends on the variables, too, is checked when the run makes its sinks:
 * UsageError for options, SnoopkitError for invalid variables without which nothing could be exported.
 */
export function otlp(options: OtlpFlagValues = {}, env: NodeJS.ProcessEnv = process.env): (source: OtlpSource) => Sink {
  checkOptions(options);
  if (options.hasTraceRoot)
    throw new UsageError(`${optionName(options, 'hasTraceRoot')}: trace() starts no command that could be the root`);
  return ({ clock, notices, ...source }) => {
    const sink = new OtlpSink(options, { command: [], env, notices, clock });
    // Their columns exist only with the flag, which the command line sets by itself.
    if (sink.impliedFlags(source.tool)['trace-context'] && !source.all.some(({ name }) => name === 'key'))
      throw new UsageError(`${optionName(options, 'hasSpans')} needs traceContext: true in the options of the tool`);
    sink.setView({ ...source, columns: source.all });
    return sink;
  };
}
