import { UsageError } from '../errors.js';
import { loadBinding } from '../native/load.js';
import { checkInstance } from './arguments.js';
import { check } from './errors.js';
import { type AnyMap, BpfMap } from './map.js';
import { openingOf, type RecordOptions, RecordStream } from './record-stream.js';

const DELAY_MS = 10;
/** No machine fills a ring faster than this, so a reader that waits no longer than that finds room in it. */
const BYTES_PER_MS = 800 << 10;

/** Options of RingBuffer.open(). */
export type RingBufferOptions = RecordOptions;

/** The reading side of a BPF_MAP_TYPE_RINGBUF map, by a descriptor of its own. Kernel 5.8. */
export class RingBuffer extends RecordStream {
  /**
   * Opens a map for reading. Throws ClosedError for a closed map, UsageError for one of another type, one that has a reader,
   * or wrong options, and BpfError.
   */
  static open(map: AnyMap, options: RingBufferOptions = {}): RingBuffer {
    checkInstance('map', map, BpfMap);
    const { fd, name, maxEntries } = map;
    if (map.type !== 'ringbuf') throw new UsageError(`map ${name} is not a ring buffer`);
    const opening = openingOf(map, options, Math.min(DELAY_MS, maxEntries / BYTES_PER_MS));
    const native = loadBinding().openRing(fd, maxEntries, opening.order);
    return new RingBuffer(check(native, `cannot open the ring buffer ${name}`), map, opening);
  }
}
