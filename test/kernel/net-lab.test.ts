import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { needs } from '../capability.js';
import { curlWords, HttpServer, parseCurl } from '../helpers/http.js';
import { type NetEnd, NetLab, REFUSED_PORT } from '../helpers/net.js';
import { patient } from '../helpers/patience.js';
import { doSteps, parseSteps, socketsWords, stepOf } from '../helpers/sockets.js';
import { tcpSockets } from '../helpers/ss.js';
import { type Packet, sentAgain } from '../helpers/wire.js';

const PORT = 5000;
const PAYLOAD = 60_000;

function needsLab(context: Mocha.Context): void {
  for (const capability of ['root', 'netns', 'veth'] as const) needs(context, capability);
}

describe('net lab', () => {
  let lab: NetLab;
  before(function () {
    needsLab(this);
    lab = new NetLab();
    lab.a.sysctl({ 'net.ipv4.tcp_syn_retries': 1 });
  });
  after(() => lab?.remove());

  const there = (steps: readonly (string | number)[]) => doSteps(steps, { before: lab.a.words([]) });

  /** A server at the other end, which does these steps once it listens in slot 0. */
  async function serve(end: NetEnd, address: string, ...steps: string[]) {
    const running = end.start(socketsWords('listen 0', address, PORT, ...steps));
    await running.says(/"listen"/, 'stdout');
    return running;
  }

  for (const [family, capability] of [
    ['v4', undefined],
    ['v6', 'ipv6'],
  ] as const) {
    describe(family, () => {
      before(function () {
        if (capability) needs(this, capability);
      });

      it('joins its ends', async () => {
        const [near, far] = [lab.a.address[family], lab.b.address[family]];
        const server = await serve(lab.b, far, 'accept 1 0 recv-all 1');
        const steps = await there(['connect 0', far, PORT, 'send 0 10 close 0']);
        const told = parseSteps((await server.finished).stdout);
        const [connect, accept] = [stepOf(steps, 'connect'), stepOf(told, 'accept')];
        assert.deepEqual([connect.ret, connect.local, connect.remote], [0, near, far]);
        assert.deepEqual([accept.remote, accept.remote_port], [near, connect.local_port]);
        assert.equal(stepOf(told, 'recv-all').bytes, 10);
      });

      it('refuses, and has what can not be reached', async () => {
        const { unreachable, hostUnreachable, b } = lab;
        const steps = await there([
          ...['connect 0', b.address[family], REFUSED_PORT],
          ...['connect 1', unreachable[family], PORT, 'connect 2', hostUnreachable[family], PORT],
        ]);
        assert.deepEqual(
          steps.map(({ error }) => error),
          ['ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH'],
        );
      });

      it('has a black hole', async () => {
        const steps = await there(['connect 0', lab.blackHole[family], PORT]);
        const { error, from, to } = stepOf(steps, 'connect');
        assert.equal(error, 'ETIMEDOUT');
        // The SYN is sent again after a second, and given up two later.
        assert.ok(to - from > 1.9e9 && to - from < patient(5) * 1e9, `${to - from} ns`);
      });
    });
  }

  it('keeps the filesystems that tracing needs', () => {
    const list = 'ls /sys/kernel/tracing /sys/fs/bpf /sys/fs/cgroup';
    assert.equal(lab.a.shell(list), spawnSync('sh', ['-c', list], { encoding: 'utf8' }).stdout);
  });

  it('has sysctls of its own', () => {
    const read = 'cat /proc/sys/net/ipv4/tcp_syn_retries';
    assert.equal(lab.a.shell(read), '1\n');
    assert.notEqual(lab.b.shell(read), '1\n');
  });

  it('has real peers', async function () {
    needs(this, 'curl');
    needs(this, 'ss');
    const server = await HttpServer.start(lab.b.address.v4, { end: lab.b });
    try {
      const { stdout } = await lab.a.run(curlWords(server.url(12345)));
      const got = parseCurl(stdout);
      assert.deepEqual([got.http_code, got.size_download, got.num_connects], [200, 12345, 1]);
      assert.deepEqual([got.local_ip, got.remote_ip], [lab.a.address.v4, lab.b.address.v4]);
      assert.equal(got.remote_port, server.port);
      const [listener] = await tcpSockets({ before: lab.b.words([]), all: true });
      assert.deepEqual([listener?.state, listener?.pid, listener?.local_port], ['LISTEN', server.pid, server.port]);
    } finally {
      await server.stop();
    }
  });
});

