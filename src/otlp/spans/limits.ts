/** Limits of a span's attributes. */
import type { AttributeLimits } from '../settings/settings.js';
import type { AnyValue, KeyValue } from '../values.js';

/** Truncates the texts and bytes in a value, at any depth. */
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

/** Attributes within the limits, and the number of dropped ones. */
export function limited(
  attributes: readonly KeyValue[],
  { attributeCount, valueLength }: AttributeLimits,
): { attributes: readonly KeyValue[]; droppedAttributesCount?: number } {
  const kept = allShortened(attributes.slice(0, attributeCount), valueLength);
  const dropped = attributes.length - kept.length;
  return { attributes: kept, ...(dropped > 0 && { droppedAttributesCount: dropped }) };
}
