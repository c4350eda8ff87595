/** The same options on the command line and for trace(): both accept them, or refuse them with the same words. */
import assert from 'node:assert/strict';
import { UsageError } from '../../src/errors.js';
import { trace } from '../../src/trace/index.js';
import { optionLabel } from '../../src/trace/named-options.js';
import { needs } from '../capability.js';
import { snoopkit } from '../helpers/run.js';

type Options = Readonly<Record<string, string | number | boolean | readonly string[]>>;

const PID = process.pid;
/** Every run ends at once. */
const SOON = { duration: '10ms' };

const CASES: readonly (readonly [tool: string, options: Options, message?: string])[] = [
  // What these select among all processes.
  ['opensnoop', { pid: PID, follow: true }],
  ['opensnoop', { follow: true }, 'follow needs pid'],
  ['opensnoop', { follow: true, comm: 'cat' }, 'follow needs pid'],
  ['opensnoop', { tid: PID, follow: true }, 'follow needs pid'],
  ['opensnoop', { pid: 4194304 }, 'pid 4194304: no such process'],
  ['opensnoop', { comm: 'sixteen-bytes-..' }],
  ['opensnoop', { uid: 'no-such-user' }, 'uid no-such-user: no such user'],
  ['opensnoop', { path: '' }, 'path: expected the path of a file or folder'],
  ['opensnoop', { container: 'abc' }],
  ['opensnoop', { flags: 'NOPE' }],
  ['tcptop', { ipv4: true }],
  ['tcptop', { ipv4: true, ipv6: true }, 'ipv4 cannot be combined with ipv6'],
  ['tcpconnect', { ipv6: true, ipv4: true }, 'ipv4 cannot be combined with ipv6'],
  ['tcptop', { port: 65536 }],
  // Aggregates, and options that need them.
  ['tcpconnect', { count: true, sort: 'comm', rows: 5, interval: 1, once: true }],
  ['tcpconnect', { sort: 'comm' }, 'sort needs count'],
  ['tcpconnect', { rows: 5 }, 'rows needs count'],
  ['tcpconnect', { rows: 5, count: false }, 'rows needs count'],
  ['tcpconnect', { interval: 1 }, 'interval needs count'],
  ['tcpconnect', { once: true }, 'once needs count'],
  ['tcpconnect', { once: false }],
  ['sigsnoop', { sort: 'comm' }, 'sort needs count'],
  ['tcptop', { rows: 0 }],
  ['tcptop', { interval: 0 }],
  // Columns.
  ['execsnoop', { fields: '+env' }, 'fields env needs env'],
  ['execsnoop', { fields: '+env', env: 'PATH' }],
  ['opensnoop', { fields: '+full_path' }],
  // Values of a tool's own.
  ['execsnoop', { maxArgs: '1G' }],
  ['exitsnoop', { exitCode: '5-3' }, 'exitCode 5-3: the range is reversed'],
  ['procsnoop', { minDuration: -1 }],
  // The run.
  ['opensnoop', { maxEvents: 0 }],
  ['opensnoop', { duration: '5d' }],
  ['opensnoop', { buffer: 'huge' }],
  ['opensnoop', { hooks: 'nope' }],
];

/** The words of a command line. */
function wordsOf(options: Options): string[] {
  return Object.entries(options).flatMap(([option, value]) => {
    const flag = `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (typeof value === 'boolean') return value ? [flag] : [];
    return [value].flat().map((text) => `${flag}=${text}`);
  });
}

/** The message as trace() has it: with names of options, and without commands. */
const withoutFlags = (line: string) =>
  line
    .replace('snoopkit: ', '')
    .replace(' or a command after --', '')
    .replace(/--([a-z][a-z0-9-]*)/g, (_all, flag: string) => optionLabel(flag));

describe('trace() and the command line', () => {
  before(function () {
    needs(this, 'root');
  });

  for (const [tool, options, message] of CASES)
    it(`agree on ${tool} ${JSON.stringify(options).replace(`${PID}`, 'PID')}`, async () => {
      const quiet = { info: () => {}, warn: () => {}, error: assert.fail };
      const [{ status, lines }, refusal] = await Promise.all([
        snoopkit([tool, ...wordsOf({ ...SOON, ...options })]),
        trace(tool as string, { ...SOON, ...options }, { notices: quiet }).then(
          async (run) => assert.equal(await run.ended(), undefined),
          (error: Error) => error,
        ),
      ]);
      if (refusal) {
        assert.ok(refusal instanceof UsageError, String(refusal));
        assert.deepEqual([status, lines.map(withoutFlags)], [2, [refusal.message]]);
      } else assert.equal(status, 0, lines.join('\n'));
      if (message !== undefined) assert.equal(refusal?.message, message);
    });
});

describe('trace(): surroundings of a run', () => {
  before(function () {
    needs(this, 'root');
  });

  const sinks = 'sinks: expected a list of functions that make sinks, such as jsonLines()';
  const made = 'expected a function that returns a sink, such as an object of a class that extends BaseSink';
  const notices = 'notices: expected an object with functions info, warn and error';
  const MISTAKES: readonly (readonly [extras: unknown, message: string])[] = [
    [null, 'trace: expected an object with options'],
    [{ sinsk: [] }, 'trace has no option sinsk; did you mean sinks?'],
    [{ signal: {} }, 'signal: expected an AbortSignal'],
    [{ sinks: null }, sinks],
    [{ sinks: () => undefined }, sinks],
    [{ sinks: [{}] }, sinks],
    [{ sinks: [() => undefined] }, `sinks[0]: ${made}`],
    [{ sinks: [async () => ({})] }, `sinks[0]: ${made}`],
    [{ notices: 'all' }, notices],
    [{ notices: { warn: () => {} } }, notices],
  ];
  for (const [extras, message] of MISTAKES)
    it(`are refused: ${message}`, () =>
      assert.rejects(
        trace('opensnoop', SOON, extras as never).then((run) => run.close()),
        { name: 'UsageError', message },
      ));

  it('may be objects of any class', async () => {
    const run = await trace('opensnoop', SOON, { notices: console, signal: AbortSignal.timeout(60_000) });
    await run.close();
  });
});
