/**
 * Mocha's spec reporter, and at its end what was skipped and why, what failed, and one plain line:
 * `N passed, N failed` or `N passed, N failed, N skipped`. A skip that no capability justifies (`it.skip`, a
 * test without a body) counts as failed.
 */
import Mocha from 'mocha';
import { skipReason } from './capability.js';
import { patient } from './helpers/patience.js';

/** How long a server or a child that a failed test has left may keep the process alive. */
const LINGERING_MS = Number(process.env.SNOOPKIT_LINGERING_MS ?? 60_000);

function endAnyway(): void {
  const open = process.getActiveResourcesInfo().filter((name) => name !== 'Timeout');
  process.stdout.write(`  FAILED the tests have ended, but these are still open: ${open.join(', ')}\n`);
  // After mocha's own listener, which sets the number of failures.
  process.once('exit', () => {
    process.exitCode = 1;
  });
  process.exit();
}

export default class Reporter extends Mocha.reporters.Spec {
  readonly #skipped = new Map<string, string[]>();
  readonly #unjustified: string[] = [];
  readonly #retried: string[] = [];
  readonly #failed: string[] = [];

  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.on(Mocha.Runner.constants.EVENT_TEST_RETRY, (test) => this.#retried.push(test.fullTitle()));
    runner.on(Mocha.Runner.constants.EVENT_TEST_FAIL, (test, error: Error) => {
      this.#failed.push(`${test.fullTitle()}: ${error.message.trim()}`);
    });
    runner.on(Mocha.Runner.constants.EVENT_TEST_PENDING, (test) => {
      const reason = skipReason(test);
      if (reason === undefined) this.#unjustified.push(test.fullTitle());
      else this.#skipped.set(reason, [...(this.#skipped.get(reason) ?? []), test.fullTitle()]);
    });
  }

  override epilogue(): void {
    super.epilogue();
    let skipped = 0;
    for (const [reason, titles] of this.#skipped) {
      skipped += titles.length;
      process.stdout.write(`  skipped for want of ${reason}\n${titles.map((title) => `    ${title}\n`).join('')}`);
    }
    for (const title of this.#unjustified) {
      process.stdout.write(
        `  skipped without a capability that is missing (test/capability.ts), so failed:\n    ${title}\n`,
      );
    }
    for (const title of this.#retried) {
      process.stdout.write(`  failed and done again, for the kernel did not run all programs:\n    ${title}\n`);
    }
    // Of a long log most people see the end.
    for (const failure of this.#failed) process.stdout.write(`  FAILED ${failure.replaceAll('\n', '\n    ')}\n`);
    const { passes, failures } = this.stats;
    const tail = skipped > 0 ? `, ${skipped} skipped` : '';
    process.stdout.write(`\n${passes} passed, ${failures + this.#unjustified.length} failed${tail}\n`);
  }

  /** Mocha asks for the number of failures, which becomes the exit status, once the run is over. */
  override done(failures: number, finish?: (failures: number) => void): void {
    finish?.(failures + this.#unjustified.length);
    setTimeout(endAnyway, patient(LINGERING_MS)).unref();
  }
}
