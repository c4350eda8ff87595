import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { Running } from '../helpers/run.js';
import { parseSteps, socketsWords, stepOf } from '../helpers/sockets.js';
import { parseSs, tcpSockets } from '../helpers/ss.js';

/** The row of iproute2 6.1, and what it says by itself. */
const ROW =
  'ESTAB 0      5  10.77.0.1%wire-a:57472 10.77.0.2:80 users:(("a",pid=1)) b ino:9",pid=12,fd=6),("c",pid=13,fd=7)) ' +
  'timer:(on,204ms,1) uid:1000 ino:2186925 sk:100c cgroup:/ <-> ts sack rto:200 rtt:0.02/0.01 mss:1448 ' +
  'bytes_sent:300 bytes_retrans:200 bytes_acked:101 retrans:1/4 lost:1\n';

describe('ss: what it says', () => {
  it('is told from what a process may be called', () => {
    const [socket, ...more] = parseSs(ROW);
    assert.deepEqual(more, []);
    assert.deepEqual(socket, {
      state: 'ESTAB',
      pid: 12,
      users: [
        { pid: 12, fd: 6 },
        { pid: 13, fd: 7 },
      ],
      local: '10.77.0.1',
      local_port: 57472,
      remote: '10.77.0.2',
      remote_port: 80,
      inode: 2186925,
      cookie: 0x100c,
      bytes_sent: 300,
      bytes_acked: 101,
      bytes_received: 0,
      retrans: 4,
      rtt: 0.02,
      row: ROW.trimEnd(),
    });
    assert.deepEqual(parseSs(''), []);
  });

  for (const [name, address, needed] of [
    ['IPv4', '127.0.0.1', undefined],
    ['IPv6', '::1', 'ipv6'],
  ] as const) {
    it(`is what a program did: ${name}`, async function () {
      needs(this, 'ss');
      if (needed) needs(this, needed);
      const steps = ['listen 0', address, 0, 'connect 1', address, '@0 accept 2 0 send 1 30 recv 2 30 drain 1 hold'];
      const [file = '', ...words] = socketsWords(...steps);
      const running = new Running(file, words);
      try {
        await running.says(/"hold"/, 'stdout');
        const told = parseSteps(running.written);
        const found = await tcpSockets({ all: true });
        const own = (slot: number, step: string) => {
          const { pid, fd, local, local_port, cookie, inode } = stepOf(told, step, slot);
          const socket = found.find((one) => one.cookie === cookie) ?? assert.fail(`no ${cookie}`);
          assert.deepEqual([socket.local, socket.local_port, socket.inode], [local, local_port, inode]);
          assert.deepEqual([socket.pid, socket.users], [pid, [{ pid, fd }]]);
          return socket;
        };
        const [listener, client, server] = [own(0, 'listen'), own(1, 'connect'), own(2, 'accept')];
        assert.deepEqual([listener.state, listener.remote_port], ['LISTEN', 0]);
        assert.deepEqual([client.state, client.remote, client.remote_port], ['ESTAB', address, listener.local_port]);
        // The SYN is one that is acknowledged, too.
        assert.deepEqual([client.bytes_sent, client.bytes_acked, client.bytes_received], [30, 31, 0]);
        assert.deepEqual([server.bytes_sent, server.bytes_received, server.retrans], [0, 30, 0]);
      } finally {
        running.kill();
        await running.finished;
      }
    });
  }
});
