import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { patient } from '../helpers/patience.js';
import { snoopkit } from '../helpers/run.js';
import { Trace } from '../helpers/trace.js';

interface Ended {
  pid: number;
  age: number;
  run_time: number;
  cpu_time: number;
  read_bytes: number;
  written_bytes: number;
  voluntary_switches: number;
  existed_before?: boolean;
}

const WRITES = 'exec head -c 1234567 /dev/zero >/dev/null';

for (const tool of ['exitsnoop', 'procsnoop'])
  describe(`${tool} shows of its command what it did itself, not what held it until then`, () => {
    let trace: Trace<Ended>;
    before(function () {
      needs(this, 'root');
      trace = new Trace(tool);
    });
    after(() => trace?.remove());

    it('its age, and what it used', async () => {
      const event = await trace.one([], ['true']);
      // It is executed once, and begins with that.
      assert.equal(event.age, event.run_time);
      assert.ok(event.cpu_time <= event.age + 10e6, `${event.cpu_time} of ${event.age}`);
      assert.equal(Number(event.written_bytes), 0);
      assert.ok(!event.existed_before);
    });

    it('since it was executed first, where it executes others in its place', async () => {
      const event = await trace.one([], ['sh', '-c', `sleep 0.2; ${WRITES}`]);
      assert.ok(event.age >= event.run_time + 0.2e9, `${event.age}, ${event.run_time}`);
      assert.equal(Number(event.written_bytes), 1_234_567);
    });

    it('and of its children all', async () => {
      const { events } = await trace.run(['-f'], ['sh', '-c', `sh -c '${WRITES}'; exit 0`]);
      const [child, command] = events;
      assert.equal(Number(child?.written_bytes), 1_234_567);
      assert.ok(child && command && command.age >= child.age);
    });
  });

describe('procsnoop --min-duration', () => {
  before(function () {
    needs(this, 'root');
  });

  it('counts from when its command was executed', async () => {
    // To load and attach takes longer than this command by far; a machine that is busy may make it as long.
    const all: string[] = [];
    for (let i = 0; i < 5; i++) {
      const { stdout } = await snoopkit([
        'procsnoop',
        '-o',
        'json',
        '--min-duration',
        `${patient(40)}ms`,
        '--',
        '/bin/true',
      ]);
      all.push(stdout.toString());
    }
    assert.ok(all.includes(''), all.join(''));
  });
});
