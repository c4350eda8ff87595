/** Reports of what a tool adds up: their form, and when they come. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { needs } from '../capability.js';
import { Running, snoopkit } from '../helpers/run.js';

const TOP = fileURLToPath(new URL('../cli/fixtures/top.js', import.meta.url));

/** A shell that sends itself a signal so often. */
const loop = (count: number, signal = 'CONT') =>
  `i=0; while [ $i -lt ${count} ]; do kill -${signal} $$; i=$((i+1)); done`;

describe('sigsnoop --count: reports', () => {
  before(function () {
    needs(this, 'root');
  });

  const count = (flags: readonly string[], script: string) =>
    snoopkit(['sigsnoop', '--count', ...flags, '--', 'sh', '-c', script]);

  it('is a table, sorted, and cut where one wants that', async () => {
    const script = `${loop(3)}; ${loop(2, 'WINCH')}; ${loop(7, 'URG')}`;
    const table = async (...flags: string[]) => (await count(flags, script)).stdout.toString().trimEnd().split('\n');
    assert.deepEqual(await table(), [
      '     COUNT COMM             SIGNAL    TARGET_COMM      RESULT',
      '         7 sh               SIGURG    sh               ignored',
      '         3 sh               SIGCONT   sh               ignored',
      '         2 sh               SIGWINCH  sh               ignored',
    ]);
    assert.deepEqual(await table('--sort', 'signal', '--rows', '2', '-F', 'signal,count'), [
      'SIGNAL         COUNT',
      'SIGCONT            3',
      'SIGURG             7',
    ]);
    assert.deepEqual(
      (await table('-T', '--rows', '1'))[0],
      'TIME                 COUNT COMM             SIGNAL    TARGET_COMM      RESULT',
    );
    const [header, ...lines] = await table('-o', 'csv');
    assert.equal(header, 'time,interval,comm,target_comm,signal,origin,result,count');
    assert.match(lines[0] ?? '', /^\d{4}-\S+Z,\d+,sh,sh,SIGURG,kill,ignored,7$/);
    assert.equal(lines.length, 3);
  });

  it('reports at each interval, also where nothing happened, and ends when it is time', async () => {
    const idle = new Running('sleep', ['60']);
    const { status, stdout } = await snoopkit([
      'sigsnoop',
      '--count',
      '-i',
      '300ms',
      '-d',
      '900ms',
      '-p',
      String(idle.pid),
    ]);
    idle.kill();
    assert.equal(status, 0);
    const block = /^\d\d:\d\d:\d\d, 0 rows, count 0\n {5}COUNT COMM {13}SIGNAL {4}TARGET_COMM {6}RESULT\n$/;
    const blocks = stdout.toString().split(/(?<=\n)\n/);
    assert.equal(blocks.length, 3, stdout.toString());
    for (const text of blocks) assert.match(text, block);
  });

  for (const [what, flags] of [
    ['after one report', ['--once']],
    ['after so many reports', ['-N', '3']],
  ] as const)
    it(`ends ${what}`, async () => {
      const { status, stdout } = await count(['-i', '100ms', ...flags], 'while :; do kill -CONT $$; sleep .01; done');
      assert.equal(status, 0);
      const titles = stdout.toString().match(/^\d\d:\d\d:\d\d, \d rows?, count \d+$/gm);
      assert.equal(titles?.length, what === 'after one report' ? 1 : 3, stdout.toString());
    });

  describe('on a terminal, in one place', () => {
    /** What script(1) makes of a terminal of 10 lines. */
    const onTerminal = (words: string) =>
      new Running('script', ['-qec', `stty rows 10 cols 80; exec ${process.execPath} ${TOP} ${words}`, '/dev/null'], {
        env: { PATH: process.env.PATH, TERM: 'xterm' },
      });
    before(function () {
      needs(this, 'script');
    });

    it('show as many rows as there is room for, and leave the last one when interrupted', async () => {
      const signals = Array.from({ length: 12 }, (_, i) => `kill -RTMIN+${i} $$`).join('; ');
      const script = `trap : ${Array.from({ length: 12 }, (_, i) => `RTMIN+${i}`).join(' ')}; while :; do ${signals}; sleep .02; done`;
      const running = onTerminal(`200ms -- bash -c '${script}'`);
      await running.says(/(\?7l[\s\S]*){3}/, 'stdout');
      running.child.stdin?.write('\x03');
      const { stdout } = await running.finished;
      const [before = '', ...screens] = stdout.toString().replaceAll('\r\n', '\n').split('\x1b[H\x1b[J\x1b[?7l');
      assert.equal(before, '');
      assert.ok(screens.length >= 3);
      for (const screen of screens) {
        const [title, header, ...rows] = screen.slice(0, screen.indexOf('\n\x1b[?7h')).split('\n');
        assert.match(title ?? '', /^\d\d:\d\d:\d\d, \d+ rows, 7 shown, count \d+$/);
        const bold = ['\x1b[1m', '\x1b[22m'] as const;
        const names = (header ?? '').replace(bold[0], '').replace(bold[1], '').trim().split(/ +/);
        assert.deepEqual(names, ['COUNT', 'COMM', 'SIGNAL', 'TARGET_COMM', 'RESULT']);
        assert.ok(header?.startsWith(bold[0]) && header.endsWith(bold[1]));
        assert.equal(rows.length, 7, screen);
      }
    });

    it('show what there was where the end comes before the first interval', async () => {
      const { stdout } = await onTerminal(`1h -- sh -c 'kill -URG $$'`).finished;
      const text = stdout.toString();
      assert.match(text, /1 row, count 1\r\n/);
      assert.equal(text.split('\x1b[H').length, 2);
    });
  });

  it('says which flags need it', async () => {
    for (const flags of [['-i', '1'], ['--once'], ['--sort', 'count'], ['--rows', '1']]) {
      const { status, lines } = await snoopkit(['sigsnoop', ...flags, '--', 'true']);
      assert.equal(status, 2);
      assert.match(lines.join(), /^snoopkit: --[a-z]+ needs --count$/);
    }
  });
});
