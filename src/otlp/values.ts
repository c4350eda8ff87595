/** Attributes as plain objects, for messages.ts. */

/** A 64-bit integer as protobufjs takes it, without a BigInt. */
export interface Int64 {
  readonly low: number;
  readonly high: number;
  readonly unsigned: boolean;
}

export type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: number | Int64 }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } }
  | { readonly kvlistValue: { readonly values: readonly KeyValue[] } }
  | { readonly bytesValue: Uint8Array };

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/** Converts a BigInt of up to 64 bits. */
export function int64(value: bigint, unsigned = true): Int64 {
  const bits = BigInt.asUintN(64, value);
  return { low: Number(bits & 0xffffffffn) | 0, high: Number(bits >> 32n) | 0, unsigned };
}

/** Converts a JavaScript value. Safe integers and BigInts become integers. */
function anyValue(value: string | number | bigint | boolean | readonly string[]): AnyValue {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'bigint':
      return { intValue: int64(value, false) };
    case 'number':
      return Number.isSafeInteger(value) ? { intValue: value } : { doubleValue: value };
    default:
      return { arrayValue: { values: value.map((text) => ({ stringValue: text })) } };
  }
}

export const keyValue = (key: string, value: Parameters<typeof anyValue>[0]): KeyValue => ({
  key,
  value: anyValue(value),
});
