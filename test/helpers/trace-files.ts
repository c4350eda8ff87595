/** What tests of snoopkit/trace have in common: files that are opened, events that are taken, and nothing left behind. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '../capability.js';

/** Maps, programs, links, rings, test files and everything else that this process holds, by what it is. */
export function descriptors(): string[] {
  const names = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
  return names.filter((name) => /bpf|perf_event|ring|inotify|eventpoll|snoopkit-/.test(name)).sort();
}

/** A folder for the tests of a suite, each of which must release all descriptors. */
export function useTraceFiles() {
  const files = {
    folder: '',
    /** Descriptors before the test. */
    held: [] as string[],
    /** A child opens files of the folder. */
    open(...names: string[]): string[] {
      const paths = names.map((name) => join(files.folder, name));
      assert.equal(spawnSync('touch', paths).status, 0);
      return paths;
    },
  };
  before(function () {
    needs(this, 'root');
    files.folder = mkdtempSync(join(tmpdir(), 'snoopkit-'));
  });
  beforeEach(() => {
    files.held = descriptors();
  });
  afterEach(() => assert.deepEqual(descriptors(), files.held, 'everything is released'));
  after(() => files.folder && rmSync(files.folder, { recursive: true }));
  return files;
}

/** The first events. Leaving the loop ends the run. */
export async function take<Event>(events: AsyncIterable<Event>, count: number): Promise<Event[]> {
  const taken: Event[] = [];
  for await (const event of events) if (taken.push(event) === count) break;
  return taken;
}
