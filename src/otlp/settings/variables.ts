import type { Signal } from '../types.js';
import type { OtlpFlagValues } from './flag-values.js';

/** Signals whose records arrive one by one; metrics are read for each export. */
export type QueuedSignal = 'logs' | 'traces';

const PROCESSORS = { logs: 'OTEL_BLRP', traces: 'OTEL_BSP' } as const;

/** An exporter's setting: the signal's own variable, then that of all signals. */
const exporter =
  (setting: string) =>
  (signal: Signal): readonly [own: string, general: string] => [
    `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${setting}`,
    `OTEL_EXPORTER_OTLP_${setting}`,
  ];

/** A setting of a batch processor. */
const processor =
  (setting: string) =>
  (signal: QueuedSignal): readonly [string] => [`${PROCESSORS[signal]}_${setting}`];

/** Time limits of exports, as of an SDK's processors and reader. */
export const EXPORT_TIMEOUTS: Readonly<Record<Signal, string>> = {
  logs: `${PROCESSORS.logs}_EXPORT_TIMEOUT`,
  traces: `${PROCESSORS.traces}_EXPORT_TIMEOUT`,
  metrics: 'OTEL_METRIC_EXPORT_TIMEOUT',
};

const single = (name: string) => (): readonly [string] => [name];

/**
 * The standard variables that apply in place of options, the first that is set. Their names follow the specification
 * (protocol/exporter.md, configuration/sdk-environment-variables.md, metrics/sdk_exporters/otlp.md).
 */
export const VARIABLES = {
  endpoint: exporter('ENDPOINT'),
  protocol: exporter('PROTOCOL'),
  headers: exporter('HEADERS'),
  isCompressed: exporter('COMPRESSION'),
  timeout: exporter('TIMEOUT'),
  isInsecure: exporter('INSECURE'),
  ca: exporter('CERTIFICATE'),
  cert: exporter('CLIENT_CERTIFICATE'),
  key: exporter('CLIENT_KEY'),
  resource: single('OTEL_RESOURCE_ATTRIBUTES'),
  histograms: single('OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION'),
  temporality: single('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE'),
  maxBatch: processor('MAX_EXPORT_BATCH_SIZE'),
  maxQueue: processor('MAX_QUEUE_SIZE'),
  delay: processor('SCHEDULE_DELAY'),
} satisfies Partial<Record<keyof OtlpFlagValues, (signal: QueuedSignal) => readonly string[]>>;

/** The variables of an option, for help: those that are not one signal's, or one for each signal. */
export function variablesOf(option: keyof OtlpFlagValues): readonly string[] {
  const names: ((signal: QueuedSignal) => readonly string[]) | undefined = Object.hasOwn(VARIABLES, option)
    ? VARIABLES[option as keyof typeof VARIABLES]
    : undefined;
  return names ? [...new Set([...names('logs').slice(-1), ...names('traces').slice(-1)])] : [];
}
