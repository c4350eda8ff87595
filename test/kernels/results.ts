/** What a guest's tests came to: lines of JSON from the guest, a result for each kernel, and a table of all. */
import type { Report } from '../../src/cli/doctor/doctor.js';

/**
 * A line of a guest's results. `started` is followed by one of the others, unless the guest hangs or dies; `retried`,
 * of a test that failed where the kernel skipped programs, by `started`.
 */
export interface TestLine {
  readonly state: 'started' | 'retried' | 'passed' | 'failed' | 'skipped';
  readonly title: string;
  readonly seconds?: number;
  /** Why it failed or was skipped. */
  readonly reason?: string;
}

/** Report of `snoopkit doctor` on the kernel: src/cli/doctor/doctor.ts. */
interface DoctorLine {
  readonly state: 'doctor';
  readonly report: Report;
}

export interface KernelResult {
  /** Its name. */
  readonly kernel: string;
  readonly suite: string;
  /** Missing when there was no kernel to boot. */
  readonly release?: string;
  /** When, and which commit. */
  readonly tested?: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  /** Errors outside the tests, or the reason that there are none. */
  readonly problems: readonly string[];
  readonly tests: readonly TestLine[];
  /** What each tool can do there; missing when there was no kernel to boot. */
  readonly tools?: Report['tools'];
}

/** Tests of which something was heard. */
export interface Heard {
  readonly tests: readonly TestLine[];
  readonly tools?: Report['tools'];
  /** The one that never ended. */
  readonly running: string | undefined;
}

/** Reads what a guest told. The last line may be cut where it died. */
export function parseResults(text: string): Heard {
  const lines = text.split('\n').slice(0, -1);
  const heard = lines.map((line) => JSON.parse(line) as TestLine | DoctorLine);
  const all = heard.filter((line) => line.state !== 'doctor');
  const tools = heard.find((line) => line.state === 'doctor')?.report.tools;
  const last = all.at(-1);
  const tests = all.filter(({ state }) => state !== 'started');
  return { tests, ...(tools && { tools }), running: last?.state === 'started' ? last.title : undefined };
}

/** A result of tests that ran; each problem counts as one that failed. */
export function countTests(
  about: Pick<KernelResult, 'kernel' | 'suite' | 'release' | 'tested' | 'seconds'>,
  tests: readonly TestLine[],
  problems: readonly string[] = [],
  tools?: Report['tools'],
): KernelResult {
  const count = (state: TestLine['state']) => tests.filter((test) => test.state === state).length;
  const failed = count('failed') + problems.length;
  return {
    ...about,
    passed: count('passed'),
    failed,
    skipped: count('skipped'),
    problems,
    tests,
    ...(tools && { tools }),
  };
}

/** A whole result in which those tests that ran again, after a mend say, have the place of the former ones. */
export function mergeResults(whole: KernelResult, again: KernelResult): KernelResult {
  const titles = new Set(again.tests.map(({ title }) => title));
  const kept = whole.tests.filter(({ title }) => !titles.has(title));
  const problems = [...whole.problems, ...again.problems];
  return countTests(
    { ...whole, seconds: whole.seconds + again.seconds },
    [...kept, ...again.tests],
    problems,
    again.tools ?? whole.tools,
  );
}

/** What there is to say of how a guest ended: undefined when all is as its tests say. */
export function problemOf(
  end: { status: number | undefined; hung: boolean; console: string },
  { tests, running }: Heard,
  seconds: number,
): string | undefined {
  const where = running === undefined ? '' : `, in the test: ${running}`;
  const tail = end.console.trimEnd().split('\n').slice(-20).join('\n');
  if (end.hung) return `the guest was ended after ${seconds} s${where}; its console ends with:\n${tail}`;
  if (end.status === undefined) return `the guest died${where}; its console ends with:\n${tail}`;
  const failed = tests.some(({ state }) => state === 'failed');
  if (end.status !== 0 && !failed) return `the tests ended with status ${end.status}, and none says why`;
  return tests.length === 0 ? 'no test ran' : undefined;
}

const sum = (results: readonly KernelResult[], key: 'passed' | 'failed' | 'skipped') =>
  results.reduce((total, result) => total + result[key], 0);

/** `N passed, N failed[, N skipped]` over all kernels. */
export function totalLine(results: readonly KernelResult[]): string {
  const skipped = sum(results, 'skipped');
  return `${sum(results, 'passed')} passed, ${sum(results, 'failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** Titles by what they share: each reason once. */
function byReason(tests: readonly TestLine[], state: TestLine['state']): [string, string[]][] {
  const found = new Map<string, string[]>();
  for (const { reason = '', title, ...test } of tests) {
    if (test.state === state) found.set(reason, [...(found.get(reason) ?? []), title]);
  }
  return [...found];
}

/** All that there is to say of one kernel, but for its row in the table. */
function remarks({ kernel, problems, tests, skipped, failed }: KernelResult): string[] {
  const lines = problems.map((problem) => `${kernel}: ${failed > 0 ? '' : 'skipped: '}${problem}`);
  for (const [reason, titles] of byReason(tests, 'failed')) {
    for (const title of titles) lines.push(`${kernel}: failed: ${title}\n    ${reason.replaceAll('\n', '\n    ')}`);
  }
  for (const { state, title } of tests)
    if (state === 'retried') lines.push(`${kernel}: failed and done again, for the kernel skipped programs: ${title}`);
  if (skipped === 0) return lines;
  for (const [reason, titles] of byReason(tests, 'skipped'))
    lines.push(`${kernel}: skipped for want of ${reason}`, ...titles.map((title) => `    ${title}`));
  return lines;
}

export function report(results: readonly KernelResult[]): string {
  const rows = [
    ['kernel', 'release', 'passed', 'failed', 'skipped', 'seconds'],
    ...results.map((result) => [
      result.kernel,
      result.release ?? '-',
      ...[result.passed, result.failed, result.skipped, Math.round(result.seconds)].map(String),
    ]),
  ];
  const widths = (rows[0] as string[]).map((_, i) => Math.max(...rows.map((row) => (row[i] as string).length)));
  const table = rows.map((row) =>
    row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  );
  return [...results.flatMap(remarks), '', ...table, '', totalLine(results)].join('\n');
}
