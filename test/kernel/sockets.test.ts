import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { patient } from '../helpers/patience.js';
import { Running, run } from '../helpers/run.js';
import { doSteps, parseSteps, SOCKETS, type Step, socketsWords, stepOf } from '../helpers/sockets.js';

/** Each step, with what it returned. */
const results = (steps: readonly Step[]) => steps.map(({ step, ret, error }) => `${step} ${error ?? ret}`);
/** The same, of those that return descriptors and pids without these. */
const errors = (steps: readonly Step[]) => steps.map(({ step, error }) => (error ? `${step} ${error}` : step));

describe('sockets: connections', () => {
  for (const [name, listen, connect, seen] of [
    ['IPv4', '127.0.0.1', '127.0.0.1', '127.0.0.1'],
    ['IPv6', '::1', '::1', '::1'],
    ['IPv4-mapped', '::', '::ffff:127.0.0.1', '::ffff:127.0.0.1'],
    ['IPv4 to IPv6', '::', '127.0.0.1', '::ffff:127.0.0.1'],
  ] as const) {
    it(`have both ends: ${name}`, async function () {
      if (name !== 'IPv4') needs(this, 'ipv6');
      const steps = await doSteps([
        ...['listen 0', listen, 0, 'connect 1', connect, '@0 accept 2 0 send 1 70 times 2 recv 2 140'],
        'drain 1 info 1 close 1 recv-all 2 close 2',
      ]);
      const [listener, client, server] = [
        stepOf(steps, 'listen'),
        stepOf(steps, 'connect'),
        stepOf(steps, 'accept', 2),
      ];
      assert.ok((listener.local_port ?? 0) > 0);
      assert.deepEqual([listener.asked_port, client.asked_port], [0, listener.local_port]);
      assert.deepEqual([client.local, client.remote, client.remote_port], [connect, connect, listener.local_port]);
      assert.deepEqual([server.local, server.remote, server.remote_port], [seen, seen, client.local_port]);
      assert.deepEqual([listener.state, client.state, server.state], ['LISTEN', 'ESTABLISHED', 'ESTABLISHED']);
      const [sent, received, info] = [stepOf(steps, 'send'), stepOf(steps, 'recv'), stepOf(steps, 'info')];
      assert.deepEqual([sent.bytes, sent.calls, received.bytes], [140, 2, 140]);
      assert.deepEqual([info.bytes_sent, info.retrans], [140, 0]);
      assert.equal(stepOf(steps, 'recv-all').state, 'CLOSE_WAIT');
      for (const step of steps) assert.ok(step.to >= step.from && step.from > 0, step.step);
    });
  }

  it('fail as they do', async () => {
    const steps = await doSteps([
      'bind 0 127.0.0.1 0 connect 0 127.0.0.1 1 connect 1 127.0.0.1 1 nonblock',
      'listen 2 127.0.0.1 0 bind 3 127.0.0.1 @2 bind 4 203.0.113.9 0 accept 5 0 close 9',
    ]);
    assert.deepEqual(errors(steps), [
      ...['bind', 'connect ECONNREFUSED', 'connect EINPROGRESS', 'listen'],
      ...['bind EADDRINUSE', 'bind EADDRNOTAVAIL', 'accept EINVAL', 'close EBADF'],
    ]);
    const [bound, refused] = steps;
    // The bound address is kept.
    assert.deepEqual([refused?.local, refused?.local_port, refused?.ret], ['127.0.0.1', bound?.local_port, -111]);
  });

  it('end later where they do not block', async () => {
    const begun = ['connect 1 127.0.0.1 @0 nonblock connected 1', 'connect 2 127.0.0.1 1 nonblock connected 2'];
    const steps = await doSteps(['listen 0 127.0.0.1 0', ...begun]);
    assert.deepEqual(results(steps).slice(1), [
      'connect EINPROGRESS',
      'connected 0',
      'connect EINPROGRESS',
      'connected ECONNREFUSED',
    ]);
  });

  it('are interrupted by a signal, or go on', async () => {
    const full = 'listen 0 127.0.0.1 0 backlog 0 connect 1 127.0.0.1 @0';
    const steps = await doSteps([
      full,
      `alarm ${patient(100)} connect 2 127.0.0.1 @0`,
      `thread ( sleep ${patient(300)} accept 3 0 accept 4 0 )`,
      `alarm-restart ${patient(100)} connect 5 127.0.0.1 @0`,
    ]);
    const [gaveUp, wentOn] = [stepOf(steps, 'connect', 2), stepOf(steps, 'connect', 5)];
    assert.deepEqual([gaveUp.error, gaveUp.state], ['EINTR', 'SYN_SENT']);
    assert.deepEqual([wentOn.ret, wentOn.state], [0, 'ESTABLISHED']);
    assert.ok(wentOn.to - wentOn.from > patient(150) * 1e6, 'it waited for the first accept');
  });

  it('share a port where they are told to', async () => {
    const [listen] = await doSteps(['listen 0 127.0.0.1 0 reuseport']);
    assert.equal(listen?.ret, 0);
    const steps = await doSteps([
      'listen 0 127.0.0.1 0 reuseport listen 1 127.0.0.1 @0 reuseport listen 2 127.0.0.1 @0',
      'socket 3 tcp4 set 3 reuseaddr set 3 sndbuf = 4096 set 3 nonblock listen-only 3 5 accept 4 3',
    ]);
    assert.deepEqual(errors(steps), [
      ...['listen', 'listen', 'listen EADDRINUSE'],
      ...['socket', 'set', 'set', 'set', 'listen-only', 'accept EAGAIN'],
    ]);
  });

  it('end in their ways', async () => {
    const pair = 'connect 1 127.0.0.1 @0 accept 2 0';
    const shut = `${pair} shutdown 1 wr await-state 1 FIN_WAIT2 send 1 1 recv 2 1 shutdown 2 rdwr close 1 close 2`;
    const reset = `${pair} reset 1 recv 2 1 close 2`;
    const unread = `${pair} send 1 9 unread-close 2 await-state 1 CLOSE recv 1 1 close 1`;
    const dissolved = `${pair} disconnect 1 recv 2 1`;
    const steps = await doSteps(['listen 0 127.0.0.1 0', shut, reset, unread, dissolved]);
    assert.deepEqual(errors(steps).slice(1), [
      ...['connect', 'accept', 'shutdown', 'await-state', 'send EPIPE', 'recv', 'shutdown', 'close', 'close'],
      ...['connect', 'accept', 'reset', 'recv ECONNRESET', 'close'],
      ...['connect', 'accept', 'send', 'unread-close', 'await-state', 'recv ECONNRESET', 'close'],
      ...['connect', 'accept', 'disconnect', 'recv ECONNRESET'],
    ]);
    assert.equal(stepOf(steps, 'unread-close').bytes, 9);
  });

  it('come in a row', async () => {
    const steps = await doSteps([
      'listen 0 127.0.0.1 0 connect-close 127.0.0.1 @0 20 reset connect-close 127.0.0.1 1 5',
    ]);
    const [, row, refused] = steps;
    assert.deepEqual([row?.ret, row?.calls, new Set(row?.ports).size], [20, 20, 20]);
    assert.deepEqual([refused?.error, refused?.ports], ['ECONNREFUSED', []]);
  });
});

