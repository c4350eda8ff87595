import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunOptions, snoopkit } from './run.js';

/** fixtures/execs.c */
export const EXECS = fileURLToPath(new URL('../fixtures/execs', import.meta.url));

/** A line of `execsnoop -o json`. */
export interface ExecEvent {
  event: string;
  pid: number;
  tid: number;
  ppid: number;
  comm: string;
  ret: number;
  error?: string;
  comm_before: string;
  parent_comm: string;
  path: string | null;
  interpreter: string | null;
  exe: string | null;
  args: string[] | null;
  args_base64?: string[];
  args_truncated?: true;
  args_count?: number;
  args_size?: number;
  env?: Record<string, string> | null;
  cwd?: string;
  cgroup?: string;
  tty?: string | null;
  [name: string]: unknown;
}

/** Traces commands, in a folder of its own. */
export class ExecBench {
  readonly folder = mkdtempSync(join(tmpdir(), 'snoopkit-'));

  /** All that was executed by a command, the command itself first. */
  async trace(flags: readonly string[], command: readonly string[], options: RunOptions = {}): Promise<ExecEvent[]> {
    const file = join(this.folder, 'events');
    const finished = await snoopkit(['execsnoop', '-o', 'json', '--out', file, ...flags, '--', ...command], options);
    assert.deepEqual(
      finished.lines.filter((line) => line.startsWith('snoopkit: ') && !line.includes('former names')),
      [],
    );
    const lines = readFileSync(file, 'utf8').trimEnd();
    const events: ExecEvent[] = lines === '' ? [] : lines.split('\n').map((line) => JSON.parse(line));
    return events.filter(({ event }) => event === 'exec');
  }

  /** What a command that is traced executes next. */
  async second(flags: readonly string[], command: readonly string[], options: RunOptions = {}): Promise<ExecEvent> {
    const [, event, ...more] = await this.trace(flags, command, options);
    assert.deepEqual(more, []);
    return event ?? assert.fail('nothing was seen');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
