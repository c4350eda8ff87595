import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { launcherPath } from '../../src/native/load.js';

interface Outcome {
  code: number | null;
  signal: string | null;
  stdout: string;
  control: Buffer;
}

/** First message to the launcher: its size, and texts. */
function settings(...texts: string[]): Buffer {
  const bytes = Buffer.from(texts.map((text) => `${text}\0`).join(''));
  return Buffer.concat([Buffer.from(Uint32Array.of(bytes.length).buffer), bytes]);
}
const USUAL = settings('', '0', '0', '0', ...Object.entries(process.env).map(([name, value]) => `${name}=${value}`));

function start(...command: string[]): { child: ChildProcess; control: Socket; outcome: Promise<Outcome> } {
  return startWith(USUAL, ...command);
}

function startWith(told: Buffer, ...command: string[]) {
  const child = spawn(launcherPath(), ['3', ...command], { env: {}, stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
  const control = child.stdio[3] as Socket;
  // It may end before it has read all.
  control.on('error', () => {});
  control.write(told);
  const stdout: Buffer[] = [];
  const back: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  control.on('data', (chunk: Buffer) => back.push(chunk));
  const outcome = once(child, 'close').then(([code, signal]) => ({
    code,
    signal,
    stdout: Buffer.concat(stdout).toString(),
    control: Buffer.concat(back),
  }));
  return { child, control, outcome };
}

function go(...command: string[]): Promise<Outcome> {
  const { control, outcome } = start(...command);
  control.write('x');
  return outcome;
}

describe('native launcher', () => {
  it('runs nothing before the word to go', async () => {
    const { child, control, outcome } = start('echo', 'ran');
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(child.exitCode, null);
    assert.match(readFileSync(`/proc/${child.pid}/comm`, 'utf8'), /^launch/);
    control.write('x');
    assert.deepEqual(await outcome, { code: 0, signal: null, stdout: 'ran\n', control: Buffer.alloc(0) });
  });

  it('passes status, signal and arguments on', async () => {
    assert.equal((await go('sh', '-c', 'exit 37')).code, 37);
    assert.equal((await go('sh', '-c', 'kill -TERM $$')).signal, 'SIGTERM');
    assert.equal((await go('printf', '%s|', 'a b', '', '$c')).stdout, 'a b||$c|');
  });

  it('reports the errno of a command that cannot run', async () => {
    for (const [command, code, errno] of [
      ['/no/such/program', 127, constants.errno.ENOENT],
      ['no-such-program', 127, constants.errno.ENOENT],
      ['/etc/passwd', 126, constants.errno.EACCES],
      ['/', 126, constants.errno.EACCES],
    ] as const) {
      const outcome = await go(command);
      assert.equal(outcome.code, code);
      assert.equal(outcome.control.readInt32LE(0), errno);
      assert.equal(outcome.control.length, 4);
    }
  });

  it('sets what it is told', async () => {
    // dash has no signal blocked in what it starts.
    // Signals 32 and 33 are the C library's own: nobody can set them.
    const fds = 'for fd in 0 1 2; do [ ! -e /proc/$$/fd/$fd ] || echo $fd; done';
    const show = `ulimit -Sn; ${fds}; exec cat /proc/self/status`;
    const { control, outcome } = startWith(
      settings('64', '1001', '800', '0', `PATH=${process.env.PATH}`, 'a.b=c'),
      'env',
    );
    control.write('x');
    assert.equal((await outcome).stdout, `PATH=${process.env.PATH}\na.b=c\n`);
    const other = startWith(settings('64', '1001', '800', '5', `PATH=${process.env.PATH}`), 'bash', '-c', show);
    other.control.write('x');
    const { stdout } = await other.outcome;
    assert.match(stdout, /^64\n1\n(.*\n)*SigBlk:\t0{13}800\nSigIgn:\t0{7}[0-3][08]0001001\n/);
  });

  it('runs nothing where it was not told all', async () => {
    const { control, outcome } = startWith(USUAL.subarray(0, USUAL.length - 1), 'echo', 'ran');
    control.end();
    const { code, stdout } = await outcome;
    assert.deepEqual({ code, stdout }, { code: 125, stdout: '' });
  });

  it('ends its side of the socket when the command runs', async () => {
    const { child, control, outcome } = start('sleep', '30');
    control.write('x');
    await once(control, 'end');
    assert.match(readFileSync(`/proc/${child.pid}/comm`, 'utf8'), /^sleep/);
    child.kill();
    assert.equal((await outcome).signal, 'SIGTERM');
  });

  it('does not run when its parent is gone', async () => {
    const { control, outcome } = start('echo', 'ran');
    control.destroy();
    const { code, stdout } = await outcome;
    assert.deepEqual({ code, stdout }, { code: 125, stdout: '' });
  });

  it('needs a command and a socket', async () => {
    assert.equal((await start().outcome).code, 125);
    for (const words of [['3', 'echo'], ['echo', 'echo'], ['-1', 'echo'], []]) {
      const child = spawn(launcherPath(), words, { stdio: 'ignore' });
      assert.deepEqual(await once(child, 'close'), [125, null], words.join(' '));
    }
  });

  it('leaves signals and fds as they were', async () => {
    const { stdout } = await go('sh', '-c', 'grep -E "Sig(Ign|Blk)" /proc/self/status; ls /proc/self/fd');
    const plain = spawn('sh', ['-c', 'grep -E "Sig(Ign|Blk)" /proc/self/status; ls /proc/self/fd'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let expected = '';
    plain.stdout.on('data', (chunk: Buffer) => (expected += chunk.toString()));
    await once(plain, 'close');
    assert.equal(stdout, expected);
  });
});
