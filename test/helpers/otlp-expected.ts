/** Expected log record of an event, derived from its line of JSON: an independent way to the same attributes. */
import { CHANGES, detailsOf, namesOf, type OtlpMapping, OWN, ruleOf } from '../../src/otlp/mapping.js';

/** An attribute's value, as messageType('AnyValue') and the collector's JSON have it: integers as strings. */
export type Told =
  | { stringValue: string }
  | { intValue: string }
  | { doubleValue: number }
  | { boolValue: boolean }
  | { bytesValue: string }
  | { arrayValue: { values: Told[] } }
  | { kvlistValue: { values: { key: string; value: Told }[] } };

export interface ToldBy {
  /** Columns in nanoseconds, which are in seconds in OTLP. */
  readonly durations: ReadonlySet<string>;
  /** Integers that are strings in JSON. */
  readonly wide: ReadonlySet<string>;
  readonly args?: 'full' | 'none';
}

function told(column: string, value: unknown, { durations, wide }: ToldBy): Told {
  if (typeof value === 'number') {
    if (durations.has(column)) return { doubleValue: value / 1e9 };
    return { intValue: String(value) };
  }
  if (typeof value === 'boolean') return { boolValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map((text) => ({ stringValue: text })) } };
  if (typeof value === 'object' && value !== null)
    return {
      kvlistValue: {
        values: Object.entries(value).map(([key, text]) => ({ key, value: { stringValue: String(text) } })),
      },
    };
  return wide.has(column) ? { intValue: String(value) } : { stringValue: String(value) };
}

/** The attributes by name. `line` is the output of `-o json`. */
export function expectedAttributes(
  line: Readonly<Record<string, unknown>>,
  mapping: OtlpMapping,
  by: ToldBy,
): Record<string, Told> {
  const event = String(line.event);
  const attributes: Record<string, Told> = {};
  for (const [name, value] of Object.entries(mapping.constants ?? {})) attributes[name] = { stringValue: value };
  for (const [key, value] of Object.entries(line)) {
    const [, column = key, suffix] = /^(.*?)(?:_(base64|truncated|count|size))?$/.exec(key) ?? [];
    const base = `${OWN}${event}.${column}`;
    if (suffix && column in line) {
      if (suffix === 'base64' && typeof value === 'string') attributes[`${base}.bytes`] = { bytesValue: value };
      if (suffix === 'truncated') attributes[`${base}.truncated`] = { boolValue: true };
      continue;
    }
    if (key === 'event' || key === 'time' || value === null) continue;
    const rule = ruleOf(key, event, mapping);
    const { unless, with: needed, byRole, as } = detailsOf(rule);
    if (unless !== undefined && line[unless] !== undefined) continue;
    if (needed !== undefined && !line[needed]) continue;
    const further = byRole && (byRole as Record<string, string>)[String(line.role)];
    for (const name of [...namesOf(rule), ...(further ? [further] : [])])
      attributes[name] = as ? { stringValue: CHANGES[as](String(value)) } : told(key, value, by);
  }
  const { args } = line;
  if (Array.isArray(args) && (!line.args_truncated || line.args_count))
    attributes['process.args_count'] = { intValue: String(line.args_count ?? args.length) };
  if (by.args === 'none') delete attributes['process.command_args'];
  return attributes;
}

/** Nanoseconds since 1970 of a time in JSON output. */
export function unixNano(time: string): string {
  const [seconds = '', fraction = ''] = time.replace('Z', '').split('.');
  return String(BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction));
}
