/** Integers and bit-fields in little-endian memory. */
import { type Bits, bytesOfBits } from './shape.js';

/** Reads an integer of 1, 2, 4, 8 or 16 bytes: up to 4 bytes as a number, beyond as a bigint. */
export function readInteger(view: DataView, at: number, size: number, signed: boolean): number | bigint {
  switch (size) {
    case 1:
      return signed ? view.getInt8(at) : view.getUint8(at);
    case 2:
      return signed ? view.getInt16(at, true) : view.getUint16(at, true);
    case 4:
      return signed ? view.getInt32(at, true) : view.getUint32(at, true);
    case 8:
      return signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true);
    default: {
      const high = signed ? view.getBigInt64(at + 8, true) : view.getBigUint64(at + 8, true);
      return (high << 64n) | view.getBigUint64(at, true);
    }
  }
}

/** Writes an integer of 1, 2, 4, 8 or 16 bytes. The value must fit. */
export function writeInteger(view: DataView, at: number, size: number, value: bigint): void {
  switch (size) {
    case 1:
      view.setUint8(at, Number(BigInt.asUintN(8, value)));
      break;
    case 2:
      view.setUint16(at, Number(BigInt.asUintN(16, value)), true);
      break;
    case 4:
      view.setUint32(at, Number(BigInt.asUintN(32, value)), true);
      break;
    case 8:
      view.setBigUint64(at, BigInt.asUintN(64, value), true);
      break;
    default:
      view.setBigUint64(at, BigInt.asUintN(64, value), true);
      view.setBigUint64(at + 8, BigInt.asUintN(64, value >> 64n), true);
  }
}

/** Reads a bit-field whose first byte is at `at`. Accesses only bytes that contain its bits. */
export function readBits(view: DataView, at: number, bits: Bits, signed: boolean): bigint {
  const value = readBytes(view, at, bytesOfBits(bits)) >> BigInt(bits.offset);
  return signed ? BigInt.asIntN(bits.size, value) : BigInt.asUintN(bits.size, value);
}

/** Writes a bit-field whose first byte is at `at`, and preserves the bits around it. The value must fit. */
export function writeBits(view: DataView, at: number, bits: Bits, value: bigint): void {
  const count = bytesOfBits(bits);
  const shift = BigInt(bits.offset);
  const mask = ((1n << BigInt(bits.size)) - 1n) << shift;
  let rest = (readBytes(view, at, count) & ~mask) | (BigInt.asUintN(bits.size, value) << shift);
  for (let i = 0; i < count; i++, rest >>= 8n) view.setUint8(at + i, Number(rest & 0xffn));
}

function readBytes(view: DataView, at: number, count: number): bigint {
  let value = 0n;
  for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(view.getUint8(at + i));
  return value;
}
