import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Loss } from '../../src/output/format.js';
import { complaints, type Finished, Running, type RunOptions, SNOOPKIT, snoopkit } from './run.js';

export interface TraceOptions extends RunOptions {
  /** Losses are what the test is about. Else they make it fail. */
  mayLose?: boolean;
  /** What snoopkit may say, line by line. Anything else makes the test fail. */
  maySay?: RegExp;
}

export interface Traced<Event> extends Finished {
  readonly events: Event[];
  /** What the stream says was lost. */
  readonly losses: Loss[];
}

/** The lines of `-o json`, without the one that -v begins with, and what was skipped, which `Finished.skipped` has. */
export function parseLines<Line>(json: string | Buffer): Line[] {
  const text = json.toString();
  assert.ok(text === '' || text.endsWith('\n'), 'the last line is whole');
  const lines = text.split('\n').slice(0, -1);
  return lines
    .map((line) => JSON.parse(line))
    .filter(({ event, reason }) => event !== 'start' && !(event === 'lost' && reason === 'skipped'));
}

/** Runs of a tool, whose events are of one kind, with a folder for what these runs need. */
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

  /** The only event that such a run shows. */
  async one(flags: readonly string[], command: readonly string[], options: TraceOptions = {}): Promise<Event> {
    const { events } = await this.run(flags, command, options);
    assert.equal(events.length, 1, JSON.stringify(events));
    return events[0] as Event;
  }

  /** Traces what is done meanwhile, from when all is attached until it is done. The flags say whom to trace. */
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
    // Node can't remove folders that are deeper than a path is long.
    execFileSync('rm', ['-rf', this.folder]);
  }
}

/** Sees that snoopkit says nothing that a test does not expect. */
function assertQuiet(finished: Finished, flags: readonly string[], { mayLose, maySay }: TraceOptions): void {
  const expected = [
    // Who chooses the hooks knows what they lack.
    ...(flags.includes('--hooks') ? [/^snoopkit: no hook for [a-z ]+ on this kernel: /] : []),
    // How many, for each reason.
    ...(mayLose ? [/^snoopkit: \d+ /] : []),
    ...(maySay ? [maySay] : []),
  ];
  // What a command says is its own business.
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