describe('net lab: a wire', () => {
  let lab: NetLab;
  before(function () {
    needsLab(this);
  });
  beforeEach(() => {
    lab = new NetLab();
  });
  afterEach(() => lab?.remove());

  /** Sends from a to b, by the steps that come between. */
  async function send(...steps: string[]) {
    const words = ['listen 0', lab.b.address.v4, PORT, 'accept 1 0 recv-all 1 close 1'];
    const server = lab.b.start(socketsWords(...words));
    await server.says(/"listen"/, 'stdout');
    const client = ['connect 0', lab.b.address.v4, PORT, ...steps, `send 0 ${PAYLOAD} drain 0 info 0 close 0`];
    const told = await doSteps(client, { before: lab.a.words([]) });
    const received = stepOf(parseSteps((await server.finished).stdout), 'recv-all');
    return { told, received };
  }

  const kind = (packets: readonly Packet[], name: string) => packets.filter((packet) => packet.kind === name);

  it('loses nothing unless it is told to', async () => {
    const wire = await lab.b.wire();
    const { told, received } = await send();
    assert.equal(received.bytes, PAYLOAD);
    const packets = await wire.packets();
    assert.ok(packets.every(({ dropped, version, target }) => !dropped && version === 4 && target === PORT));
    assert.equal(packets[0]?.kind, 'SYN');
    assert.equal(kind(packets, 'FIN').length, 1);
    const again = new Set(sentAgain(packets));
    const once = kind(packets, 'DATA').filter((packet) => !again.has(packet));
    assert.equal(
      once.reduce((sum, { length }) => sum + length, 0),
      PAYLOAD,
    );
    assert.equal(again.size, stepOf(told, 'info').retrans);
  });

  it('loses what it is told to, and TCP sends it again', async () => {
    const wire = await lab.b.wire();
    await wire.drop({ kinds: ['DATA'], every: 5, most: 3 });
    const { told, received } = await send();
    assert.equal(received.bytes, PAYLOAD);
    const packets = await wire.packets();
    const data = kind(packets, 'DATA');
    assert.deepEqual(
      data.flatMap(({ dropped }, i) => (dropped ? [i + 1] : [])),
      [5, 10, 15],
    );
    const again = sentAgain(packets);
    for (const { seq } of data.filter(({ dropped }) => dropped)) assert.ok(again.some((packet) => packet.seq === seq));
    assert.equal(again.length, stepOf(told, 'info').retrans);
  });

  it('loses the first SYN, and the other direction nothing', async () => {
    const [wire, back] = [await lab.b.wire(), await lab.a.wire()];
    await wire.drop({ kinds: ['SYN'], most: 1 });
    const { told } = await send();
    const syns = kind(await wire.packets(), 'SYN');
    assert.deepEqual(
      syns.map(({ dropped, seq }) => [dropped, seq]),
      [true, false].map((dropped) => [dropped, syns[0]?.seq]),
    );
    const { from, to } = stepOf(told, 'connect');
    assert.ok(to - from > 0.9e9, `${to - from} ns`);
    assert.deepEqual(
      (await back.packets()).filter(({ dropped }) => dropped),
      [],
    );
    assert.equal(kind(await back.packets(), 'SYN').length, 1);
  });

  it('is cut, and mended', async () => {
    const wire = await lab.b.wire();
    const server = lab.b.start(socketsWords('listen 0', lab.b.address.v4, PORT, 'accept 1 0 recv-all 1'));
    await server.says(/"listen"/, 'stdout');
    const steps = ['connect 0', lab.b.address.v4, PORT, 'hold send 0 100 sleep 500 info 0 hold'];
    const client = lab.a.start(socketsWords(...steps));
    await client.says(/"hold"/, 'stdout');
    await wire.cut();
    client.child.stdin?.write('x');
    await client.says(/"hold"[\s\S]*"hold"/, 'stdout');
    const retrans = stepOf(parseSteps(client.written), 'info').retrans ?? 0;
    assert.ok(retrans >= 1, `${retrans}`);
    const lost = kind(await wire.packets(), 'DATA');
    assert.ok(lost.length > retrans && lost.every(({ dropped }) => dropped));
    await wire.mend();
    client.child.stdin?.end('x');
    const { stdout } = await server.finished;
    assert.equal(stepOf(parseSteps(stdout), 'recv-all').bytes, 100);
    await client.finished;
  });

  it('goes when it is removed, with all that still runs', async () => {
    const { a, b } = lab;
    await b.wire();
    const server = b.start(socketsWords('listen 0', b.address.v4, PORT, 'hold'));
    await server.says(/"hold"/, 'stdout');
    await lab.remove();
    const { signal } = await server.finished;
    assert.equal(signal, 'SIGKILL');
    const names = spawnSync('ip', ['netns'], { env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' }, encoding: 'utf8' });
    for (const { name } of [a, b]) assert.ok(!names.stdout.includes(name));
  });
});
