import assert from 'node:assert/strict';
import { arrivalsOf } from '../helpers/otlp-arrivals.js';
import { ACCOUNT, plainEnvironment, useReceiver } from '../helpers/otlp-run.js';
import { snoopkit } from '../helpers/run.js';
import { Trace } from '../helpers/trace.js';

const SECRET = 'hunter2';
const MASK = '[REDACTED]';
const WORDS = ['/bin/true', `--password=${SECRET}`, '--token', SECRET, `http://me:${SECRET}@localhost/`, 'plain'];
const REDACTED = ['/bin/true', `--password=${MASK}`, '--token', MASK, `http://me:${MASK}@localhost/`, 'plain'];

describe('--otlp-args', () => {
  const receiver = useReceiver();

  for (const [tool, signal, flags] of [
    ['execsnoop', 'logs', []],
    ['procsnoop', 'logs', []],
    ['procsnoop', 'spans', ['--otlp-spans']],
    // The span of the command is made by another way.
    ['opensnoop', 'spans', ['--otlp-spans', '--trace-root']],
  ] as const)
    for (const [style, shown] of [
      [undefined, REDACTED],
      ['none', undefined],
      ...(tool === 'execsnoop' ? [['full', WORDS] as const] : []),
    ] as const)
      it(`${style ?? 'left out'}: what ${signal} of ${tool} have of arguments`, async () => {
        const trace = new Trace<{ args?: string[] }>(tool);
        try {
          const all = ['--otlp', ...receiver().flags, ...flags, ...(style ? ['--otlp-args', style] : [])];
          const { events } = await trace.run(all, WORDS, { maySay: ACCOUNT, env: plainEnvironment() });
          const requests = receiver().server.requests.splice(0);
          const text = Buffer.concat(requests.map(({ body }) => body)).toString('latin1');
          assert.equal(text.includes(SECRET), style === 'full');
          const records = arrivalsOf(requests)[signal].map(({ attributes }) => attributes);
          const withArgs = records.filter((attributes) => 'process.args_count' in attributes);
          assert.deepEqual(
            withArgs.map((attributes) => [attributes['process.command_args'], attributes['process.args_count']]),
            [[shown, WORDS.length]],
          );
          // What goes to a file of one's own is as it was.
          if (tool !== 'opensnoop') assert.deepEqual(events.at(-1)?.args, WORDS);
        } finally {
          trace.remove();
        }
      });

  for (const [style, shown] of [
    ['redacted', ` args=/bin/true '--password=${MASK}' --token '${MASK}' 'http://me:${MASK}@localhost/' plain`],
    ['full', ` args=${WORDS.join(' ')}`],
    ['none', ''],
  ] as const)
    it(`${style}: what bodies have of arguments, in one line`, async () => {
      const words = [
        'execsnoop',
        '-o',
        'otlp',
        '--otlp-body',
        '--otlp-args',
        style,
        ...receiver().flags,
        '--',
        ...WORDS,
      ];
      await snoopkit(words, { env: plainEnvironment() });
      const bodies = arrivalsOf(receiver().server.requests.splice(0)).logs.map(({ body }) => body ?? '');
      assert.equal(bodies.length, 1);
      assert.match(bodies[0] ?? '', /^(\w+=\S* )*\w+=/);
      assert.ok(bodies[0]?.endsWith(shown), bodies[0]);
      assert.equal(bodies[0]?.includes(SECRET), style === 'full');
    });

  it('bodies are there only where they are asked for, and drive no terminal', async () => {
    const script = 'cat "$(printf "/\\033[31m\\n")"';
    for (const flags of [[], ['--otlp-body']]) {
      const words = ['opensnoop', '-f', '-x', '-o', 'otlp', ...flags, ...receiver().flags, '--', 'sh', '-c', script];
      await snoopkit(words, { env: plainEnvironment() });
      const bodies = arrivalsOf(receiver().server.requests.splice(0)).logs.map(({ body }) => body);
      assert.ok(bodies.length > 0);
      if (flags.length === 0) assert.ok(bodies.every((body) => body === undefined));
      else
        assert.ok(
          // Columns that an event lacks, such as euser, are left out.
          bodies.every((body) => body && !/\p{Cc}|\w=( |$)/u.test(body)),
          bodies.join('|'),
        );
      if (flags.length > 0)
        assert.ok(
          bodies.some((body) => /comm=cat .*ENOENT.*path=\/\\/.test(body ?? '')),
          bodies.join('|'),
        );
    }
  });
});
