import assert from 'node:assert/strict';
import { BpfObject } from '../../src/bpf/object.js';
import { RingBuffer } from '../../src/bpf/ring-buffer.js';
import { objectPath } from '../../src/trace/object-path.js';
import { needs } from '../capability.js';
import { Running } from '../helpers/run.js';

/** struct event of bpf/include/event.h: where its pid is. */
const PID_AT = 8;

describe('a process whose creation the kernel did not show', () => {
  before(function () {
    needs(this, 'root');
  });

  /** The pids whose ends are seen when a shell is listed, which starts another one, which starts a third. */
  async function ends(adopts: boolean): Promise<{ seen: number[]; pids: number[] }> {
    const shell = new Running('sh', [
      '-c',
      'read go; sh -c "sh -c \'echo \\$\\$; exit 0\'; echo \\$\\$; exit 0"; exit 0',
    ]);
    using opened = BpfObject.open(objectPath('exitsnoop'));
    for (const program of opened.programs.values()) program.autoload = program.name === 'handle_exit_raw';
    opened.globals.need('filter_kinds').set(1);
    opened.globals.need('filter_adopts').set(adopts);
    opened.maps.need('filter_ids').maxEntries = 8;
    const object = opened.load();
    try {
      object.maps.need('filter_ids').set({ kind: 'FILTER_PID', id: shell.pid }, 1);
      const ring = RingBuffer.open(object.maps.need('events'));
      try {
        object.programs.need('handle_exit_raw').attach();
        shell.child.stdin?.end('\n');
        const { stdout } = await shell.finished;
        const seen: number[] = [];
        for (const batch of ring.drain())
          batch.forEach((at) => {
            seen.push(batch.bytes.readUInt32LE(at + PID_AT));
          });
        return { seen, pids: [...stdout.toString().trim().split('\n').map(Number), shell.pid] };
      } finally {
        ring.close();
      }
    } finally {
      object.close();
      shell.kill();
    }
  }

  it('is traced with the one that it descends from, where creations may go unseen', async () => {
    const { seen, pids } = await ends(true);
    assert.deepEqual(seen, pids);
  });

  it('is not, where none does', async () => {
    const { seen, pids } = await ends(false);
    assert.deepEqual(seen, pids.slice(-1));
  });
});
