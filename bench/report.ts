/**
 * Shows results again: `node dist/bench/report.js [FILE.json]` prints the tables, by default of bench/results.json.
 * With `--docs` it puts them into docs/performance.md, and draws docs/performance.svg.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chartOf } from './chart.js';
import { writeText } from './files.js';
import { fillIn, markdownReport } from './markdown.js';
import { chart, document, savedResults } from './places.js';
import type { Results } from './results.js';
import { textReport } from './table.js';

export function readResults(file: string): Results {
  const results = JSON.parse(readFileSync(file, 'utf8')) as Results;
  if (results.format !== 1) throw new Error(`${file} has another format: run make bench again`);
  return results;
}

/** Writes the documents that show these results. */
export function writeDocs(results: Results): void {
  writeText(document, fillIn(readFileSync(document, 'utf8'), markdownReport(results)));
  const subject = results.comparisons[0]?.subject;
  if (subject !== undefined) writeText(chart, chartOf(results, subject));
}

if (import.meta.filename === process.argv[1]) {
  const { values, positionals } = parseArgs({ options: { docs: { type: 'boolean' } }, allowPositionals: true });
  const results = readResults(positionals[0] ?? savedResults);
  if (values.docs) writeDocs(results);
  else process.stdout.write(textReport(results));
}
