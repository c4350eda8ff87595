import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { needs } from '../capability.js';
import { PRINTK, snoopkit } from '../helpers/run.js';
import { Trace } from '../helpers/trace.js';

interface LineEvent {
  pid: number;
  comm: string;
  cpu: number;
  program?: string;
  message: string;
}

const LONG = 'write_lines_with_a_long_name';
const MESSAGES = ['line of 1', 'of old 2', 'a tab\tand "quotes"', 'first\nsecond', 'below 3'];

describe('tracepipe', () => {
  let trace: Trace<LineEvent>;
  before(function () {
    needs(this, 'root');
    trace = new Trace('tracepipe');
  });
  after(() => trace?.remove());

  /** Interpreted programs have no addresses, and those of compiled ones can be hidden. */
  const areProgramsKnown = () =>
    readFileSync('/proc/sys/net/core/bpf_jit_enable', 'latin1').trim() !== '0' &&
    /^[0-9a-f]*[1-9a-f]/.test(readFileSync('/proc/kallsyms', 'latin1'));

  it('shows the lines of programs, and which one wrote each', async () => {
    const { events } = await trace.run([], [...PRINTK, LONG, 'write_other_line', LONG]);
    assert.deepEqual(
      events.map(({ message }) => message),
      [...MESSAGES, 'other', ...MESSAGES],
    );
    const programs = [...MESSAGES.map(() => LONG), 'write_other_line', ...MESSAGES.map(() => LONG)];
    if (areProgramsKnown())
      assert.deepEqual(
        events.map(({ program }) => program),
        programs,
      );
    const [{ pid } = assert.fail()] = events;
    for (const event of events) {
      assert.equal(event.pid, pid);
      assert.ok(event.cpu >= 0 && event.cpu < 4096);
    }
  });

  it('shows only those of the chosen processes', async () => {
    const some = await trace.run(['-n', 'node'], [...PRINTK, 'write_other_line']);
    assert.equal(some.events.length, 1);
    const none = await trace.run(['-n', 'no-such-name'], [...PRINTK, 'write_other_line']);
    assert.deepEqual(none.events, []);
  });

  it('is a row on the terminal', async () => {
    const { status, stdout } = await snoopkit(['tracepipe', '-F', 'cpu,message', '--', ...PRINTK, LONG]);
    assert.equal(status, 0);
    assert.match(
      stdout.toString(),
      /^ *CPU MESSAGE\n( *\d+ line of 1\n)( *\d+ of old 2\n)( *\d+ a tab\\tand "quotes"\n)/,
    );
    assert.match(stdout.toString(), /\d first\\nsecond\n/);
  });
});
