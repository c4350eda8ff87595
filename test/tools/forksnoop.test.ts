import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { needs } from '../capability.js';
import { snoopkit } from '../helpers/run.js';
import { Trace } from '../helpers/trace.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const [EXITS, CLONES] = [fixture('exits'), fixture('clones')];

interface ForkEvent {
  event: string;
  pid: number;
  tid: number;
  comm: string;
  call: string;
  ret: number;
  error?: string;
  child_pid: number;
  child_tid: number;
  flags: string;
  is_thread?: boolean;
}

describe('forksnoop', () => {
  let trace: Trace<ForkEvent>;
  before(function () {
    needs(this, 'root');
    trace = new Trace('forksnoop');
  });
  after(() => trace?.remove());

  for (const hooks of ['raw_tp,tracepoint', 'tp_btf'])
    describe(`by ${hooks}`, () => {
      it('sees each process that is created, in order, with its creator', async () => {
        const script = '(echo $$); (sh -c "echo \\$\\$; (true); exit 0"; exit 0); exit 0';
        const { events } = await trace.run(['--hooks', hooks, '-f'], ['sh', '-c', script]);
        const [first, second, inner, last] = events;
        assert.equal(events.length, 4);
        assert.deepEqual([second?.pid, inner?.pid, last?.pid], [first?.pid, second?.child_pid, inner?.child_pid]);
        for (const { event, comm, ret, child_pid, child_tid, pid, call } of events) {
          assert.deepEqual([event, comm, ret, child_tid], ['fork', 'sh', child_pid, child_pid]);
          assert.notEqual(child_pid, pid);
          assert.match(call, /^(clone3?|v?fork)$/);
        }
      });

      it('sees a hundred, none of them twice', async () => {
        const { events } = await trace.run(['--hooks', hooks], [EXITS, 'children', '100']);
        assert.equal(new Set(events.map(({ child_pid }) => child_pid)).size, 100);
        assert.equal(events.length, 100);
      });

      it('tells the call, and what it was asked for', async () => {
        const one = async (...command: string[]) => {
          const { events } = await trace.run(['--hooks', hooks], command);
          return events.map(({ call, flags, ret }) => [call, flags, ret > 0]);
        };
        // The id of one that has ended is free.
        const { pid } = spawnSync('true');
        assert.deepEqual(await one(CLONES, `${pid}`, '3'), [['clone3', '', true]]);
        const [[call, flags] = []] = await one(EXITS, 'children', '1');
        assert.deepEqual([call, flags], ['clone', 'CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID']);
      });

      it('sees threads where one asks', async () => {
        const flags = ['--hooks', hooks];
        assert.deepEqual((await trace.run(flags, [EXITS, 'thread', '8'])).events, []);
        const { events } = await trace.run([...flags, '--threads'], [EXITS, 'thread', '8']);
        const [thread] = events;
        assert.equal(events.length, 1);
        assert.deepEqual([thread?.is_thread, thread?.child_pid, thread?.ret], [true, thread?.pid, thread?.child_tid]);
        assert.notEqual(thread?.child_tid, thread?.pid);
        assert.match(thread?.flags ?? '', /CLONE_VM\|.*CLONE_THREAD/);
      });

      it('sees what is refused', async function () {
        needs(this, 'setpriv');
        // One process is all that this user may have.
        const user = ['setpriv', '--reuid', '54321', '--clear-groups', 'prlimit', '--nproc=1'];
        const flags = ['--hooks', hooks, '-x', '-f'];
        const { events } = await trace.run(flags, [...user, 'sh', '-c', 'exec 2>/dev/null; (true); exit 0']);
        assert.ok(events.length >= 1);
        for (const { error, ret, child_pid, child_tid, call, flags: asked } of events) {
          assert.deepEqual([error, ret, child_pid, child_tid, call], ['EAGAIN', -11, 0, 0, 'clone']);
          assert.equal(asked, 'CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID');
        }
      });
    });

  it('shows nothing that succeeds with -x', async () => {
    assert.deepEqual((await trace.run(['-x'], [EXITS, 'children', '3'])).events, []);
  });

  it('has a table that people read', async () => {
    const { stdout } = await snoopkit(['forksnoop', '--', EXITS, 'children', '1']);
    const [header, row] = stdout.toString().split('\n');
    assert.equal(header, '    PID COMM             CALL       RET FLAGS');
    assert.match(row ?? '', /^ *\d+ exits {12}clone +\d+ CLONE_CHILD_CLEARTID\|CLONE_CHILD_SETTID$/);
  });
});
