import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { Trace, type TraceOptions } from './trace.js';

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
  exe_deleted: boolean;
  args: string[] | null;
  args_base64?: string[];
  args_truncated?: true;
  args_count?: number;
  args_size?: number;
  env?: Record<string, string> | null;
  cwd?: string;
  cwd_deleted?: boolean;
  cgroup?: string;
  tty?: string | null;
  [name: string]: unknown;
}

/** Runs of execsnoop. */
export class ExecBench extends Trace<ExecEvent> {
  constructor() {
    super('execsnoop');
  }

  /** The second exec of a traced command. */
  async second(flags: readonly string[], command: readonly string[], options: TraceOptions = {}): Promise<ExecEvent> {
    const { events } = await this.run(flags, command, options);
    assert.equal(events.length, 2, JSON.stringify(events));
    return events[1] as ExecEvent;
  }
}
