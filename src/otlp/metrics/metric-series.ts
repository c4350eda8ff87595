import type { Temporality } from '../settings/flag-values.js';
import type { RecordResource } from '../types.js';
import { type KeyValue, keyValue } from '../values.js';
import { CUMULATIVE, DELTA, type Series } from './metric-points.js';

/** What a source tells: what came since it was last asked, what there was since the start, or what there is just now. */
export type Telling = 'changes' | 'totals' | 'level';

/** The specification's limit to the series of a metric, that of the overflow among them. */
const SERIES_LIMIT = 2000;
const OVERFLOW: readonly KeyValue[] = [keyValue('otel.metric.overflow', true)];
/** No other has such a key: see keyOf(). */
const OVERFLOW_KEY = 'overflow';

export interface SeriesOptions {
  readonly telling: Telling;
  readonly temporality: Temporality;
  /** How many amounts a series has. */
  readonly width: number;
  /** Nanoseconds since 1970: when the counting began. */
  readonly start: bigint;
  readonly limit?: number;
  /** Reports without anything after which a series of changes is forgotten; none, where this is left out. */
  readonly silent?: number;
}

interface KeptSeries {
  readonly attributes: readonly KeyValue[];
  readonly resource: RecordResource | undefined;
  /** The report before the first that has something of it. */
  readonly start: bigint;
  /** For how many reports nothing has come. */
  idle: number;
  /** What was told since the last report. */
  readonly fresh: BigUint64Array;
  /** All until the last report. */
  readonly total: BigUint64Array;
}

/** Low memory is what needs no total that is kept for it: what is told as it is. A level has no delta: the sum of its changes would have to be. */
function temporalityOf(telling: Telling, preference: Temporality): number {
  if (telling === 'level' || preference === 'cumulative') return CUMULATIVE;
  return preference === 'lowmemory' && telling === 'totals' ? CUMULATIVE : DELTA;
}

/** The series of a metric, by their attributes, from report to report. */
export class MetricSeries {
  readonly temporality: number;
  readonly #options: SeriesOptions;
  /** Of series that may be told apart: what is beyond goes together into one. */
  readonly #room: number;
  readonly #kept = new Map<string, KeptSeries>();
  #last: bigint;

  constructor(options: SeriesOptions) {
    this.#options = options;
    this.#room = (options.limit ?? SERIES_LIMIT) - 1;
    this.#last = options.start;
    this.temporality = temporalityOf(options.telling, options.temporality);
  }

  /** Adds to the series that has these attributes, in the order that they always have, and this resource. */
  add(attributes: readonly KeyValue[], amounts: BigUint64Array, resource?: RecordResource): void {
    // Calls that add nothing must not use up the room.
    if (this.#options.telling !== 'level' && isNothing(amounts)) return;
    addTo(this.#find(attributes, resource).fresh, amounts);
  }

  /** Ends a report. What it returns is good until the next `add()`; there may be nothing to tell. */
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
    // Nothing of it is needed any more, and others may find room.
    if (isDelta && this.#options.telling === 'changes') this.#kept.clear();
    return { end, series: isDelta ? series.filter(({ amounts }) => !isNothing(amounts)) : series };
  }

  /** Forgets series to which nothing is added any more: others find room then. One that comes back begins anew. */
  #forget(): void {
    const { telling, silent } = this.#options;
    if (telling !== 'changes' || silent === undefined) return;
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
    const { width, telling, start } = this.#options;
    const series = {
      attributes,
      resource,
      // What others have counted, they did from the beginning.
      start: telling === 'changes' ? this.#last : start,
      idle: 0,
      fresh: new BigUint64Array(width),
      total: new BigUint64Array(width),
    };
    this.#kept.set(key, series);
    return series;
  }

  /** What a series tells in this report. */
  #close({ fresh, total }: KeptSeries, isDelta: boolean): BigUint64Array {
    const { telling } = this.#options;
    const before = total.slice();
    if (telling === 'changes') addTo(total, fresh);
    else if (telling === 'level') total.set(fresh);
    // What only grows can't have become less, whatever its source says.
    else
      total.forEach((was, i) => {
        total[i] = max(was, fresh[i] ?? 0n);
      });
    fresh.fill(0n);
    return isDelta ? total.map((now, i) => now - (before[i] ?? 0n)) : total;
  }
}

/** The same for the same attributes only. There may be ten thousands of rows: for texts and numbers JSON.stringify() is too slow. */
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
