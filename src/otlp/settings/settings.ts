import { LONGEST_WAIT } from '../delivery/exporter-options.js';
import { ALL, type Sampling } from '../spans/sampler.js';
import type { BatchOptions, Route, Signal } from '../types.js';
import { batchOptions, exportTimeout } from './batches.js';
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
import { type QueuedSignal, VARIABLES } from './variables.js';

/** Limits of a record's attributes. Metrics and the resource are exempt. */
export interface AttributeLimits {
  /** Characters; Infinity for no limit. */
  readonly valueLength: number;
  readonly attributeCount: number;
}

export interface MetricSettings {
  /** Milliseconds between exports. */
  readonly interval: number;
  readonly temporality: Temporality;
  readonly histograms: HistogramStyle;
}

/** Spool for batches that no collector accepts. */
export interface SpoolSettings {
  readonly directory: string;
  readonly maxBytes: number;
}

export interface OtlpSettings {
  /** Whether nothing is exported, in which case there are no routes. */
  readonly isDisabled: boolean;
  /** Routes of exported signals. */
  readonly routes: Partial<Record<Signal, Route>>;
  readonly batches: Readonly<Record<QueuedSignal, BatchOptions>>;
  /** Time limit of an export in milliseconds, if shorter than its route's; Infinity for no limit. */
  readonly exportTimeouts: Readonly<Record<Signal, number>>;
  /** Longest wait that a collector may demand, in milliseconds. */
  readonly longestWait: number;
  readonly metrics: MetricSettings;
  readonly limits: Readonly<Record<QueuedSignal, AttributeLimits>>;
  /** Attributes set by the user, without service.name. */
  readonly resource: readonly TextAttribute[];
  readonly serviceName: string;
  readonly args: ArgsStyle;
  /** Whether log records have a body, a line for people. */
  readonly hasBody: boolean;
  readonly hasSpans: boolean;
  /** Sampling of traces. */
  readonly sampling: Sampling;
  readonly spool?: SpoolSettings;
  /** Warnings of one line each, for the user before the run starts. */
  readonly warnings: readonly string[];
}

const USUAL_SPOOL = 256 << 20;

const TEMPORALITY_NAMES = new Map(TEMPORALITIES.map((name) => [name as string, name]));
const HISTOGRAM_NAMES = new Map<string, HistogramStyle>([
  ['explicit_bucket_histogram', 'explicit'],
  ['base2_exponential_bucket_histogram', 'exponential'],
]);

function metricSettings(environment: Environment, flags: OtlpFlagValues): MetricSettings {
  return {
    interval: environment.integer(['OTEL_METRIC_EXPORT_INTERVAL'], 1) ?? 60_000,
    temporality: flags.temporality ?? environment.choice(VARIABLES.temporality(), TEMPORALITY_NAMES) ?? 'cumulative',
    histograms: flags.histograms ?? environment.choice(VARIABLES.histograms(), HISTOGRAM_NAMES) ?? 'explicit',
  };
}

/** `record` is the specification's name of the signal's records. */
const limitsOf = (record: 'LOGRECORD' | 'SPAN', environment: Environment): AttributeLimits => {
  const names = (limit: string) => [`OTEL_${record}_ATTRIBUTE_${limit}`, `OTEL_ATTRIBUTE_${limit}`];
  return {
    valueLength: environment.integer(names('VALUE_LENGTH_LIMIT'), 0) ?? Number.POSITIVE_INFINITY,
    attributeCount: environment.integer(names('COUNT_LIMIT'), 0) ?? 128,
  };
};

/**
 * Reads the settings of the OTLP output from flags, then from a signal's standard variables, then from those for all
 * signals. Throws UsageError for an invalid flag and SnoopkitError for an invalid variable if the export would be
 * pointless.
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
    // Without spans, mistakes in the sampler's variables don't matter.
    sampling: flags.hasSpans ? samplingOf(environment) : ALL,
    ...(spool !== undefined && { spool: { directory: spool, maxBytes: spoolMax } }),
  };
  // Last, after everything that may warn.
  return { ...settings, warnings: environment.warnings };
}
