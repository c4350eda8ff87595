/** The attributes that a span may have, by the settings. */
import type { AttributeLimits } from '../settings/settings.js';
import type { AnyValue, KeyValue } from '../values.js';

/** A value that is no longer than it may be: its texts and bytes, wherever in it they are. */
function shortened(value: AnyValue, most: number): AnyValue {
  if ('stringValue' in value) {
    const text = value.stringValue;
    return text.length <= most ? value : { stringValue: [...text].slice(0, most).join('') };
  }
  if ('bytesValue' in value) return { bytesValue: value.bytesValue.subarray(0, most) };
  if ('arrayValue' in value)
    return { arrayValue: { values: value.arrayValue.values.map((one) => shortened(one, most)) } };
  if ('kvlistValue' in value) return { kvlistValue: { values: allShortened(value.kvlistValue.values, most) } };
  return value;
}

const allShortened = (attributes: readonly KeyValue[], most: number): readonly KeyValue[] =>
  most === Number.POSITIVE_INFINITY
    ? attributes
    : attributes.map(({ key, value }) => ({ key, value: shortened(value, most) }));

/** What of the attributes is within the limits, and how many are not. */
export function limited(
  attributes: readonly KeyValue[],
  { attributeCount, valueLength }: AttributeLimits,
): { attributes: readonly KeyValue[]; droppedAttributesCount?: number } {
  const kept = allShortened(attributes.slice(0, attributeCount), valueLength);
  const dropped = attributes.length - kept.length;
  return { attributes: kept, ...(dropped > 0 && { droppedAttributesCount: dropped }) };
}
