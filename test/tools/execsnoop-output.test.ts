/** Output that is the same on every kernel. */
import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { ExecBench } from '../helpers/execs.js';
import { run, snoopkit } from '../helpers/run.js';

const TRUE = '/bin/true';

describe('what execsnoop shows', () => {
  let bench: ExecBench;
  before(function () {
    needs(this, 'root');
    bench = new ExecBench();
  });
  after(() => bench?.remove());

  describe('arguments', () => {
    it('are exact: 5,000 of them', async () => {
      const all = Array.from({ length: 5000 }, (_, i) => `${i}`.padEnd(10, 'x'));
      const event = await bench.one(['--max-args', '128K'], [TRUE, ...all]);
      assert.deepEqual([event.args, event.args_truncated], [[TRUE, ...all], undefined]);
    });

    it('are exact: empty, with newlines, quotes, and what is not UTF-8', async () => {
      const odd = ['', 'a\nb', '', "it's", '"', '\\', '\u202e', ' ', '$HOME', 'ü', ''];
      const event = await bench.one([], [TRUE, ...odd]);
      assert.deepEqual([event.args, event.args_base64], [[TRUE, ...odd], undefined]);
      const bytes = await bench.second([], ['sh', '-c', `exec ${TRUE} a $(printf '\\377') b`]);
      assert.deepEqual(bytes.args, [TRUE, 'a', '\ufffd', 'b']);
      assert.deepEqual(
        bytes.args_base64?.map((word) => Buffer.from(word, 'base64').toString('latin1')),
        [TRUE, 'a', '\xff', 'b'],
      );
    });

    it('are what they were, whatever the program makes of them', async () => {
      const script = '$0 = "something else"; print';
      const event = await bench.one([], ['perl', '-e', script, 'one', 'two']);
      assert.deepEqual(event.args, ['perl', '-e', script, 'one', 'two']);
    });

    it('have of a failure the path that was tried, in a table: a search for a command in PATH is no row twice', async () => {
      const env = { ...process.env, PATH: '/usr/local/bin:/usr/bin:/bin' };
      const search = ['sh', '-c', 'env nosuch "a b"; exit 0'];
      for (const flags of [['-x'], []]) {
        const { stdout } = await snoopkit(['execsnoop', '-f', ...flags, '-F', 'ret,args', '--', ...search], { env });
        const failures = stdout
          .toString()
          .split('\n')
          .filter((line) => line.includes('nosuch') && line.includes('ENOENT'));
        assert.deepEqual(
          failures.map((line) => line.trim()),
          ['/usr/local/bin', '/usr/bin', '/bin'].map((folder) => `ENOENT ${folder}/nosuch 'a b'`),
        );
      }
    });

    it('are a command line in a table, which a shell takes for the same', async () => {
      const odd = [
        '',
        'a b',
        "it's",
        'tab\tnew\nline',
        '\x1b[31m',
        'ü\u202e',
        '\u{e0001}',
        '$HOME `x`',
        '*',
        '\\n',
        '~',
      ];
      const { stdout } = await snoopkit(['execsnoop', '-F', 'args', '--', TRUE, ...odd]);
      const [header, line, ...more] = stdout.toString().split('\n');
      assert.deepEqual([header, more], ['ARGS', ['']]);
      const again = await run('bash', ['-c', `printf '%s\\0' ${line}`], {
        env: { LC_ALL: 'C.UTF-8', PATH: process.env.PATH },
      });
      assert.deepEqual(again.stdout.toString().split('\0').slice(0, -1), [TRUE, ...odd]);
    });
  });

  describe('the environment', () => {
    const env = { PATH: process.env.PATH, SECRET: 'hunter2' };

    it('is never shown unasked', async () => {
      const event = await bench.one([], [TRUE], { env });
      assert.ok(!('env' in event));
      const { status, lines } = await snoopkit(['execsnoop', '-F', 'env', '--', TRUE], { env });
      assert.deepEqual([status, lines], [2, ['snoopkit: --fields env needs --env']]);
    });
  });

  for (const [what, flags, message] of [
    ['a size that is none', ['--max-args', 'much'], '--max-args much: expected a size from 1 to 128K, such as 4K'],
    ['a size that is too large', ['--max-args', '1M'], '--max-args 1M: expected a size from 1 to 128K, such as 4K'],
    ['a name that is none', ['--env', 'A=b'], '--env A=b: expected names of environment variables, comma-separated'],
  ] as const)
    it(`refuses ${what}`, async () => {
      const { status, lines } = await snoopkit(['execsnoop', ...flags, '--', TRUE]);
      assert.deepEqual([status, lines], [2, [`snoopkit: ${message}`]]);
    });
});
