import { crc32 } from 'node:zlib';
import { SIGNALS, type Signal } from '../types.js';

/**
 * Format of a request on disk: a header and the request, which is complete in itself.
 *
 *     0  magic, with the version as its last byte
 *     4  signal: its index in SIGNALS
 *     5  state: 0, or 1 once delivered; not covered by the checksum, because it changes
 *     6  reserved: 0
 *     8  number of records in the request
 *    12  size of the request in bytes
 *    16  CRC-32 of bytes 0 to 4 and 8 to 15, and of the request
 */
export const HEADER_SIZE = 20;
const MAGIC = 0x534e4f01;
const STATE = 5;
const DONE = 1;

export interface FrameHeader {
  readonly signal: Signal;
  readonly isDone: boolean;
  readonly records: number;
  readonly length: number;
  readonly checksum: number;
}

/** State of a delivered frame, and its offset in the frame. */
export const DONE_MARK = { bytes: Buffer.of(DONE), offset: STATE } as const;

function checksumOf(header: Buffer, request: Uint8Array): number {
  return crc32(request, crc32(header.subarray(8, 16), crc32(header.subarray(0, STATE))));
}

export function encodeHeader(signal: Signal, records: number, request: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER_SIZE);
  header.writeUInt32BE(MAGIC, 0);
  header[4] = SIGNALS.indexOf(signal);
  header.writeUInt32LE(records, 8);
  header.writeUInt32LE(request.length, 12);
  header.writeUInt32LE(checksumOf(header, request), 16);
  return header;
}

/** Parses a header; undefined if it is invalid. */
export function decodeHeader(header: Buffer): FrameHeader | undefined {
  const signal = SIGNALS[header[4] ?? SIGNALS.length];
  if (header.length < HEADER_SIZE || header.readUInt32BE(0) !== MAGIC || signal === undefined) return undefined;
  return {
    signal,
    isDone: header[STATE] === DONE,
    records: header.readUInt32LE(8),
    length: header.readUInt32LE(12),
    checksum: header.readUInt32LE(16),
  };
}

export const isWhole = (header: Buffer, request: Uint8Array): boolean =>
  checksumOf(header, request) === header.readUInt32LE(16);
