/** The reporter of all tests, which in a guest also tells the host of each test, as it starts and as it ends. */
import { openSync, writeSync } from 'node:fs';
import Mocha from 'mocha';
import { skipReason } from '../capability.js';
import Reporter from '../reporter.js';
import type { TestLine } from './results.js';

export default class GuestReporter extends Reporter {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const file = openSync(process.env.RESULTS ?? '/dev/null', 'a');
    const tell = (line: TestLine) => writeSync(file, `${JSON.stringify(line)}\n`);
    const events = Mocha.Runner.constants;
    const seconds = ({ duration = 0 }: Mocha.Runnable) => duration / 1000;
    runner.on(events.EVENT_TEST_BEGIN, (test) => tell({ state: 'started', title: test.fullTitle() }));
    runner.on(events.EVENT_TEST_PASS, (test) =>
      tell({ state: 'passed', title: test.fullTitle(), seconds: seconds(test) }),
    );
    runner.on(events.EVENT_TEST_FAIL, (test, error) =>
      tell({ state: 'failed', title: test.fullTitle(), seconds: seconds(test), reason: String(error.message) }),
    );
    runner.on(events.EVENT_TEST_RETRY, (test) => tell({ state: 'retried', title: test.fullTitle() }));
    runner.on(events.EVENT_TEST_PENDING, (test) => {
      const reason = skipReason(test);
      tell({
        state: reason === undefined ? 'failed' : 'skipped',
        title: test.fullTitle(),
        reason: reason ?? 'skipped without a capability that is missing',
      });
    });
  }
}
