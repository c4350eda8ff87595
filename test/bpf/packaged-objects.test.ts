/** Objects that others wrote, as Debian's packages ship them: scripts/packaged-objects.ts. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BpfObject } from '../../src/bpf/object.js';
import { SnoopkitError } from '../../src/errors.js';
import { needs, packagedObjects } from '../capability.js';
import { patient } from '../helpers/patience.js';
import { systemEnvironment } from '../helpers/system.js';

/** Names of the programs that bpftool loads, in a BPF file system that is its own; undefined if the load fails. */
function loadedByBpftool(path: string): string[] | undefined {
  // The folder is made with the first program.
  const script =
    'mount -t bpf bpf /sys/fs/bpf && mkdir -p /sys/fs/bpf/object && ' +
    'bpftool prog loadall "$0" /sys/fs/bpf/object >&2 && exec ls /sys/fs/bpf/object';
  const words = ['--mount', 'sh', '-c', script, path];
  const { status, stdout, stderr } = spawnSync('unshare', words, { env: systemEnvironment(), encoding: 'utf8' });
  if (status === 0) return stdout.split('\n').filter(Boolean).sort();
  assert.match(stderr, /^(libbpf|Error): /m);
  return undefined;
}

/** The same by this library, and the error. */
function loadedByUs(path: string): string[] | Error {
  try {
    using opened = BpfObject.open(path);
    // As bpftool's, they would stay.
    for (const map of opened.maps.values()) map.pinPath = undefined;
    using object = opened.load();
    return [...object.programs.keys()].sort();
  } catch (error) {
    return error as Error;
  }
}

describe('bpf: objects of other projects', function () {
  this.timeout(patient(20_000));

  before(function () {
    needs(this, 'root');
    needs(this, 'packaged-objects');
    needs(this, 'bpftool');
    needs(this, 'unshare');
  });

  const folder = packagedObjects();
  for (const file of folder === undefined ? ['(none)'] : readdirSync(folder))
    it(`load as bpftool loads them: ${file}`, () => {
      const path = join(String(folder), file);
      const [theirs, ours] = [loadedByBpftool(path), loadedByUs(path)];
      if (theirs !== undefined) assert.deepEqual(ours, theirs);
      else {
        assert.ok(ours instanceof SnoopkitError, `bpftool does not load it: ${ours}`);
        assert.doesNotMatch(ours.message, /\n/);
      }
    });
});
