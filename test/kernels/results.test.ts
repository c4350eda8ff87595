import assert from 'node:assert/strict';
import { countTests, mergeResults, parseResults, problemOf, report, type TestLine, totalLine } from './results.js';

const lines = (...tests: TestLine[]) => tests.map((test) => `${JSON.stringify(test)}\n`).join('');
const started = (title: string): TestLine => ({ state: 'started', title });
const ABOUT = { kernel: '6.1', suite: 'bookworm', release: '6.1.0-50-cloud-amd64', seconds: 12.3 };
const TESTS: TestLine[] = [
  { state: 'passed', title: 'one', seconds: 1 },
  { state: 'failed', title: 'two', seconds: 2, reason: 'it is\nbroken' },
  { state: 'skipped', title: 'three', reason: 'jq: no jq on the PATH' },
  { state: 'skipped', title: 'four', reason: 'jq: no jq on the PATH' },
];

describe('kernels: reports of a guest', () => {
  it('is read line by line', () => {
    const [one, two, three] = TESTS as [TestLine, TestLine, TestLine];
    const heard = parseResults(lines(started('one'), one, started('two'), two, three));
    assert.deepEqual(heard, { tests: [one, two, three], running: undefined });
  });

  it('has what doctor said', () => {
    const tool = { tool: 'opensnoop', state: 'works', hooks: { opens: ['tracepoint'] }, remarks: [] };
    const heard = parseResults(`{"state":"doctor","report":{"system":[],"tools":[${JSON.stringify(tool)}]}}\n`);
    assert.deepEqual(heard, { tests: [], tools: [tool], running: undefined });
  });

  it('has the test that never ended, and may end in the midst of a line', () => {
    const text = `${lines(TESTS[0] as TestLine, started('two'))}{"state":"pas`;
    assert.deepEqual(parseResults(text), { tests: [TESTS[0]], running: 'two' });
  });
});

describe('kernels: how a guest ended', () => {
  const heard = { tests: TESTS.slice(0, 1), running: undefined };
  const end = { status: 0, hung: false, console: 'line\n'.repeat(100) };
  for (const [what, ended, told, problem] of [
    ['well', end, heard, /^undefined$/],
    ['with tests that failed', { ...end, status: 1 }, { ...heard, tests: TESTS }, /^undefined$/],
    ['with a failure that no test has', { ...end, status: 7 }, heard, /status 7/],
    ['without any test', end, { ...heard, tests: [] }, /^no test ran$/],
    ['by dying', { ...end, status: undefined }, heard, /^the guest died; its console ends with:\n(line\n){19}line$/],
    [
      'by hanging',
      { ...end, status: undefined, hung: true },
      { ...heard, running: 'two' },
      /^the guest was ended after 60 s, in the test: two; its console/,
    ],
  ] as const)
    it(what, () => assert.match(String(problemOf(ended, told, 60)), problem));
});

describe('kernels: results', () => {
  it('count a problem as a failure', () => {
    const { passed, failed, skipped } = countTests(ABOUT, TESTS);
    assert.deepEqual([passed, failed, skipped], [1, 1, 2]);
    assert.equal(countTests(ABOUT, TESTS, ['the guest died']).failed, 2);
  });

  it('have the tests that ran again in place of the former ones', () => {
    const whole = countTests(ABOUT, TESTS);
    const again = countTests(ABOUT, [
      { state: 'retried', title: 'two' },
      { state: 'passed', title: 'two', seconds: 3 },
      { state: 'passed', title: 'five', seconds: 1 },
    ]);
    const { passed, failed, skipped, tests } = mergeResults(whole, again);
    assert.deepEqual([passed, failed, skipped], [3, 0, 2]);
    assert.deepEqual(
      tests.map(({ state, title }) => `${state} ${title}`),
      ['passed one', 'skipped three', 'skipped four', 'retried two', 'passed two', 'passed five'],
    );
    assert.equal(mergeResults(countTests(ABOUT, TESTS, ['hung']), again).failed, 1);
  });

  it('are summed over all kernels', () => {
    const result = countTests(ABOUT, TESTS);
    assert.equal(totalLine([result, result]), '2 passed, 2 failed, 4 skipped');
    assert.equal(totalLine([countTests(ABOUT, TESTS.slice(0, 1))]), '1 passed, 0 failed');
  });

  it('have a word on each test that was done again, which counts once', () => {
    const text = report([countTests(ABOUT, [{ state: 'retried', title: 'one' }, ...TESTS.slice(0, 1)])]);
    assert.match(text, /^6\.1: failed and done again, for the kernel skipped programs: one\n/);
    assert.match(text, /\n1 passed, 0 failed$/);
  });

  it('are told: what failed, what was skipped and why, a row for each kernel, the sum', () => {
    const missing = { kernel: '7.2', suite: 'forky', passed: 0, failed: 0, skipped: 1, seconds: 0, tests: [] };
    const text = report([countTests(ABOUT, TESTS), { ...missing, problems: ['offline'] }]);
    assert.equal(
      text,
      `6.1: failed: two
    it is
    broken
6.1: skipped for want of jq: no jq on the PATH
    three
    four
7.2: skipped: offline

kernel  release               passed  failed  skipped  seconds
6.1     6.1.0-50-cloud-amd64       1       1        2       12
7.2     -                          0       0        1        0

1 passed, 1 failed, 3 skipped`,
    );
  });
});
