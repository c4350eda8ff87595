import type { ByName } from '../../events/by-name.js';

/** Metric of an aggregated column, if the default name is unsuitable. */
export interface MetricMapping {
  /**
   * A name in the style of the semantic conventions. Columns that share one differ by `attributes` and agree in the
   * rest.
   */
  readonly name: string;
  /** Unit in UCUM notation, `{packet}` or `By`. Histograms omit it: theirs is seconds. */
  readonly unit?: string;
  readonly description: string;
  /** Attributes of each point besides the keys, such as `{ 'network.io.direction': 'receive' }`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** By column name. */
export type MetricMappings<Column extends string = string> = ByName<Column, MetricMapping>;
