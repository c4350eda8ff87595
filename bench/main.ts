/** The benchmark suite: `make bench`, or `node dist/bench/main.js --help`. Needs root. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeText } from './files.js';
import { lookAtMachine, machineWarnings } from './machine.js';
import { type BenchOptions, HELP, OptionError, parseOptions } from './options.js';
import { comparePipelines } from './pipelines.js';
import { root, savedResults } from './places.js';
import { writeDocs } from './report.js';
import type { MicroResult, Results } from './results.js';
import { besideBefore, subjects } from './subjects.js';
import { compare } from './suite.js';
import { textReport } from './table.js';

const tell = (text: string) => process.stderr.write(`${text}\n`);

/** Runs in a process of its own: code that ran before would change V8's optimization. */
function runMicro(): MicroResult[] {
  const micro = fileURLToPath(new URL('micro.js', import.meta.url));
  const { stdout, status } = spawnSync(process.execPath, [micro, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error('the micro-benchmarks failed');
  return JSON.parse(stdout.toString()) as MicroResult[];
}

async function run(options: BenchOptions): Promise<Results> {
  const date = new Date().toISOString();
  const machine = await lookAtMachine();
  const warnings = machineWarnings(machine);
  for (const warning of warnings) tell(`note: ${warning}`);
  if (options.micro) tell('micro-benchmarks');
  const micro = options.micro ? runMicro() : [];
  const pipelines = options.micro ? comparePipelines(options.rounds, tell) : undefined;
  const { before } = options;
  const chosen = subjects
    .filter(({ name }) => options.subjects.includes(name))
    .map((subject) => (before === undefined ? subject : besideBefore(subject, before)));
  const { comparisons, remarks } = await compare(chosen, options, tell);
  const ours = options.ours.length > 0 ? [`snoopkit ran with ${options.ours.join(' ')}.`] : [];
  return {
    format: 1,
    date,
    machine,
    rounds: options.rounds,
    ours: options.ours,
    comparisons,
    micro,
    ...(pipelines && { pipelines }),
    remarks: [...warnings, ...ours, ...remarks],
  };
}

function save(results: Results, { out, save }: BenchOptions): void {
  const text = `${JSON.stringify(results, undefined, 2)}\n`;
  const file = out ?? join(root, 'build', 'bench', `${results.date.replaceAll(':', '')}.json`);
  writeText(file, text);
  tell(`the results as JSON: ${file}`);
  if (!save) return;
  writeText(savedResults, text);
  writeDocs(results);
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (process.geteuid?.() !== 0) {
    tell('bench: tracing needs root: make bench asks sudo for it');
    return 1;
  }
  const results = await run(options);
  process.stdout.write(textReport(results));
  save(results, options);
  // A contender that never worked is in the report; a failure of ours must be an error.
  const rows = results.comparisons.flatMap((comparison) => comparison.rows);
  return rows.some((row) => row.program === 'snoopkit' && row.failures.length > 0) ? 1 : 0;
}

// Prevents leftover folders of the loads; child processes end with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
try {
  process.exitCode = await main();
} catch (error) {
  tell(`bench: ${(error as Error).message}`);
  process.exitCode = error instanceof OptionError ? 2 : 1;
}
