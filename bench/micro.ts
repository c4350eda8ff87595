/**
 * Micro-benchmarks: number of events per second that one otherwise idle core decodes, writes, and reads from a ring
 * buffer. `node dist/bench/micro.js` prints them, with `--json` as JSON.
 */
import { parseArgs } from 'node:util';
import { BpfObject } from '../src/bpf/object.js';
import { RingBuffer } from '../src/bpf/ring-buffer.js';
import { OutputBuffer } from '../src/events/output-buffer.js';
import { EventReader } from '../src/events/reader.js';
import type { Format } from '../src/output/format.js';
import { JsonFormat } from '../src/output/json.js';
import { TableFormat } from '../src/output/table.js';
import { floodObject } from './places.js';
import { forEachRecord, openRecords, type Records } from './records.js';
import { type MicroResult, stat } from './results.js';
import { count, cpuUs, range } from './units.js';

/** Number of records in memory, as after a wake-up. */
const RECORDS = 10_000;
const ROUNDS = 7;
/** CPU time of a round, in microseconds. */
const ROUND_US = 200_000;

export interface MicroOptions {
  /** Includes reading a ring, which needs root. */
  readonly ring: boolean;
  readonly roundUs?: number;
}

/** Runs one operation on many events. Returns their number, and the CPU time without preparation. */
type Pass = () => { events: number; us: number };

function timed(events: number, work: () => void): Pass {
  return () => {
    const before = process.cpuUsage();
    work();
    return { events, us: cpuUs(before) };
  };
}

function measure(name: string, what: string, pass: Pass, roundUs: number): MicroResult {
  const round = () => {
    let events = 0;
    let us = 0;
    while (us < roundUs) {
      const done = pass();
      events += done.events;
      us += done.us;
    }
    return (events / us) * 1e6;
  };
  // The first rounds are for V8 to compile.
  round();
  round();
  return { name, what, eventsPerSecond: stat(Array.from({ length: ROUNDS }, round)) };
}

function decode({ schema, bytes, offsets, lengths }: Records): Pass {
  const reader = new EventReader(schema);
  return timed(offsets.length, () => {
    offsets.forEach((offset, i) => {
      reader.read(bytes, offset, lengths[i] as number);
    });
  });
}

function write(records: Records, format: Format): Pass {
  const out = new OutputBuffer();
  return timed(records.offsets.length, () => {
    forEachRecord(records, (record) => format.event(record, out));
    out.take();
  });
}

/** Fills a ring, which is not measured, and reads it. */
function readRing(ring: RingBuffer): Pass {
  return () => {
    // Each writes 4096 records, which is half a MiB: see bench/fixtures/flood.bpf.c.
    for (let i = 0; i < 16; i++) process.kill(process.pid, 0);
    let events = 0;
    const before = process.cpuUsage();
    for (const batch of ring.drain()) events += batch.forEach(() => {});
    const us = cpuUs(before);
    if (events === 0) throw new Error('the ring stayed empty');
    return { events, us };
  };
}

function measureRing(roundUs: number): MicroResult {
  using opened = BpfObject.open(floodObject);
  opened.globals.need('writer').set(process.pid);
  using object = opened.load();
  // As tools do.
  using ring = RingBuffer.open(object.maps.need('events'), { orderBy: 0 });
  object.programs.need('flood').attach();
  return measure(
    'read the ring',
    'records of 96 bytes, from the kernel to a buffer of this process',
    readRing(ring),
    roundUs,
  );
}

const JSON_COLUMNS = (name: string) => !name.startsWith('full_path');
const TABLE_COLUMNS = ['pid', 'comm', 'ret', 'path'];

/** Runs all micro-benchmarks. */
export function runMicro({ ring, roundUs = ROUND_US }: MicroOptions): MicroResult[] {
  const records = openRecords(RECORDS);
  const { columns } = records.schema;
  const table = TABLE_COLUMNS.flatMap((name) => columns.filter((column) => column.name === name));
  const json = columns.filter(({ name }) => JSON_COLUMNS(name));
  const on = (name: string, what: string, pass: Pass) => measure(name, `opensnoop events ${what}`, pass, roundUs);
  return [
    on('decode', 'to objects (EventReader)', decode(records)),
    on('write a table', `of ${table.length} columns`, write(records, new TableFormat(table, false))),
    on('write JSON', `of ${json.length} columns`, write(records, new JsonFormat('open', json))),
    ...(ring ? [measureRing(roundUs)] : []),
  ];
}

if (import.meta.filename === process.argv[1]) {
  const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
  const results = runMicro({ ring: process.geteuid?.() === 0 });
  if (values.json) process.stdout.write(JSON.stringify(results));
  else {
    for (const { name, what, eventsPerSecond } of results) {
      process.stdout.write(
        `${name}: ${count(eventsPerSecond.median)} events/s (${range(eventsPerSecond, count)}), ${what}\n`,
      );
    }
  }
}
