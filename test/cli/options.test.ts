import assert from 'node:assert/strict';
import { flagLabel } from '../../src/cli/flags/label.js';
import { parseOptions } from '../../src/cli/flags/options.js';
import { UsageError } from '../../src/errors.js';
import { fittingRingSize } from '../../src/trace/ring.js';

describe('cli: options', () => {
  it('are harmless when nothing is asked for', () => {
    const { users, ...options } = parseOptions({}, []);
    assert.equal(users.name(0), 'root');
    assert.deepEqual(options, {
      flags: {},
      command: [],
      duration: undefined,
      maxEvents: Number.POSITIVE_INFINITY,
      bufferSize: fittingRingSize(),
      btf: undefined,
      hooks: undefined,
      label: flagLabel,
      failOnLost: false,
      verbose: false,
      output: 'table',
      tree: undefined,
      fields: undefined,
      time: undefined,
      out: undefined,
      file: { truncate: undefined, rotate: undefined },
      color: true,
      otlp: undefined,
    });
  });

  it('are what the flags say', () => {
    const options = parseOptions(
      {
        pid: ['1,2'],
        tid: ['3'],
        ppid: ['0'],
        uid: ['root'],
        comm: ['sh'],
        follow: true,
        failed: true,
        duration: '1m',
        'max-events': '5',
        buffer: '64K',
        'fail-on-lost': true,
        json: true,
        output: 'table',
        time: 'utc',
        out: 'file',
      },
      ['cat'],
    );
    const { flags, duration, maxEvents, bufferSize, failOnLost, output, time, out, command } = options;
    assert.deepEqual(
      [flags.pid, flags.tid, flags.ppid, flags.uid, flags.comm, flags.follow, flags.failed],
      [[1, 2], [3], [0], [0], ['sh'], true, true],
    );
    assert.deepEqual(
      [duration, maxEvents, bufferSize, failOnLost, output, time, out, command],
      [60_000, 5, 65536, true, 'json', 'utc', 'file', ['cat']],
    );
  });

  for (const [what, flags, command] of [
    ['--follow of nothing', { follow: true }, []],
    ['no event at all', { 'max-events': '0' }, []],
    ['process 0', { pid: ['0'] }, []],
    ['a wrong duration', { duration: 'soon' }, ['cat']],
    ['a wrong size', { buffer: 'big' }, []],
  ] as const)
    it(`refuse ${what}`, () => {
      const wrong = { ...flags } as Parameters<typeof parseOptions>[0];
      assert.throws(
        () => parseOptions(wrong, command),
        (error) => error instanceof UsageError,
      );
    });

  it('follow a process, or a command', () => {
    assert.equal(parseOptions({ follow: true, pid: ['1'] }, []).flags.follow, true);
    assert.equal(parseOptions({ follow: true }, ['cat']).flags.follow, true);
  });

  it('refuse a file where nothing is written to it', () => {
    assert.throws(() => parseOptions({ output: 'otlp', out: 'x' }, []), /^UsageError: --out cannot be combined/);
    assert.equal(parseOptions({ output: 'json', out: 'x', otlp: true }, []).out, 'x');
  });
});