describe('sockets: data', () => {
  it('goes through them by each call', async () => {
    const steps = await doSteps([
      'listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 accept 2 0 sendfile 1 5000 peek 2 100 splice 2 5000',
      'send 2 10 recv 1 10 transfer 1 2 3000000 close 1 recv 2 5',
    ]);
    const bytes = steps.slice(3).map((step) => `${step.step} ${step.slot} ${step.bytes}`);
    assert.deepEqual(bytes, [
      ...['sendfile 1 5000', 'peek 2 100', 'splice 2 5000', 'send 2 10', 'recv 1 10'],
      ...['transfer-recv 2 3000000', 'transfer-send 1 3000000', 'close 1 0', 'recv 2 0'],
    ]);
  });

  for (const [name, address] of [
    ['IPv4', '127.0.0.1'],
    ['IPv6', '::1'],
  ] as const) {
    it(`goes in datagrams: ${name}`, async function () {
      if (name === 'IPv6') needs(this, 'ipv6');
      const steps = await doSteps([
        ...['udp-bind 0', address, '0 udp-send 1', address, '@0 100 times 2 udp-recv 0 50 udp-recv 0 500'],
        ...[name === 'IPv6' ? 'socket 2 udp6' : 'socket 2 udp4', 'connect 2', address, '@0 send 2 7 recv 0 9'],
        'set 0 timeout = 10 recv 0 1 udp-send 1',
        ...[address, '@0 0 udp-recv 0 9'],
      ]);
      const moved = steps.filter(({ step }) => /^(udp-)?(send|recv)$/.test(step));
      assert.deepEqual(
        moved.map(({ step, bytes, calls, error }) => [step, error ?? bytes, calls]),
        [
          ...[
            ['udp-send', 200, 2],
            ['udp-recv', 50, 1],
            ['udp-recv', 100, 1],
            ['send', 7, 1],
            ['recv', 7, 1],
          ],
          ...[
            ['recv', 'EAGAIN', 1],
            ['udp-send', 0, 1],
            ['udp-recv', 0, 1],
          ],
        ],
      );
      const [sent, received] = moved;
      assert.deepEqual([received?.remote, received?.remote_port], [address, sent?.local_port]);
    });
  }
});

