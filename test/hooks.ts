/** For all tests: none may leave anything of BPF behind in this process. */
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { setCurrentTest } from './helpers/retries.js';

/** The descriptors of maps, programs, links and perf events. */
function held(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const link = readlinkSync(`/proc/self/fd/${fd}`);
      return /^anon_inode:(bpf|btf|\[perf_event\])/.test(link) ? [`${fd} ${link}`] : [];
    } catch {
      // The one that lists them.
      return [];
    }
  });
}

let before: string[] = [];

export const mochaHooks = {
  beforeEach(this: Mocha.Context): void {
    setCurrentTest(this.currentTest);
    before = held();
  },

  /** After the test's own, and before those that end its suite. */
  async afterEach(): Promise<void> {
    const left = () => held().filter((fd) => !before.includes(fd));
    // Handles of the event loop are closed in its next turn.
    for (let i = 0; i < 20 && left().length > 0; i++) await sleep(1);
    assert.deepEqual(left(), [], 'the test has left these open');
  },
};
