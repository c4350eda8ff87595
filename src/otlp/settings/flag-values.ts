import { UsageError } from '../../errors.js';
import type { Protocol } from '../types.js';

/** Treatment of programs' arguments, which may be secret. */
export const ARGS_STYLES = ['redacted', 'full', 'none'] as const;
export type ArgsStyle = (typeof ARGS_STYLES)[number];

export const COMPRESSIONS = ['gzip', 'none'] as const;

/** Bytes. */
export const SMALLEST_SPOOL = 1 << 20;

export const HISTOGRAM_STYLES = ['explicit', 'exponential'] as const;
export type HistogramStyle = (typeof HISTOGRAM_STYLES)[number];

export const TEMPORALITIES = ['cumulative', 'delta', 'lowmemory'] as const;
export type Temporality = (typeof TEMPORALITIES)[number];

/** The caller's names of options in messages. Default: names of the properties. */
export interface OptionNames {
  readonly names?: Readonly<Record<string, string>>;
}

/** Name of an option in messages. */
export const optionName = ({ names }: OptionNames, option: string): string => names?.[option] ?? option;

/** An attribute from the environment, always a text. */
export interface TextAttribute {
  readonly key: string;
  readonly value: string;
}

/**
 * Options of the OTLP output, derived from flags by the command line. The OTEL_* variables apply in place of omitted
 * ones, then the defaults given here.
 */
export interface OtlpFlagValues extends OptionNames {
  /** URL of the collector, to which /v1/logs and so on are appended; for gRPC also HOST:PORT. Default: localhost. */
  readonly endpoint?: string;
  /** Default: `http/protobuf`. */
  readonly protocol?: Protocol;
  /** Headers of requests, by lower-case name. */
  readonly headers?: ReadonlyMap<string, string>;
  /** Whether requests are compressed with gzip. Default: no. */
  readonly isCompressed?: boolean;
  /** Time limit of a batch with all its attempts, in milliseconds; Infinity for none. Default: 10,000. */
  readonly timeout?: number;
  /** Longest wait that a collector may demand, in milliseconds. Default: five minutes. */
  readonly longestWait?: number;
  /** Whether gRPC to an endpoint without a scheme omits TLS. */
  readonly isInsecure?: boolean;
  /** Path of the CA certificates to trust, in PEM. Default: those of the system. */
  readonly ca?: string;
  /** Paths of the client certificate and its private key, in PEM. */
  readonly cert?: string;
  readonly key?: string;
  /** Default: `redacted`. */
  readonly args?: ArgsStyle;
  /** Whether log records have a body, a line for people. Default: no. */
  readonly hasBody?: boolean;
  /** Folder for batches while the collector is unavailable. Default: none, they stay in memory. */
  readonly spool?: string;
  /** Maximum size of the spool in bytes. Default: 256 MiB. */
  readonly spoolMax?: number;
  /** Additional attributes of the resource. */
  readonly resource?: readonly TextAttribute[];
  /** Whether each container has its own resource, in place of attributes. Default: no. */
  readonly isPerContainer?: boolean;
  /** Whether processes or connections are exported as spans, too. Default: no. */
  readonly hasSpans?: boolean;
  /** Whether the traced command is the root of a trace. Default: no. */
  readonly hasTraceRoot?: boolean;
  /** Default: `explicit`. */
  readonly histograms?: HistogramStyle;
  /** Default: `cumulative`. */
  readonly temporality?: Temporality;
  /** Maximum number of records per request. Default: 4096. */
  readonly maxBatch?: number;
  /** Maximum number of queued records. Further ones are dropped and counted. Default: 65,536. */
  readonly maxQueue?: number;
  /** Longest time that a record waits for a batch to fill, in milliseconds. Default: 1000 for logs, 5000 for spans. */
  readonly delay?: number;
}

/** Throws UsageError for an option without the one that gives it a meaning. */
export function checkCombinations(options: OtlpFlagValues): void {
  const needs = (option: keyof OtlpFlagValues, other: keyof OtlpFlagValues) =>
    new UsageError(`${optionName(options, option)} needs ${optionName(options, other)}`);
  if (options.spoolMax !== undefined && options.spool === undefined) throw needs('spoolMax', 'spool');
  if (options.hasTraceRoot && !options.hasSpans) throw needs('hasTraceRoot', 'hasSpans');
}
