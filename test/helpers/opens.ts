import assert from 'node:assert/strict';
import { OPENS } from './run.js';
import { Trace, type Traced, type TraceOptions } from './trace.js';

/** A line of `opensnoop -o json`. */
export interface OpenEvent {
  event: string;
  time: string;
  pid: number;
  tid: number;
  ppid: number;
  uid: number;
  user: string;
  comm: string;
  ret: number;
  error?: string;
  flags: string;
  mode: string;
  dirfd: number;
  path: string | null;
  path_base64?: string;
  path_truncated?: boolean;
  full_path?: string | null;
  full_path_base64?: string;
  full_path_truncated?: boolean;
  full_path_resolved?: boolean;
  full_path_deleted?: boolean;
  count?: number;
  reason?: string;
}

/** A line of the output of fixtures/opens.c: the real result. */
export interface Told {
  readonly ret: number;
  readonly tid: number;
  /** Link of the fd in /proc/self/fd, undefined for a failure. */
  readonly link: string | undefined;
}

/** Encodes bytes for fixtures/opens.c. */
export function percent(path: string | Uint8Array): string {
  return [...Buffer.from(path)]
    .map((byte) =>
      byte > 0x20 && byte < 0x7f && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).padStart(2, '0')}`,
    )
    .join('');
}

export function parseTold(stdout: Buffer): Told[] {
  return stdout
    .toString('latin1')
    .split('\n')
    .filter((line) => /^-?\d+ \d+ /.test(line))
    .map((line) => {
      const [ret = '', tid = '', link = ''] = line.split(' ');
      const bytes = link.replace(/%(..)/g, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
      return {
        ret: Number(ret),
        tid: Number(tid),
        link: link === '-' ? undefined : Buffer.from(bytes, 'latin1').toString(),
      };
    });
}

/** Runs of opensnoop. */
export class Workbench extends Trace<OpenEvent> {
  constructor() {
    super('opensnoop');
  }

  /** Traces fixtures/opens.c. */
  async opens(
    flags: readonly string[],
    steps: readonly (string | number)[],
    options: TraceOptions = {},
  ): Promise<Traced<OpenEvent> & { told: Told[] }> {
    const traced = await this.run(flags, [OPENS, ...steps.map(String)], options);
    assert.equal(traced.said, '');
    return { ...traced, told: parseTold(traced.stdout) };
  }
}
