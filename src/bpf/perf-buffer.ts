import { UsageError } from '../errors.js';
import { loadBinding } from '../native/load.js';
import { checkInstance, checkInteger, checkOptions } from './arguments.js';
import { check } from './errors.js';
import { type AnyMap, BpfMap } from './map.js';
import { openingOf, RECORD_OPTIONS, type RecordOptions, RecordStream } from './record-stream.js';

const PAGES = 64;
const MOST_PAGES = 1 << 16;
const DELAY_MS = 10;
/** Linux 7.2 does not wake a reader by epoll for each record. */
const INTERVAL_MS = 50;

/** Options of PerfBuffer.open(). */
export interface PerfBufferOptions extends RecordOptions {
  /** Size of the buffer of each CPU, in pages, a power of two (default: 64). */
  pages?: number;
}

/**
 * The reading side of a BPF_MAP_TYPE_PERF_EVENT_ARRAY map, to which programs send by bpf_perf_event_output(): one buffer for
 * each CPU, where the kernel is older than 5.8, or the program is. Records come CPU by CPU, or sorted with `orderBy`. The
 * kernel pads them: a record may have up to 7 bytes more than the program sent. Kernel 4.4.
 */
export class PerfBuffer extends RecordStream {
  /**
   * Opens a map for reading. Throws ClosedError for a closed map, UsageError for one of another type, one that has a reader,
   * or wrong options, PrivilegeError (CAP_PERFMON), and BpfError.
   */
  static open(map: AnyMap, options: PerfBufferOptions = {}): PerfBuffer {
    checkInstance('map', map, BpfMap);
    const { fd, name, maxEntries } = map;
    if (map.type !== 'perf_event_array') throw new UsageError(`map ${name} is not a perf event array`);
    checkOptions(options, [...RECORD_OPTIONS, 'pages']);
    const { pages = PAGES, ...common } = options;
    const opening = { ...openingOf(map, common, DELAY_MS), interval: INTERVAL_MS };
    checkInteger('pages', pages, 1, MOST_PAGES);
    if ((pages & (pages - 1)) !== 0) throw new UsageError(`pages ${pages}: expected a power of two`);
    const native = loadBinding().openPerfBuffer(fd, maxEntries, pages, opening.order);
    return new PerfBuffer(check(native, `cannot open the perf event array ${name}`), map, opening);
  }

  /** Number of records that found no room so far. The kernel tells it with the next record of that CPU that does. */
  get lost(): number {
    return this.lostRecords();
  }
}
