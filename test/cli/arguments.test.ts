import assert from 'node:assert/strict';
import { splitWords } from '../../src/cli/flags/arguments.js';
import { UsageError } from '../../src/errors.js';

describe('cli: words of the command line', () => {
  for (const [what, words, own, command] of [
    ['nothing', [], [], []],
    ['flags alone', ['-x', '-p', '1'], ['-x', '-p', '1'], []],
    ['a command', ['-x', '--', 'cat', '-n', 'f'], ['-x'], ['cat', '-n', 'f']],
    ['a command alone', ['--', 'ls'], [], ['ls']],
    ['a command with -- of its own', ['--', 'git', 'log', '--', 'f'], [], ['git', 'log', '--', 'f']],
    ["the command's -T, which is none of ours", ['--', 'ls', '-T', '--time'], [], ['ls', '-T', '--time']],
    ['-T alone', ['-T', '-x'], ['--time=local', '-x'], []],
    ['--time alone', ['--time'], ['--time=local'], []],
    ['-T=utc', ['-T=utc'], ['--time=utc'], []],
    ['--time=delta', ['--time=delta'], ['--time=delta'], []],
    ['an empty word', ['--', ''], [], ['']],
  ] as const)
    it(`splits ${what}`, () => assert.deepEqual(splitWords(words), { own, command }));

  it('wants a command behind --', () => {
    assert.throws(
      () => splitWords(['-x', '--']),
      (error) => error instanceof UsageError && /^a command must follow --$/.test(error.message),
    );
  });
});
