import type { Protocol } from '../types.js';

/** What becomes of the arguments of programs, which may be secret. */
export const ARGS_STYLES = ['redacted', 'full', 'none'] as const;
export type ArgsStyle = (typeof ARGS_STYLES)[number];

export const COMPRESSIONS = ['gzip', 'none'] as const;

export const HISTOGRAM_STYLES = ['explicit', 'exponential'] as const;
export type HistogramStyle = (typeof HISTOGRAM_STYLES)[number];

export const TEMPORALITIES = ['cumulative', 'delta', 'lowmemory'] as const;
export type Temporality = (typeof TEMPORALITIES)[number];

/** The caller's names of options, for messages; those of the properties when left out. */
export interface OptionNames {
  readonly names?: Readonly<Record<string, string>>;
}

/** An option as messages call it. */
export const optionName = ({ names }: OptionNames, option: string): string => names?.[option] ?? option;

/** An attribute as the environment has it: always a text. */
export interface TextAttribute {
  readonly key: string;
  readonly value: string;
}

/** Options of the OTLP output; what they leave out is up to the environment. The command line makes them of its flags. */
export interface OtlpFlagValues extends OptionNames {
  readonly endpoint?: string;
  readonly protocol?: Protocol;
  /** By names in lower case. */
  readonly headers?: ReadonlyMap<string, string>;
  readonly isCompressed?: boolean;
  /** Milliseconds; Infinity for no limit. */
  readonly timeout?: number;
  /** Milliseconds that a collector may have a batch wait. */
  readonly longestWait?: number;
  readonly isInsecure?: boolean;
  /** Files with PEM. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly args?: ArgsStyle;
  readonly hasBody?: boolean;
  readonly spool?: string;
  /** Bytes. */
  readonly spoolMax?: number;
  readonly resource?: readonly TextAttribute[];
  /** Whether each container has a resource of its own. */
  readonly isPerContainer?: boolean;
  readonly hasSpans?: boolean;
  readonly hasTraceRoot?: boolean;
  readonly histograms?: HistogramStyle;
  readonly temporality?: Temporality;
  readonly maxBatch?: number;
  readonly maxQueue?: number;
  /** Milliseconds. */
  readonly delay?: number;
}
