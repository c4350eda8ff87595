import type { Temporality } from '../settings/flag-values.js';
import type { RecordResource } from '../types.js';
import { type KeyValue, keyValue } from '../values.js';
import { CUMULATIVE, DELTA, type Series } from './metric-points.js';

/** Meaning of a source's amounts: changes since the last report, totals since the start, or current values. */
export type AmountKind = 'changes' | 'totals' | 'level';

/** The specification's limit of series per metric, including the overflow series. */
const SERIES_LIMIT = 2000;
const OVERFLOW: readonly KeyValue[] = [keyValue('otel.metric.overflow', true)];
/** Distinct from all results of keyOf(). */
const OVERFLOW_KEY = 'overflow';

export interface SeriesOptions {
  readonly amountKind: AmountKind;
  readonly temporality: Temporality;
  /** Number of amounts per series. */
  readonly width: number;
  /** When counting began, in nanoseconds since 1970. */
  readonly start: bigint;
  readonly limit?: number;
  /** Number of reports without changes after which a series of changes is forgotten; never if undefined. */
  readonly silent?: number;
}

interface KeptSeries {
  readonly attributes: readonly KeyValue[];
  readonly resource: RecordResource | undefined;
  /** Time of the report before its first data. */
  readonly start: bigint;
  /** Number of consecutive reports without changes. */
  idle: number;
  /** Amounts since the last report. */
  readonly fresh: BigUint64Array;
  /** Total as of the last report. */
  readonly total: BigUint64Array;
}

/**
 * The temporality that needs no state is used for `lowmemory`: amounts pass unchanged. Current values have no delta,
 * which would be a sum of changes.
 */
function temporalityOf(amountKind: AmountKind, preference: Temporality): number {
  if (amountKind === 'level' || preference === 'cumulative') return CUMULATIVE;
  return preference === 'lowmemory' && amountKind === 'totals' ? CUMULATIVE : DELTA;
}

/** The series of a metric by attributes, across reports. */
export class MetricSeries {
  readonly temporality: number;
  readonly #options: SeriesOptions;
  /** Maximum number of distinct series; further ones are merged into the overflow series. */
  readonly #room: number;
  readonly #kept = new Map<string, KeptSeries>();
  #last: bigint;

  constructor(options: SeriesOptions) {
    this.#options = options;
    this.#room = (options.limit ?? SERIES_LIMIT) - 1;
    this.#last = options.start;
    this.temporality = temporalityOf(options.amountKind, options.temporality);
  }

  /** Adds to the series with these attributes, always in the same order, and this resource. */
  add(attributes: readonly KeyValue[], amounts: BigUint64Array, resource?: RecordResource): void {
    // Calls that add nothing must not use up the limit.
    if (this.#options.amountKind !== 'level' && isNothing(amounts)) return;
    addTo(this.#find(attributes, resource).fresh, amounts);
  }

  /** Ends a report. The result is valid until the next `add()` and may be empty. */
  take(time: bigint): { readonly end: bigint; readonly series: readonly Series[] } {
    const isDelta = this.temporality === DELTA;
    // The clock may have been set back.
    const end = time > this.#last ? time : this.#last + 1n;
    const last = this.#last;
    this.#last = end;
    this.#forget();
    const series = [...this.#kept.values()].map((kept) => ({
      attributes: kept.attributes,
      resource: kept.resource,
      start: isDelta ? last : kept.start,
      amounts: this.#close(kept, isDelta),
    }));
    // The series are no longer needed, and free room for others.
    if (isDelta && this.#options.amountKind === 'changes') this.#kept.clear();
    return { end, series: isDelta ? series.filter(({ amounts }) => !isNothing(amounts)) : series };
  }

  /** Forgets series without changes, which frees room for others. One that returns starts anew. */
  #forget(): void {
    const { amountKind, silent } = this.#options;
    if (amountKind !== 'changes' || silent === undefined) return;
    for (const [key, kept] of this.#kept) {
      kept.idle = isNothing(kept.fresh) ? kept.idle + 1 : 0;
      if (kept.idle >= silent) this.#kept.delete(key);
    }
  }

  #find(attributes: readonly KeyValue[], resource: RecordResource | undefined): KeptSeries {
    const key = resource ? `${resource.key}/${keyOf(attributes)}` : keyOf(attributes);
    const known = this.#kept.get(key);
    if (known) return known;
    const hasOverflow = this.#kept.has(OVERFLOW_KEY);
    if (this.#kept.size - Number(hasOverflow) < this.#room) return this.#admit(key, attributes, resource);
    return this.#kept.get(OVERFLOW_KEY) ?? this.#admit(OVERFLOW_KEY, OVERFLOW);
  }

  #admit(key: string, attributes: readonly KeyValue[], resource?: RecordResource): KeptSeries {
    const { width, amountKind, start } = this.#options;
    const series = {
      attributes,
      resource,
      // Totals were counted from the start.
      start: amountKind === 'changes' ? this.#last : start,
      idle: 0,
      fresh: new BigUint64Array(width),
      total: new BigUint64Array(width),
    };
    this.#kept.set(key, series);
    return series;
  }

  /** Amounts of a series in this report. */
  #close({ fresh, total }: KeptSeries, isDelta: boolean): BigUint64Array {
    const { amountKind } = this.#options;
    const before = total.slice();
    if (amountKind === 'changes') addTo(total, fresh);
    else if (amountKind === 'level') total.set(fresh);
    // Totals never decrease, whatever the source reports.
    else
      total.forEach((was, i) => {
        total[i] = max(was, fresh[i] ?? 0n);
      });
    fresh.fill(0n);
    return isDelta ? total.map((now, i) => now - (before[i] ?? 0n)) : total;
  }
}

/**
 * A key that is unique to the attributes. There may be tens of thousands of rows, and JSON.stringify() is too slow for
 * texts and numbers.
 */
function keyOf(attributes: readonly KeyValue[]): string {
  let all = '';
  for (const { key, value } of attributes) {
    if ('stringValue' in value) all += `${key}=${value.stringValue.length}:${value.stringValue};`;
    else if ('intValue' in value && typeof value.intValue === 'number') all += `${key}=${value.intValue};`;
    else all += `${key}=${JSON.stringify(value)};`;
  }
  return all;
}

const max = (a: bigint, b: bigint) => (a > b ? a : b);
const isNothing = (amounts: BigUint64Array) => amounts.every((amount) => amount === 0n);

function addTo(sum: BigUint64Array, amounts: BigUint64Array): void {
  amounts.forEach((amount, i) => {
    sum[i] = (sum[i] ?? 0n) + amount;
  });
}
