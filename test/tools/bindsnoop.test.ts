import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { needs } from '../capability.js';
import { Running, run, snoopkit } from '../helpers/run.js';
import { type CallEvent, plainAddress, traceSteps } from '../helpers/socket-events.js';
import { parseSteps, SOCKETS, type Step, socketsWords } from '../helpers/sockets.js';
import { Trace } from '../helpers/trace.js';

interface BindEvent extends CallEvent {
  asked_addr: string;
  asked_port: number;
  proto: string;
  options: string;
  ifindex: number;
  interface: string;
}

/** Binds that succeed, of each family, and some of each kind that fail. */
const BINDS = [
  'bind 0 127.0.0.1 0 udp-bind 1 0.0.0.0 0 bind 2 :: 0 udp-bind 3 ::1 0 bind 4 ::ffff:127.0.0.1 0',
  'bind 5 127.0.0.1 @0 udp-bind 6 203.0.113.9 77 bind 0 127.0.0.1 5 udp-bind 7 2001:db8::1 78',
];

describe('bindsnoop', () => {
  let trace: Trace<BindEvent>;
  before(function () {
    needs(this, 'root');
    needs(this, 'ipv6');
    trace = new Trace('bindsnoop');
  });
  after(() => trace?.remove());

  const binds = async (flags: readonly string[], ...steps: string[]) => {
    const { events, told } = await traceSteps(trace, flags, steps);
    return { events, told: told.filter(({ step }) => /bind|listen$/.test(step)) };
  };

  const shown = (e: BindEvent) => [e.pid, e.tid, e.ret, e.error, `${e.asked_addr} ${e.asked_port}`];
  const isTold = (s: Step) => [s.pid, s.tid, s.ret, s.error, `${plainAddress(s.asked)} ${s.asked_port}`];
  const local = (e: BindEvent) => `${e.local_addr} ${e.local_port}`;
  /** What fails is not bound: shown is what it was to be. */
  const isLocal = ({ ret, asked, asked_port, local, local_port }: Step) =>
    ret < 0 ? `${plainAddress(asked)} ${asked_port}` : `${plainAddress(local)} ${local_port}`;

  for (const [hooks, capability] of [
    ['tracepoint', 'root'],
    ['fentry', 'fentry'],
    ['kprobe', 'kprobe-pmu'],
  ] as const)
    it(`sees what is bound, and what fails, by ${hooks}`, async function () {
      needs(this, capability);
      const { events, told } = await binds(['--hooks', hooks], ...BINDS);
      assert.deepEqual(events.map(shown), told.map(isTold));
      assert.deepEqual(events.map(local), told.map(isLocal));
      assert.deepEqual(
        events.map(({ proto, family, error }) => [proto, family, error].join(' ').trim()),
        [
          ...['tcp ipv4', 'udp ipv4', 'tcp ipv6', 'udp ipv6', 'tcp ipv6'],
          ...['tcp ipv4 EADDRINUSE', 'udp ipv4 EADDRNOTAVAIL', 'tcp ipv4 EINVAL', 'udp ipv6 EADDRNOTAVAIL'],
        ],
      );
      for (const { comm, remote_addr, remote_port, local_port, ret } of events) {
        assert.equal(comm, 'sockets');
        assert.match(`${remote_addr} ${remote_port}`, /^(0\.0\.0\.0|::) 0$/);
        assert.ok(ret < 0 || local_port > 0);
      }
    });

  it('tells the port that ss tells, while it is bound', async function () {
    needs(this, 'ss');
    const steps = ['udp-bind 0 127.0.0.1 0 udp-bind 1 ::1 0 listen 2 127.0.0.1 0 listen 3 :: 0 hold'];
    let seen: string[] = [];
    let pid = 0;
    const { events } = await trace.during(['-n', 'sockets'], async () => {
      const target = new Running(SOCKETS, socketsWords(...steps).slice(1));
      try {
        await target.says(/"hold"/, 'stdout');
        const { stdout } = await run('ss', ['-Hantup']);
        seen = stdout
          .toString()
          .split('\n')
          .filter((row) => row.includes(`pid=${target.pid},`));
        pid = target.pid;
      } finally {
        target.kill();
      }
    });
    const own = events.filter((event) => event.pid === pid);
    const ends = own.map((e) => {
      const text = e.family === 'ipv6' ? `[${e.local_addr}]` : e.local_addr;
      return `${e.proto} ${text === '[::]' ? '*' : text}:${e.local_port}`;
    });
    const rows = seen.map((row) => row.split(/\s+/)).map(([proto, , , , end]) => `${proto} ${end}`);
    assert.equal(own.length, 4);
    assert.deepEqual(ends.sort(), rows.sort());
  });
  it('tells the options, and the device', async () => {
    const all = ['reuseaddr', 'reuseport', 'freebind', 'transparent', 'bind-no-port', 'v6only'];
    const names = ['REUSEADDR', 'REUSEPORT', 'FREEBIND', 'TRANSPARENT', 'BIND_ADDRESS_NO_PORT', 'V6ONLY'];
    const each = all.map((name, i) => `socket ${i} tcp6 set ${i} ${name} bind ${i} :: 0`);
    const together = ['socket 6 tcp6', ...all.map((name) => `set 6 ${name}`), 'set 6 device = lo bind 6 ::1 0'];
    const { events, told } = await binds([], ...each, ...together, 'socket 7 udp4 udp-bind 7 127.0.0.1 0');
    assert.ok(
      told.every(({ ret }) => ret === 0),
      JSON.stringify(told),
    );
    assert.deepEqual(
      events.map(({ options }) => options),
      [...names, names.join('|'), ''],
    );
    assert.deepEqual(
      events.map((event) => [event.ifindex, event.interface]),
      [...names.map(() => [0, '']), [1, 'lo'], [0, '']],
    );
    // Then there is no port before it connects.
    assert.deepEqual([events[4]?.local_port, told[4]?.local_port], [0, 0]);
  });

  it('finds the name of any device', async function () {
    needs(this, 'veth');
    // The kernel has their indices in 256 lists: with lo all of these are in one.
    const make = 'ip link add name dev-a index 257 type veth peer name dev-b index 513; exec "$@"';
    const before = ['unshare', '--net', 'sh', '-ec', make, 'sh'];
    const steps = ['dev-a', 'dev-b', 'lo'].map(
      (name, i) => `socket ${i} udp4 set ${i} device = ${name} udp-bind ${i} 0.0.0.0 0`,
    );
    const { events } = await traceSteps(trace, [], steps, { before });
    assert.deepEqual(
      events.map((event) => [event.ifindex, event.interface]),
      [
        [257, 'dev-a'],
        [513, 'dev-b'],
        [1, 'lo'],
      ],
    );
  });

  it('names protocols', async () => {
    const kinds = ['tcp4', 'udp4', 'raw4', 'mptcp4', 'udplite4', 'raw6'];
    const { told: sockets, events } = await traceSteps(
      trace,
      [],
      kinds.map((kind, i) => `socket ${i} ${kind} bind ${i} ${kind.endsWith('6') ? '::1' : '127.0.0.1'} 0`),
    );
    // Not every kernel has MPTCP and UDP-Lite: there the next step makes a socket of TCP.
    const isMade = kinds.map((_kind, i) => (sockets[2 * i]?.ret ?? -1) >= 0);
    assert.ok(isMade.filter(Boolean).length >= 4);
    assert.deepEqual(
      events.map(({ proto, family }) => proto + family.at(-1)),
      kinds.map((kind, i) => (isMade[i] ? kind : 'tcp4')),
    );
  });

  it('says what was asked for only where it is an address for that socket', async () => {
    const { events, told } = await binds(
      [],
      'bind 0 127.0.0.1 9 length 8 bind 1 ::1 9 length 16 socket 2 udp4 bind 2 ::1 9',
    );
    assert.deepEqual(
      events.map(({ error, asked_addr, asked_port }) => [error, asked_addr, asked_port]),
      [
        ['EINVAL', '0.0.0.0', 0],
        [told[1]?.error, '::', 0],
        ['EAFNOSUPPORT', '::1', 9],
      ],
    );
  });

  it('shows only failures with -x', async () => {
    const { events, told } = await binds(['-x'], ...BINDS);
    assert.deepEqual(
      events.map(({ error }) => error),
      told.flatMap(({ error }) => (error ? [error] : [])),
    );
  });

  it('filters by port, by address, by IP version', async () => {
    const seen = async (...flags: string[]) => {
      const { events, told } = await binds(flags, ...BINDS);
      return { shown: events.map(local), all: told.map(isLocal) };
    };
    const ip4 = await seen('-4');
    assert.deepEqual(
      ip4.shown.map((end) => end.split(' ')[0]),
      ip4.all.filter((end) => end.includes('.')).map((end) => end.split(' ')[0]),
    );
    assert.deepEqual((await seen('-6', '--remote-port', '0')).shown.length, 3);
    assert.deepEqual((await seen('--local-port', '77')).shown, ['203.0.113.9 77']);
    assert.deepEqual((await seen('-P', '77,78', '--addr', '2001:db8::/32')).shown, ['2001:db8::1 78']);
  });

  it('is not fooled by children, threads, copies and descriptors that were passed on', async () => {
    const { events, told } = await binds(
      ['-f'],
      'socket 0 tcp4 dup 0 1 bind 1 127.0.0.1 0',
      'socket 2 udp6 fork ( udp-bind 2 ::1 0 ) wait',
      'socket 3 tcp4 thread ( name other bind 3 127.0.0.1 0 ) wait',
      'socket 4 tcp4 pass 4 ( bind 4 127.0.0.1 0 ) wait',
    );
    assert.deepEqual(events.map(shown), told.map(isTold));
    assert.deepEqual(events.map(local), told.map(isLocal));
    assert.equal(new Set(events.map(({ pid }) => pid)).size, 3);
    assert.deepEqual(
      events.map(({ comm, thread_comm }) => [comm, thread_comm]),
      [
        ['sockets', 'sockets'],
        ['sockets', 'sockets'],
        ['sockets', 'other'],
        ['sockets', 'sockets'],
      ],
    );
  });

  it('goes by the network namespace of the socket', async function () {
    needs(this, 'unshare');
    const target = new Running('unshare', ['--net', ...socketsWords('hold udp-bind 0 0.0.0.0 0')]);
    try {
      await target.says(/"hold"/, 'stdout');
      const id = /\d+/.exec(readlinkSync(`/proc/${target.pid}/ns/net`))?.[0] ?? '';
      const { events } = await trace.during(['--netns', id], async () => {
        await run(SOCKETS, socketsWords('udp-bind 0 127.0.0.1 0').slice(1));
        target.child.stdin?.end('x');
        await target.finished;
      });
      const last = parseSteps(target.written).at(-1);
      assert.deepEqual(
        events.map((event) => [event.pid, event.netns, event.local_port]),
        [[target.pid, Number(id), last?.local_port]],
      );
    } finally {
      target.kill();
    }
  });

  it('tells who was not permitted', async function () {
    needs(this, 'setpriv');
    const before = ['setpriv', '--reuid', '65534', '--clear-groups'];
    const { events } = await traceSteps(trace, [], ['bind 0 127.0.0.1 1'], { before });
    assert.deepEqual(
      events.map(({ uid, error, local_port }) => [uid, error, local_port]),
      [[65534, 'EACCES', 1]],
    );
  });

  it('shows no sockets of other families', async () => {
    const script = 'const s = require("net").createServer().listen("\\0snoopkit" + process.pid, () => s.close())';
    const { events } = await trace.run(['-f'], [process.execPath, '-e', script]);
    assert.deepEqual(events, []);
  });

  it('has a table that people read', async () => {
    const { stdout } = await snoopkit([
      'bindsnoop',
      '--',
      ...socketsWords('listen 0 127.0.0.1 0 reuseport bind 1 127.0.0.1 @0'),
    ]);
    const [header, bound, refused] = stdout
      .toString()
      .split('\n')
      .filter((line) => !line.startsWith('{'));
    assert.equal(header, '    PID COMM             PROTO       RET LOCAL                 OPTIONS');
    assert.match(bound ?? '', /^ *\d+ sockets +tcp +0 127\.0\.0\.1:\d+ +REUSEPORT$/);
    assert.match(refused ?? '', /^ *\d+ sockets +tcp +EADDRINUSE 127\.0\.0\.1:\d+ *$/);
  });
});
