/** The sides of ring buffers that user space has: a part of the addon's interface. */

/** The reading side of a ring buffer, mapped into memory. */
export interface NativeRing {
  /**
   * Moves complete records into `target`, oldest first, as many as fit, and frees their space in the ring. A record is an
   * 8-byte header, whose first u32 is the length of the payload (bit 30: discarded), and the payload, padded to 8 bytes. A
   * batch that had to be sorted has no discarded records. Returns the number of bytes; -ENOSPC if the first record does
   * not fit.
   */
  consume(target: Uint8Array): number;
  /** Number of bytes to be read, headers included. */
  pending(): number;
  /** Number of records that found no room, as the kernel tells a perf event array; 0 for a ring buffer. */
  lost(): number;
  /**
   * Calls `ready` once, from the event loop, when data is available; keeps the event loop alive until then. -EBUSY while
   * waiting. Returns 1, and does not wait, if a perf event array has data already.
   */
  wait(ready: () => void): number;
  /** Ends the wait: `ready` is not called any more. */
  cancel(): void;
  /** Unmaps the ring. Idempotent, also while waiting and within `ready`. */
  close(): void;
}

/** The writing side of a user ring buffer, mapped into memory. */
export interface NativeUserRing {
  /** Copies a record into the ring. -ENOSPC if it is full, -E2BIG for a record that is larger than the ring. */
  write(bytes: Uint8Array): number;
  /** Unmaps the ring. Idempotent. */
  close(): void;
}
