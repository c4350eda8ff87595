/** Compares what a record costs from the ring to a collector: with snoopkit, and with the official SDK. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import {
  type PipelineMeasurement,
  type PipelineName,
  type PipelineResult,
  type PipelineResults,
  stat,
} from './results.js';

const NAMES = ['snoopkit', 'sdk', 'encode'] as const satisfies readonly PipelineName[];

/** As it is installed. */
const versionOf = (name: string) => createRequire(import.meta.url)(`${name}/package.json`).version as string;

/** In a process of its own: what ran before would change what V8 makes of the code. */
function runRound(name: PipelineName, seconds: number | undefined): PipelineMeasurement {
  const file = fileURLToPath(new URL('pipeline-round.js', import.meta.url));
  const args = [file, name, ...(seconds === undefined ? [] : [`${seconds}`])];
  const { stdout, status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error(`the pipeline of ${name} failed`);
  return JSON.parse(stdout.toString()) as PipelineMeasurement;
}

const cpuPerRecord = ({ us, records }: PipelineMeasurement) => us / records;

/** What the reports show. */
export function pipelineResults(
  rounds: Readonly<Record<PipelineName, readonly PipelineMeasurement[]>>,
  sdkVersion: string,
): PipelineResults {
  const row = (name: PipelineName, title: string, what: string): PipelineResult => ({
    name: title,
    what,
    cpuPerRecordUs: stat(rounds[name].map(cpuPerRecord)),
    recordsPerSecond: stat(rounds[name].map(({ records, wallUs }) => (records / wallUs) * 1e6)),
    peakMb: stat(rounds[name].map(({ peakKb }) => peakKb / 1024)),
  });
  return {
    rows: [
      row('snoopkit', 'snoopkit', 'in batches of 4096'),
      row('sdk', 'official SDK', `the same by @opentelemetry/sdk-logs ${sdkVersion} and its exporter`),
      row('encode', 'snoopkit, nothing sent', 'encoded only'),
    ],
    ratio: stat(
      rounds.snoopkit.map((one, i) => cpuPerRecord(one) / cpuPerRecord(rounds.sdk[i] as PipelineMeasurement)),
    ),
    rounds,
  };
}

/** Runs all rounds, of so many seconds of CPU time where that is given. `tell` hears what is being done. */
export function comparePipelines(count: number, tell: (step: string) => void, seconds?: number): PipelineResults {
  const rounds: Record<PipelineName, PipelineMeasurement[]> = { snoopkit: [], sdk: [], encode: [] };
  for (let round = 0; round < count; round++) {
    // In another order each round, so that none always comes first.
    for (const name of round % 2 ? NAMES.toReversed() : NAMES) {
      tell(`round ${round + 1} of ${count}, OTLP: ${name}`);
      rounds[name].push(runRound(name, seconds));
    }
  }
  return pipelineResults(rounds, versionOf('@opentelemetry/sdk-logs'));
}