describe('sockets: who does it', () => {
  it('is a child, a thread, or whom the socket was given to', async () => {
    const steps = await doSteps([
      'listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 connect 2 127.0.0.1 @0',
      'fork ( accept 3 0 fork ( send 3 1 ) wait post 1 await 2 ) await 1',
      'thread ( name other accept 4 0 )',
      'pass 1 ( recv 1 1 close 1 ) post 2 wait close 1',
    ]);
    const [{ pid = 0 } = {}] = steps;
    const forks = steps.filter(({ step }) => step === 'fork');
    const worker = stepOf(steps, 'accept', 3);
    const grandchild = stepOf(steps, 'send', 3);
    assert.deepEqual(new Set(forks.map(({ ret }) => ret)), new Set([worker.pid, grandchild.pid]));
    assert.equal(new Set([pid, worker.pid, grandchild.pid]).size, 3);
    const thread = stepOf(steps, 'accept', 4);
    assert.ok(thread.pid === pid && thread.tid !== pid);
    const [passed, received] = [stepOf(steps, 'pass'), stepOf(steps, 'recv', 1)];
    assert.ok(passed.pid !== pid && passed.pid === received.pid);
    assert.equal(passed.cookie, stepOf(steps, 'connect', 1).cookie);
    assert.equal(received.bytes, 1);
    assert.deepEqual(
      steps.filter(({ step }) => step === 'close').map(({ pid: closer, error }) => [closer === pid, error]),
      [
        [false, undefined],
        [true, 'EBADF'],
      ],
    );
  });

  it('waits for a byte, and ends with all open', async () => {
    const [file = '', ...words] = socketsWords('listen 0 127.0.0.1 0 hold dup 0 1 exit close 0');
    const running = new Running(file, words);
    await running.says(/"hold"/, 'stdout');
    assert.equal(parseSteps(running.written).length, 2);
    running.child.stdin?.end('x');
    const { status, stdout } = await running.finished;
    assert.deepEqual([status, parseSteps(stdout).at(-1)?.step], [0, 'dup']);
    assert.equal((await run(SOCKETS, ['sleep', '1', 'kill'])).signal, 'SIGKILL');
  });

  it('reports wrong arguments', async () => {
    for (const [words, said] of [
      ['jump', 'no such step: jump'],
      ['close', 'a word is missing after: close'],
      ['close 99', 'no such slot: 99'],
      ['listen 0 localhost 0', 'not an address: localhost'],
      ['connect 0 ::1 @3', 'no socket: @3'],
      ['fork ( jump )', 'no such step: jump'],
    ] as const) {
      const finished = await run(SOCKETS, words.split(' '));
      assert.deepEqual([finished.status, finished.said], [99, `sockets: ${said}\n`]);
    }
  });
});
