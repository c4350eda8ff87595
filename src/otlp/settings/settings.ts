import { LONGEST_WAIT } from '../delivery/exporter-options.js';
import { ALL, type Sampling } from '../spans/sampler.js';
import type { BatchOptions, Route, Signal } from '../types.js';
import { batchOptions, exportTimeout, type QueuedSignal } from './batches.js';
import { Environment } from './environment.js';
import {
  type ArgsStyle,
  type HistogramStyle,
  type OtlpFlagValues,
  TEMPORALITIES,
  type Temporality,
  type TextAttribute,
} from './flag-values.js';
import { resourceOf } from './resource-variables.js';
import { routesOf } from './routes.js';
import { samplingOf } from './sampling.js';

/** What a record may have of attributes; metrics and the resource are free of it. */
export interface AttributeLimits {
  /** Characters; Infinity for no limit. */
  readonly valueLength: number;
  readonly attributeCount: number;
}

export interface MetricSettings {
  /** Milliseconds from one export to the next. */
  readonly interval: number;
  readonly temporality: Temporality;
  readonly histograms: HistogramStyle;
}

/** Where batches wait on disk while no collector takes them. */
export interface SpoolSettings {
  readonly directory: string;
  readonly maxBytes: number;
}

export interface OtlpSettings {
  /** Nothing is to be exported; there are no routes then. */
  readonly isDisabled: boolean;
  /** A signal without one is not exported. */
  readonly routes: Partial<Record<Signal, Route>>;
  readonly batches: Readonly<Record<QueuedSignal, BatchOptions>>;
  /** Milliseconds that an export may take, if its route does not have less; Infinity for no limit. */
  readonly exportTimeouts: Readonly<Record<Signal, number>>;
  /** Milliseconds that a collector may have a batch wait. */
  readonly longestWait: number;
  readonly metrics: MetricSettings;
  readonly limits: Readonly<Record<QueuedSignal, AttributeLimits>>;
  /** What the user said, without service.name. */
  readonly resource: readonly TextAttribute[];
  readonly serviceName: string;
  readonly args: ArgsStyle;
  /** Log records have a body, a line for people. */
  readonly hasBody: boolean;
  readonly hasSpans: boolean;
  /** Which traces are sent. */
  readonly sampling: Sampling;
  readonly spool?: SpoolSettings;
  /** One line each, to be told before anything starts. */
  readonly warnings: readonly string[];
}

const USUAL_SPOOL = 256 << 20;

const TEMPORALITY_NAMES = new Map(TEMPORALITIES.map((name) => [name as string, name]));
const HISTOGRAM_NAMES = new Map<string, HistogramStyle>([
  ['explicit_bucket_histogram', 'explicit'],
  ['base2_exponential_bucket_histogram', 'exponential'],
]);

function metricSettings(environment: Environment, flags: OtlpFlagValues): MetricSettings {
  const preference = ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE'];
  const aggregation = ['OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION'];
  return {
    interval: environment.integer(['OTEL_METRIC_EXPORT_INTERVAL'], 1) ?? 60_000,
    temporality: flags.temporality ?? environment.choice(preference, TEMPORALITY_NAMES) ?? 'cumulative',
    histograms: flags.histograms ?? environment.choice(aggregation, HISTOGRAM_NAMES) ?? 'explicit',
  };
}

/** `record` is the specification's name for what the signal consists of. */
const limitsOf = (record: 'LOGRECORD' | 'SPAN', environment: Environment): AttributeLimits => {
  const names = (limit: string) => [`OTEL_${record}_ATTRIBUTE_${limit}`, `OTEL_ATTRIBUTE_${limit}`];
  return {
    valueLength: environment.integer(names('VALUE_LENGTH_LIMIT'), 0) ?? Number.POSITIVE_INFINITY,
    attributeCount: environment.integer(names('COUNT_LIMIT'), 0) ?? 128,
  };
};

/**
 * What the OTLP output is to do: by the flags, else by the standard variables of a signal, else by those of all signals.
 * Throws UsageError for a flag, and SnoopkitError for a variable, that makes it pointless to begin: nowhere to send to.
 */
export function otlpSettings(
  variables: Readonly<Record<string, string | undefined>>,
  flags: OtlpFlagValues,
): OtlpSettings {
  const environment = new Environment(variables);
  const isDisabled = environment.isTrue('OTEL_SDK_DISABLED');
  const { spool, spoolMax = USUAL_SPOOL } = flags;
  const settings = {
    isDisabled,
    routes: isDisabled ? {} : routesOf(environment, flags),
    batches: { logs: batchOptions('logs', environment, flags), traces: batchOptions('traces', environment, flags) },
    exportTimeouts: {
      logs: exportTimeout('logs', environment, flags),
      traces: exportTimeout('traces', environment, flags),
      metrics: exportTimeout('metrics', environment, flags),
    },
    longestWait: flags.longestWait ?? LONGEST_WAIT,
    metrics: metricSettings(environment, flags),
    limits: { logs: limitsOf('LOGRECORD', environment), traces: limitsOf('SPAN', environment) },
    ...resourceOf(environment, flags.resource),
    args: flags.args ?? 'redacted',
    hasBody: flags.hasBody ?? false,
    hasSpans: flags.hasSpans ?? false,
    // Who asks for no spans need not hear what is wrong with it.
    sampling: flags.hasSpans ? samplingOf(environment) : ALL,
    ...(spool !== undefined && { spool: { directory: spool, maxBytes: spoolMax } }),
  };
  // Behind all that may warn.
  return { ...settings, warnings: environment.warnings };
}
