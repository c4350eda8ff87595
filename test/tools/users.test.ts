/** For whom a process runs: the real user, and the effective one where that is another. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NameDatabase } from '../../src/kernel/users.js';
import { needs } from '../capability.js';
import { snoopkit } from '../helpers/run.js';
import { SOCKETS, socketsWords } from '../helpers/sockets.js';
import { Trace } from '../helpers/trace.js';

const NAMED = fileURLToPath(new URL('../fixtures/named', import.meta.url));
const NOBODY = 65534;
const users = new NameDatabase('passwd');
const userName = (uid: number) => users.name(uid);

interface UserEvent {
  uid: number;
  user: string;
  euid?: number;
  euser?: string;
  [name: string]: unknown;
}

describe('users of processes', () => {
  const traces: Trace<UserEvent>[] = [];
  let folder: string;
  before(function () {
    needs(this, 'root');
    folder = traceOf('opensnoop').folder;
    chmodSync(folder, 0o755);
  });
  after(() => {
    for (const trace of traces) trace.remove();
  });

  function traceOf(tool: string): Trace<UserEvent> {
    const trace = new Trace<UserEvent>(tool);
    traces.push(trace);
    return trace;
  }
  const see = async (tool: string, flags: readonly string[], command: readonly string[]) =>
    (await traceOf(tool).run(flags, command)).events;
  const usersOf = (events: readonly UserEvent[]) => [
    ...new Set(events.map(({ uid, user, euid, euser }) => JSON.stringify([uid, user, euid, euser]))),
  ];

  it('shows the effective user only where that is another, and finds a process by either', async () => {
    for (const [real, effective, wanted] of [
      [1234, 4321, [4321, '4321']],
      [0, NOBODY, [NOBODY, userName(NOBODY)]],
      [NOBODY, NOBODY, [undefined, undefined]],
    ] as const) {
      const command = [NAMED, 'a', 'b', 'as', `${real}`, `${effective}`, 'open', '/etc/hostname'];
      const all = (await see('opensnoop', ['-n', 'b'], command)).filter(({ path }) => path === '/etc/hostname');
      assert.deepEqual(usersOf(all), [JSON.stringify([real, userName(real) ?? String(real), ...wanted])]);
      for (const user of [real, effective])
        assert.equal((await see('opensnoop', ['-n', 'b', '-u', `${user}`], command)).length, all.length, `${user}`);
      assert.deepEqual(await see('opensnoop', ['-n', 'b', '-u', '5678'], command), []);
    }
  });

  it('finds by a name, and shows both in a table that is asked for them', async () => {
    const command = [NAMED, 'a', 'b', 'as', '1234', `${NOBODY}`, 'open', '/etc/hostname'];
    const nobody = userName(NOBODY) as string;
    const fields = ['-F', 'uid,euid,euser,path'];
    const { stdout } = await snoopkit(['opensnoop', '-n', 'b', '-u', nobody, ...fields, '--', ...command]);
    assert.match(stdout.toString(), new RegExp(`^ *1234 +${NOBODY} ${nobody} +/etc/hostname$`, 'm'));
    // Where there is none nothing stands there.
    const same = [NAMED, 'a', 'b', 'as', '1234', '1234', 'open', '/etc/hostname'];
    const table = await snoopkit(['opensnoop', '-n', 'b', ...fields, '--', ...same]);
    assert.match(table.stdout.toString(), /^ *1234 {2,}\/etc\/hostname$/m);
    const csv = await snoopkit(['opensnoop', '-n', 'b', '-o', 'csv', ...fields, '--', ...same]);
    assert.match(csv.stdout.toString(), /^1234,,,\/etc\/hostname\r?$/m);
  });

  it('knows a setuid program, its end, and whose its sockets are', async () => {
    const setuid = join(folder, 'setuid');
    copyFileSync(SOCKETS, setuid);
    chownSync(setuid, NOBODY, NOBODY);
    chmodSync(setuid, 0o4755);
    const [, ...steps] = socketsWords(
      'listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 accept 2 0 send 1 5 close 1 recv-all 2 close 2',
    );
    for (const tool of ['execsnoop', 'exitsnoop', 'procsnoop', 'tcplife', 'tcpconnect', 'solisten', 'tcpstates'])
      for (const user of [0, NOBODY]) {
        const events = await see(tool, ['-u', `${user}`], [setuid, ...steps]);
        assert.deepEqual(
          usersOf(events),
          [JSON.stringify([0, userName(0), NOBODY, userName(NOBODY)])],
          `${tool} -u ${user}`,
        );
      }
    assert.deepEqual(await see('tcplife', ['-u', '5678'], [setuid, ...steps]), []);
    const rows = await see('tcptop', ['-i', '1h', '-u', `${NOBODY}`], [setuid, ...steps]);
    assert.equal(rows.length, 2);
  });

  it('takes no event without a process for one of an effective user', async () => {
    // A timer has no sender.
    const events = await see('sigsnoop', ['-f'], ['timeout', '-s', 'CONT', '0.1', 'sleep', '0.3']);
    const timers = events.filter(({ pid }) => pid === 0);
    assert.ok(timers.length > 0, JSON.stringify(events));
    assert.deepEqual(
      timers.filter((event) => 'euid' in event || 'euser' in event),
      [],
    );
  });
});
