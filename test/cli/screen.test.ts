/** What a person sees and presses at a terminal. */
import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { run, SNOOPKIT } from '../helpers/run.js';

/** Runs snoopkit on a terminal of its own, with keys pressed at times in seconds; returns all that it shows, and the terminal's state after. */
async function onTerminal(words: string, keys: readonly (readonly [at: number, key: string])[] = [], TERM = 'xterm') {
  const presses = keys.map(([at, key]) => `sleep ${at}; printf '${key}'`).join('; ');
  // A shell such as dash would end with Ctrl-C or Ctrl-\, before it shows the status.
  const inside = `trap : INT QUIT; stty cols 80 rows 12; "$NODE" "$SNOOPKIT" ${words}; echo "[status $?]"; stty -a | grep -ow -- "-*icanon"`;
  const outside = `(${presses || ':'}; sleep 1) | script -qec "$INSIDE" /dev/null`;
  const env = { ...process.env, NODE: process.execPath, SNOOPKIT, INSIDE: inside, TERM };
  const { stdout, said } = await run('sh', ['-c', outside], { env });
  assert.equal(said, '');
  return stdout.toString().replaceAll('\r\n', '\n');
}

describe('cli: at a terminal', () => {
  before(function () {
    needs(this, 'root');
  });

  for (const [what, key] of [
    ['q', 'q'],
    ['Q among other keys', 'xyQ'],
    ['Ctrl-C', '\\003'],
  ] as const)
    it(`${what} ends a screen, with the prompt on a line of its own and the terminal as it was`, async () => {
      const shown = await onTerminal('tcptop -i 0.2', [[6, key]]);
      const [, last = ''] = /([^\n]*)\[status 0\]\nicanon\n$/.exec(shown) ?? [];
      assert.match(shown, /\[status 0\]\nicanon\n$/);
      assert.ok(['', '\x1b[?7h'].includes(last), JSON.stringify(shown.slice(-200)));
      assert.ok(shown.includes('\x1b[H\x1b[J'));
    });

  it('one that can not move its cursor gets one report below the other', async () => {
    const shown = await onTerminal('tcptop -i 0.2 -d 1', [], 'dumb');
    assert.ok(shown.split('RECEIVED').length > 2, shown);
    assert.ok(!shown.includes('\x1b'), shown);
  });

  it('a run that shows nothing until its end says what it traces, and how to end it', async () => {
    for (const [words, line] of [
      ['sigsnoop --count -d 0.3', 'output at the end; stops after 0.3 s, or with Ctrl-C'],
      ['tcprtt -p 1 -d 0.3', 'output at the end; stops after 0.3 s, or with Ctrl-C'],
      ['tcptop -i 5 -d 0.3', 'output every 5 s; stops after 0.3 s, or with Ctrl-C'],
      ['procsnoop -f --tree -- true', 'output at the end; stops when true ends, or with Ctrl-C'],
      ['opensnoop --out /dev/null -- true', 'writing to /dev/null; stops when true ends, or with Ctrl-C'],
    ] as const) {
      const shown = await onTerminal(words);
      const [told = '', ...more] = shown.split('\n').filter((text) => text.startsWith('snoopkit: '));
      assert.deepEqual(more, [], words);
      assert.match(told, new RegExp(`^snoopkit: ${words.split(' ')[0]}: `));
      assert.ok(told.endsWith(`; ${line}`), told);
    }
  });

  it('one that shows what comes says nothing, nor does any where nobody sits', async () => {
    assert.doesNotMatch(await onTerminal('opensnoop -- true'), /snoopkit: /);
    const { said } = await run(process.execPath, [SNOOPKIT, 'sigsnoop', '--count', '-d', '0.2']);
    assert.equal(said, '');
  });

  it('Ctrl-C and Ctrl-\\ leave the line that shows them', async () => {
    for (const [key, echo] of [
      ['\\003', '^C'],
      ['\\034', '^\\'],
    ] as const) {
      const shown = await onTerminal('opensnoop -p 1', [[6, key]]);
      assert.ok(shown.endsWith(`${echo}\n[status 0]\nicanon\n`), shown);
    }
  });

  it('a histogram without data says so', async () => {
    const { stdout } = await run(process.execPath, [SNOOPKIT, 'tcprtt', '--remote-port', '1', '-d', '0.2']);
    assert.equal(stdout.toString(), 'no data\n');
  });
});
