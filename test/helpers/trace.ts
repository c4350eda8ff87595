import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Loss } from '../../src/output/format.js';
import { complaints, type Finished, Running, type RunOptions, SNOOPKIT, snoopkit } from './run.js';

export interface TraceOptions extends RunOptions {
  /** Losses are the subject of the test. Otherwise they make it fail. */
  mayLose?: boolean;
  /** Messages that snoopkit may write, line by line. All others make the test fail. */
  maySay?: RegExp;
}

export interface Traced<Event> extends Finished {
  readonly events: Event[];
  /** Losses reported in the stream. */
  readonly losses: Loss[];
}

/**
 * The lines of `-o json`, without the first line of -v, and without reports of skipped runs, which are in
 * `Finished.skipped`.
 */
export function parseLines<Line>(json: string | Buffer): Line[] {
  const text = json.toString();
  assert.ok(text === '' || text.endsWith('\n'), 'the last line is whole');
  const lines = text.split('\n').slice(0, -1);
  return lines
    .map((line) => JSON.parse(line))
    .filter(({ event, reason }) => event !== 'start' && !(event === 'lost' && reason === 'skipped'));
}

/** Runs of a tool, whose events are of one kind, with a folder for their files. */
export class Trace<Event> {
  readonly folder = mkdtempSync(join(tmpdir(), 'snoopkit-'));
  readonly #tool: string;
  #runs = 0;

  constructor(tool: string) {
    this.#tool = tool;
  }

  /** Traces a command, which keeps its standard output. */
  async run(flags: readonly string[], command: readonly string[], options: TraceOptions = {}): Promise<Traced<Event>> {
    const file = join(this.folder, `events-${this.#runs++}`);
    const words = [this.#tool, '-o', 'json', '--out', file, ...flags, '--', ...command];
    const finished = await snoopkit(words, options);
    assertQuiet(finished, flags, options);
    return { ...finished, ...split<Event>(readFileSync(file), options) };
  }

  /** The only event of such a run. */
  async one(flags: readonly string[], command: readonly string[], options: TraceOptions = {}): Promise<Event> {
    const { events } = await this.run(flags, command, options);
    assert.equal(events.length, 1, JSON.stringify(events));
    return events[0] as Event;
  }

  /** Traces during an action, from complete attachment until it is done. The flags select the processes. */
  async during(flags: readonly string[], action: () => unknown, options: TraceOptions = {}): Promise<Traced<Event>> {
    const tool = new Running(process.execPath, [SNOOPKIT, this.#tool, '-v', '-o', 'json', ...flags], options);
    try {
      await tool.says(/^{"event":"start"/, 'stdout');
      await action();
      tool.signal('SIGINT');
      const finished = await tool.finished;
      assertQuiet(finished, flags, options);
      assert.equal(finished.status, 0, finished.said);
      return { ...finished, ...split<Event>(finished.stdout, options) };
    } finally {
      tool.kill();
    }
  }

  remove(): void {
    // Node can't remove folders that are deeper than the limit of a path.
    execFileSync('rm', ['-rf', this.folder]);
  }
}

/** Checks that snoopkit writes no unexpected messages. */
function assertQuiet(finished: Finished, flags: readonly string[], { mayLose, maySay }: TraceOptions): void {
  const expected = [
    // Explicit --hooks imply known gaps.
    ...(flags.includes('--hooks') ? [/^snoopkit: no hook for [\w ]+ on this kernel: /] : []),
    // Number of losses for each reason.
    ...(mayLose ? [/^snoopkit: \d+ /] : []),
    ...(maySay ? [maySay] : []),
  ];
  // Messages of the command are ignored.
  const own = complaints(finished).filter((line) => line.startsWith('snoopkit: '));
  assert.deepEqual(
    own.filter((line) => !expected.some((pattern) => pattern.test(line))),
    [],
  );
}

function split<Event>(json: Buffer, { mayLose }: TraceOptions): { events: Event[]; losses: Loss[] } {
  const lines = parseLines<{ event: string }>(json);
  const losses = lines.filter(({ event }) => event === 'lost') as unknown as Loss[];
  if (!mayLose) assert.deepEqual(losses, []);
  return { events: lines.filter(({ event }) => event !== 'lost') as unknown as Event[], losses };
}
