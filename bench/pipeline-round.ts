/**
 * One round of one pipeline: CPU time of this process for a record from the ring to a collector, which is another
 * process, and the number of records that arrive per second. `node dist/bench/pipeline-round.js NAME [CPU SECONDS]`
 * prints it as JSON.
 */
import { setImmediate } from 'node:timers/promises';
import { EVENT, type Pipeline, type PipelineOptions, sentColumns } from './pipeline.js';
import { encodeOnly, snoopkitPipeline } from './pipeline-snoopkit.js';
import { Collector } from './programs.js';
import { openRecords, type Records } from './records.js';
import type { PipelineMeasurement, PipelineName } from './results.js';
import { cpuUs } from './units.js';

/** Number of records that arrive at 200,000 per second while the reader of a ring waits. */
const RECORDS = 2000;
/** A fourth of the queue of a run. */
const MOST_WAITING = 16_384;
/** Share of a round that precedes it, for V8 to compile. */
const WARM_UP = 0.5;
const USUAL_SECONDS = 3;

/** A text that occurs once in each record: the end of its event name. */
const MARK = `file.${EVENT}`;

const now = () => BigInt(Date.now()) * 1_000_000n;

/** Sends for this time until everything has arrived. Returns the number of records. */
async function send(pipeline: Pipeline, records: Records, us: number): Promise<number> {
  const before = process.cpuUsage();
  let sent = 0;
  while (cpuUs(before) < us) {
    pipeline.write(records);
    sent += RECORDS;
    // Records arrive in an event of their own, as from a ring.
    await pipeline.gauge.atMost(MOST_WAITING);
    await setImmediate();
  }
  await pipeline.gauge.atMost(0);
  return sent;
}

async function measurePipeline(open: (options: PipelineOptions) => Promise<Pipeline>, us: number) {
  const records = openRecords(RECORDS);
  const collector = new Collector(MARK);
  const pipeline = await open({ endpoint: await collector.endpoint(), columns: sentColumns(records), now });
  const warmUp = await send(pipeline, records, us * WARM_UP);
  const before = process.cpuUsage();
  const start = performance.now();
  const sent = await send(pipeline, records, us);
  const measured = { records: sent, us: cpuUs(before), wallUs: (performance.now() - start) * 1e3 };
  await pipeline.close();
  const { events } = await collector.end();
  if (events !== warmUp + sent) throw new Error(`${warmUp + sent} records were sent, and ${events} arrived`);
  return measured;
}

function measureEncoding(us: number) {
  const records = openRecords(RECORDS);
  const encode = encodeOnly({ endpoint: 'http://127.0.0.1', columns: sentColumns(records), now });
  const round = (most: number) => {
    const before = process.cpuUsage();
    const start = performance.now();
    let encoded = 0;
    for (; cpuUs(before) < most; encoded += RECORDS) encode(records);
    return { records: encoded, us: cpuUs(before), wallUs: (performance.now() - start) * 1e3 };
  };
  round(us * WARM_UP);
  return round(us);
}

async function measure(name: PipelineName, us: number): Promise<PipelineMeasurement> {
  const measured = await {
    snoopkit: () => measurePipeline(snoopkitPipeline, us),
    // Loaded only here: a measurement of snoopkit has none of it in memory.
    sdk: async () => {
      const { sdkPipeline } = await import('./pipeline-sdk.js');
      return measurePipeline(async (options) => sdkPipeline(options), us);
    },
    encode: async () => measureEncoding(us),
  }[name]();
  return { ...measured, peakKb: process.resourceUsage().maxRSS };
}

const [, , name, seconds = USUAL_SECONDS] = process.argv;
process.stdout.write(JSON.stringify(await measure(name as PipelineName, Number(seconds) * 1e6)));
