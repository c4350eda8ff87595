import type { EventRecord, PlainColumn } from '../column.js';
import type { ClockOffset } from '../context.js';
import { type ColumnMaker, type Field, type Kinds, plain, Timestamp, unlessZero } from '../kind.js';
import { type OutputBuffer, Snippet } from '../output-buffer.js';
import type { TimeStyle } from '../time-style.js';

/** The wall-clock time of an event, written with what is the same for all events of a second made once. */
class WallClock {
  readonly #clock: ClockOffset;
  readonly #format: (seconds: number) => string;
  #second = Number.NaN;
  #prefix = new Snippet('');
  seconds = 0;
  nanoseconds = 0;

  constructor(clock: ClockOffset, format: (seconds: number) => string) {
    this.#clock = clock;
    this.#format = format;
  }

  /** Turns a time since boot into one since 1970. */
  convert(time: Timestamp): void {
    this.seconds = time.seconds + this.#clock.seconds;
    this.nanoseconds = time.nanoseconds + this.#clock.nanoseconds;
    if (this.nanoseconds >= 1e9) {
      this.nanoseconds -= 1e9;
      this.seconds++;
    }
  }

  /** The part up to the seconds. */
  get prefix(): Snippet {
    if (this.#second !== this.seconds) {
      this.#second = this.seconds;
      this.#prefix = new Snippet(this.#format(this.seconds));
    }
    return this.#prefix;
  }
}

const utcPrefix = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 19);

function localPrefix(seconds: number): string {
  const date = new Date(seconds * 1000);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':');
}

/** `--time`: how wide the column is, and what it shows. */
const STYLES: Record<
  TimeStyle,
  { width: number; writer: (clock: ClockOffset) => (t: Timestamp, out: OutputBuffer) => void }
> = {
  local: { width: 15, writer: (clock) => wallClockWriter(new WallClock(clock, localPrefix), 6, '') },
  utc: { width: 27, writer: (clock) => wallClockWriter(new WallClock(clock, utcPrefix), 6, 'Z') },
  epoch: { width: 20, writer: (clock) => wallClockWriter(new WallClock(clock, String), 9, '') },
  boot: { width: 16, writer: () => writeSeconds },
  delta: { width: 12, writer: deltaWriter },
};

function wallClockWriter(wall: WallClock, digits: 6 | 9, suffix: string) {
  return (time: Timestamp, out: OutputBuffer) => {
    wall.convert(time);
    out.insert(wall.prefix);
    out.byte(46);
    out.digits(digits === 9 ? wall.nanoseconds : Math.floor(wall.nanoseconds / 1000), digits);
    out.ascii(suffix);
  };
}

function writeSeconds(time: Timestamp, out: OutputBuffer): void {
  out.integer(time.seconds);
  out.byte(46);
  out.digits(time.nanoseconds, 9);
}

/**
 * Seconds since the latest event before. One that is older, for it was in a later batch, is 0, and the next one counts
 * from the latest again: so nothing is negative, and all together are the time that went by.
 */
function deltaWriter() {
  let latest: { seconds: number; nanoseconds: number } | undefined;
  return (time: Timestamp, out: OutputBuffer) => {
    const before = latest ?? time;
    const nanoseconds = (time.seconds - before.seconds) * 1e9 + time.nanoseconds - before.nanoseconds;
    if (!latest || nanoseconds > 0) latest = { seconds: time.seconds, nanoseconds: time.nanoseconds };
    const distance = Math.max(nanoseconds, 0);
    out.integer(Math.floor(distance / 1e9));
    out.byte(46);
    out.digits(distance % 1e9, 9);
  };
}

/** snoop_time: RFC 3339 in UTC with nanoseconds, and for people as `--time` says. */
const timeColumns: ColumnMaker = (field, context, { time: style = 'local' }) => {
  const time = new Timestamp();
  const wall = new WallClock(context.clock, utcPrefix);
  const iso = wallClockWriter(wall, 9, 'Z');
  const { width, writer } = STYLES[style];
  const forPeople = writer(context.clock);
  const bootTime = (record: EventRecord) => record.view.getBigUint64(record.offset + field.offset, true);
  return [
    plain({
      name: field.name,
      json: 'string',
      type: 'bigint',
      jsonSchema: { format: 'date-time', pattern: '^[0-9-]{10}T[0-9:]{8}\\.[0-9]{9}Z$' },
      width,
      align: style === 'delta' ? 'right' : 'left',
      bootTime,
      value: (record) => {
        const { seconds, nanoseconds } = context.clock;
        return bootTime(record) + BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
      },
      write: (record, out) => {
        time.read(record, field.offset);
        iso(time, out);
      },
      writeForPeople: (record, out) => {
        time.read(record, field.offset);
        forPeople(time, out);
      },
      readTime: (record, into) => {
        time.read(record, field.offset);
        wall.convert(time);
        into.seconds = wall.seconds;
        into.nanoseconds = wall.nanoseconds;
      },
    }),
  ];
};

/** snoop_known_duration: the same; not there when it is not known, which is 0. */
const knownDurationColumns: ColumnMaker = (field) => [unlessZero(field, durationColumn(field))];

/** snoop_duration: nanoseconds; for people in the unit that fits. */
const durationColumns: ColumnMaker = (field) => [durationColumn(field)];

/** Nanoseconds in the unit that fits: what would be rounded up to 1000 goes to the next one. */
export function shownDuration(ns: number): string {
  if (ns < 999_950) return `${(ns / 1e3).toFixed(1)}us`;
  if (ns < 999_995_000) return `${(ns / 1e6).toFixed(2)}ms`;
  return `${(ns / 1e9).toFixed(2)}s`;
}

function durationColumn(field: Field): PlainColumn {
  const time = new Timestamp();
  return plain({
    name: field.name,
    json: 'integer',
    type: 'bigint',
    unit: 'ns',
    width: 9,
    least: 8,
    align: 'right',
    value: (record) => record.view.getBigUint64(record.offset + field.offset, true),
    write: (record, out) => {
      const at = record.offset + field.offset;
      out.unsigned64(record.view.getUint32(at, true), record.view.getUint32(at + 4, true));
    },
    writeForPeople: (record, out) => {
      time.read(record, field.offset);
      out.ascii(shownDuration(time.seconds * 1e9 + time.nanoseconds));
    },
  });
}

export const KINDS: Kinds = {
  snoop_time: { columns: timeColumns },
  snoop_duration: { columns: durationColumns },
  snoop_known_duration: { columns: knownDurationColumns },
};
