import type { ByName } from '../../events/by-name.js';

/** What a column that is added up is as a metric, where the name that it has by itself will not do. */
export interface MetricMapping {
  /** As the semantic conventions form names. Columns may share one, told apart by `attributes`: then the rest is the same for them, too. */
  readonly name: string;
  /** In the notation of UCUM, `{packet}` or `By`. A histogram has none: the way of its aggregation decides. */
  readonly unit?: string;
  readonly description: string;
  /** What each of its points has beside the keys, such as `{ 'network.io.direction': 'receive' }`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** By the names of columns. */
export type MetricMappings<Column extends string = string> = ByName<Column, MetricMapping>;
