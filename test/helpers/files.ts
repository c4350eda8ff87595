import assert from 'node:assert/strict';
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needs } from '../capability.js';
import { Trace } from './trace.js';

/** A program of test/fixtures, compiled by scripts/test-programs.mk. */
export const FILES = fileURLToPath(new URL('../fixtures/files', import.meta.url));
export const [O_PATH, O_RDWR_CREAT] = [0o10000000, 0o102];

/** A line of `filesnoop -o json`. */
export interface FileEvent {
  event: string;
  pid: number;
  tid: number;
  comm: string;
  operation: string;
  ret: number;
  error?: string;
  flags: string;
  mode?: string;
  owner_uid?: number;
  owner_user?: string;
  owner_gid?: number;
  owner_group?: string;
  size?: number;
  dirfd: number;
  new_dirfd: number;
  path?: string | null;
  path_base64?: string;
  path_truncated?: boolean;
  new_path?: string | null;
  target?: string | null;
  attribute?: string | null;
  full_path: string | null;
  full_path_base64?: string;
  full_path_resolved: boolean;
  full_path_deleted: boolean;
  new_full_path?: string | null;
  new_full_path_resolved?: boolean;
  new_full_path_deleted?: boolean;
}

/** Runs of filesnoop, each test in a folder of its own: with a/b, a file f, and a link to a. */
class FileBench extends Trace<FileEvent> {
  readonly #base = realpathSync(this.folder);
  #count = 0;
  /** Folder of the current test. */
  here = '';

  constructor() {
    super('filesnoop');
  }

  renew(): void {
    this.here = join(this.#base, `t${this.#count++}`);
    mkdirSync(join(this.here, 'a/b'), { recursive: true });
    writeFileSync(join(this.here, 'f'), 'content');
    symlinkSync('a', join(this.here, 'link'));
  }

  /** Arguments for fixtures/files.c, in the test's folder unless they name another; @ is that folder. */
  words(...steps: (string | number)[]): string[] {
    return [FILES, 'cd', '@', ...steps].map((word) => String(word).replaceAll('@', this.here));
  }

  /** The events; without filters they equal the fixture's own report. */
  async files(flags: readonly string[], ...steps: (string | number)[]): Promise<FileEvent[]> {
    const { events, stdout, said } = await this.run(flags, this.words(...steps));
    assert.equal(said, '');
    if (flags.length > 0 && flags[0] !== '--hooks') return events;
    assert.deepEqual(
      events.map(({ ret }) => ret),
      stdout.toString().trimEnd().split('\n').map(Number),
    );
    return events;
  }
}

/** For the tests of a suite, with a new folder for each. */
export function useFileBench(): () => FileBench {
  let bench: FileBench | undefined;
  before(function () {
    needs(this, 'root');
    needs(this, 'own-root');
    bench = new FileBench();
  });
  beforeEach(() => bench?.renew());
  after(() => bench?.remove());
  return () => bench ?? assert.fail('it has not begun');
}
