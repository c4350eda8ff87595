import { RecordBatch } from '../../src/bpf/record-stream.js';

/** A batch of records of one 32-bit number each, with the length of a record of 8 bytes. */
export function batchOf(...numbers: number[]): RecordBatch {
  const bytes = Buffer.alloc(16 * numbers.length);
  numbers.forEach((number, i) => {
    bytes.writeUInt32LE(8, 16 * i);
    bytes.writeUInt32LE(number, 16 * i + 8);
  });
  return new RecordBatch(bytes);
}
