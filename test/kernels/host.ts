/** Runs tests on this machine as in a guest, with results of the same form. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GuestEnd, GuestOptions } from './guest.js';

/** A guest has this file system, too. */
const MOUNT = 'mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf';

export async function runHost(
  options: Pick<GuestOptions, 'command' | 'log' | 'seconds' | 'signal'>,
): Promise<GuestEnd> {
  const { command, log, seconds, signal } = options;
  signal.throwIfAborted();
  const folder = mkdtempSync(join(tmpdir(), 'snoopkit-host-'));
  const results = join(folder, 'results');
  writeFileSync(results, '');
  const said = openSync(log, 'w');
  try {
    const limit = AbortSignal.timeout(seconds * 1000);
    // A group of its own, so that children of the tests end with them.
    const child = spawn('unshare', ['--mount', 'sh', '-c', `${MOUNT}\n${command}`], {
      env: { ...process.env, RESULTS: results },
      stdio: ['ignore', said, said],
      detached: true,
    });
    const gone = once(child, 'close');
    const stop = () => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL');
    const either = AbortSignal.any([limit, signal]);
    either.addEventListener('abort', stop);
    const [status] = await gone;
    either.removeEventListener('abort', stop);
    signal.throwIfAborted();
    return {
      status: status ?? undefined,
      hung: limit.aborted,
      results: readFileSync(results, 'utf8'),
      console: readFileSync(log, 'utf8'),
    };
  } finally {
    closeSync(said);
    rmSync(folder, { recursive: true, force: true });
  }
}
