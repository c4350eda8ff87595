/** Compares the cost of a record from the ring to a collector: with snoopkit, and with the official SDK. */
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

/** The installed version. */
const versionOf = (name: string) => createRequire(import.meta.url)(`${name}/package.json`).version as string;

/** Runs in a process of its own: code that ran before would change V8's optimization. */
function runRound(name: PipelineName, seconds: number | undefined): PipelineMeasurement {
  const file = fileURLToPath(new URL('pipeline-round.js', import.meta.url));
  const args = [file, name, ...(seconds === undefined ? [] : [`${seconds}`])];
  const { stdout, status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error(`the pipeline of ${name} failed`);
  return JSON.parse(stdout.toString()) as PipelineMeasurement;
}

const cpuPerRecord = ({ us, records }: PipelineMeasurement) => us / records;

/** The figures for the reports. */
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

/** Runs all rounds, each for this CPU time in seconds if given. `tell` reports progress. */
export function comparePipelines(count: number, tell: (step: string) => void, seconds?: number): PipelineResults {
  const rounds: Record<PipelineName, PipelineMeasurement[]> = { snoopkit: [], sdk: [], encode: [] };
  for (let round = 0; round < count; round++) {
    // The order alternates, so that no pipeline always comes first.
    for (const name of round % 2 ? NAMES.toReversed() : NAMES) {
      tell(`round ${round + 1} of ${count}, OTLP: ${name}`);
      rounds[name].push(runRound(name, seconds));
    }
  }
  return pipelineResults(rounds, versionOf('@opentelemetry/sdk-logs'));
}
