import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { OptionError, parseOptions } from '../../bench/options.js';

describe('options of the benchmark suite', () => {
  it('compares everything, five rounds of 500,000, when nothing is said', () => {
    assert.deepEqual(parseOptions([]), {
      rounds: 5,
      count: 500_000,
      subjects: ['opensnoop', 'execsnoop', 'tcplife'],
      conditions: ['idle', 'busy'],
      ours: [],
      before: undefined,
      micro: true,
      save: false,
      out: undefined,
      help: false,
    });
  });

  it('takes what make bench passes on', () => {
    const options = parseOptions(
      ['--rounds', '3', '--count', '2000', '--only', 'opensnoop', '--conditions', 'busy', '--no-micro'].concat([
        '--ours=--buffer 512K',
        '--save',
        '--out',
        'x.json',
      ]),
    );
    assert.deepEqual(
      [options.rounds, options.count, options.conditions, options.ours, options.micro, options.save, options.out],
      [3, 2000, ['busy'], ['--buffer', '512K'], false, true, 'x.json'],
    );
  });

  it('compares with another checkout in place of peers', () => {
    const { before, micro } = parseOptions(['--before', '../other']);
    assert.deepEqual([before, micro], [resolve('../other'), false]);
  });

  for (const args of [
    ['--before', 'x', '--save'],
    ['--rounds', '0'],
    ['--count', '-5'],
    ['--count', '1e3'],
    ['--only', 'nosnoop'],
    ['--conditions', 'idle,quiet'],
    ['--nonsense'],
    ['stray'],
  ]) {
    it(`refuses ${args.join(' ')}`, () => {
      assert.throws(() => parseOptions(args), OptionError);
    });
  }

  it('says what there is instead of a subject that is not', () => {
    assert.throws(() => parseOptions(['--only', 'nosnoop']), /no nosnoop; there are: opensnoop/);
  });
});
