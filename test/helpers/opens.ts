import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Finished, OPENS, type RunOptions, snoopkit } from './run.js';

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
  count?: number;
  reason?: string;
}

/** A line of what fixtures/opens.c tells: what really happened. */
export interface Told {
  readonly ret: number;
  readonly tid: number;
  /** What /proc/self/fd has for the fd, undefined for a failure. */
  readonly link: string | undefined;
}

/** The events: without the line that -v begins with, and what the kernel skipped, which `Finished.skipped` has. */
export function parseLines(json: string | Buffer): OpenEvent[] {
  const text = json.toString();
  assert.ok(text === '' || text.endsWith('\n'), 'the last line is whole');
  return text === ''
    ? []
    : text
        .slice(0, -1)
        .split('\n')
        .map((line): OpenEvent => JSON.parse(line))
        .filter(({ event, reason }) => event !== 'start' && reason !== 'skipped');
}

/** Bytes as fixtures/opens.c takes them. */
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

/** A folder of the test's own, and a run of opensnoop whose events go to a file in it. */
export class Workbench {
  readonly folder = mkdtempSync(join(tmpdir(), 'snoopkit-'));
  #runs = 0;

  /** Traces a command, which keeps its standard output. */
  async trace(
    flags: readonly string[],
    command: readonly string[],
    options: RunOptions = {},
  ): Promise<Finished & { events: OpenEvent[] }> {
    const file = join(this.folder, `events-${this.#runs++}`);
    const finished = await snoopkit(['opensnoop', '-o', 'json', '--out', file, ...flags, '--', ...command], options);
    return { ...finished, events: parseLines(readFileSync(file)) };
  }

  /** Traces fixtures/opens.c. */
  async opens(
    flags: readonly string[],
    steps: readonly (string | number)[],
    options: RunOptions = {},
  ): Promise<Finished & { events: OpenEvent[]; told: Told[] }> {
    const finished = await this.trace(flags, [OPENS, ...steps.map(String)], options);
    assert.equal(finished.said, '');
    return { ...finished, told: parseTold(finished.stdout) };
  }

  remove(): void {
    // Node can't remove folders that are deeper than a path is long.
    execFileSync('rm', ['-rf', this.folder]);
  }
}
