import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BpfObject } from '../../src/bpf/object.js';
import type { AttachType } from '../../src/bpf/program-type.js';
import { mountPoint } from '../../src/kernel/mounts.js';
import { needs } from '../capability.js';
import { kernelIsSince } from '../helpers/kernel.js';
import { patient } from '../helpers/patience.js';
import { proves } from '../kernels/types.js';
import { counter, open } from './helpers.js';

const UNIX_NAMES = fileURLToPath(new URL('../fixtures/unix-names', import.meta.url));

const HOSTS = { 4: '127.0.0.1', 6: '::1' } as const;
type Family = keyof typeof HOSTS;

async function bound(family: Family, port = 0): Promise<Socket> {
  const socket = createSocket(`udp${family}`);
  socket.bind(port, HOSTS[family]);
  try {
    await once(socket, 'listening');
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}

async function freePort(family: Family): Promise<number> {
  const socket = await bound(family);
  const { port } = socket.address();
  socket.close();
  return port;
}

/** The next datagram that a socket gets from another one, which sends to the port; undefined if there is none. */
async function received(socket: Socket, family: Family, port = socket.address().port): Promise<RemoteInfo | undefined> {
  const sender = createSocket(`udp${family}`);
  const arrived = once(socket, 'message').then(([, from]) => from as RemoteInfo);
  sender.send('x', port, HOSTS[family]);
  const from = await Promise.race([arrived, sleep(patient(300), undefined)]);
  sender.close();
  return from;
}

describe('bpf: programs on the sockets of a cgroup', () => {
  const mount = mountPoint('cgroup2') ?? '';
  const path = join(mount, `snoopkit-sockets-${process.pid}`);
  const [, own = '/'] = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8')) ?? [];
  const enter = (cgroup: string) => writeFileSync(join(cgroup, 'cgroup.procs'), `${process.pid}`);
  before(function () {
    needs(this, 'root');
    needs(this, 'cgroup2');
    mkdirSync(path);
    enter(path);
  });
  after(() => {
    enter(join(mount, own));
    rmdirSync(path);
  });

  /** Loads one program, for a port that is free or the one given. */
  async function load(name: string, family: Family, port?: number): Promise<[object: BpfObject, port: number]> {
    const opened = open('cgroup-sockets');
    const chosen = port ?? (await freePort(family));
    opened.globals.need('port').set(chosen);
    for (const program of opened.programs.values()) program.autoload = program.name === name;
    return [opened.load(), chosen];
  }
  const attach = (object: BpfObject, name: string) => object.programs.need(name).attachCgroup(path);
  const forFamily = (context: Mocha.Context, family: Family) => family === 6 && needs(context, 'ipv6');

  for (const family of [4, 6] as const) {
    proves({ [`cgroup_sock_addr cgroup_inet${family}_bind`]: 'rewritten' }).it(
      `change the port that it is bound to, over IPv${family}`,
      async function () {
        forFamily(this, family);
        const [object, port] = await load(`bind${family}`, family);
        using _ = object;
        const link = attach(object, `bind${family}`);
        const socket = await bound(family);
        assert.equal(socket.address().port, port);
        socket.close();
        link.close();
        const other = await bound(family);
        assert.notEqual(other.address().port, port);
        other.close();
      },
    );

    proves({ [`cgroup_sock cgroup_inet${family}_post_bind`]: 'denied' }).it(
      `deny a port, over IPv${family}`,
      async function () {
        forFamily(this, family);
        const [object, port] = await load(`post_bind${family}`, family);
        using _ = object;
        const link = attach(object, `post_bind${family}`);
        await assert.rejects(bound(family, port), { code: 'EPERM' });
        (await bound(family)).close();
        link.close();
        (await bound(family, port)).close();
      },
    );

    proves({ [`cgroup_sock_addr cgroup_udp${family}_sendmsg`]: 'rewritten' }).it(
      `change the port that a datagram is sent to, over IPv${family}`,
      async function () {
        forFamily(this, family);
        const receiver = await bound(family);
        const [object] = await load(`sendmsg${family}`, family, receiver.address().port);
        using _ = object;
        const link = attach(object, `sendmsg${family}`);
        assert.ok(await received(receiver, family, 9));
        link.close();
        assert.equal(await received(receiver, family, 9), undefined);
        receiver.close();
      },
    );

    proves({ [`cgroup_sock_addr cgroup_udp${family}_recvmsg`]: 'rewritten' }).it(
      `change the port that a datagram came from, over IPv${family}`,
      async function () {
        forFamily(this, family);
        const receiver = await bound(family);
        const [object, port] = await load(`recvmsg${family}`, family);
        using _ = object;
        const link = attach(object, `recvmsg${family}`);
        assert.equal((await received(receiver, family))?.port, port);
        link.close();
        assert.notEqual((await received(receiver, family))?.port ?? port, port);
        receiver.close();
      },
    );

    proves({
      [`cgroup_sock_addr cgroup_inet${family}_getpeername`]: 'rewritten',
      [`cgroup_sock_addr cgroup_inet${family}_getsockname`]: 'rewritten',
    }).it(`change the ports that a socket tells, over IPv${family}`, async function () {
      forFamily(this, family);
      const socket = createSocket(`udp${family}`);
      socket.connect(9, HOSTS[family]);
      await once(socket, 'connect');
      const local = socket.address().port;
      for (const [name, told, port] of [
        ['getpeername', () => socket.remoteAddress().port, 9],
        ['getsockname', () => socket.address().port, local],
      ] as const) {
        const [object, other] = await load(`${name}${family}`, family);
        using _ = object;
        const link = attach(object, `${name}${family}`);
        assert.equal(told(), other, name);
        link.close();
        assert.equal(told(), port, name);
      }
      socket.close();
    });
  }

  proves({ 'cgroup_sock_addr cgroup_inet6_connect': 'rewritten' }).it(
    'change the port of a connection, over IPv6',
    async function () {
      forFamily(this, 6);
      const server = createServer().listen(0, HOSTS[6]);
      await once(server, 'listening');
      const [object] = await load('connect6', 6, (server.address() as { port: number }).port);
      using _ = object;
      const link = attach(object, 'connect6');
      const socket = connect(9, HOSTS[6]);
      await once(socket, 'connect');
      socket.destroy();
      link.close();
      const [error] = await once(connect(9, HOSTS[6]), 'error');
      assert.equal(error.code, 'ECONNREFUSED');
      server.close();
    },
  );

  proves({ 'cgroup_sock cgroup_inet_sock_release': 'counted' }).it('see that a socket is closed', async () => {
    const socket = await bound(4);
    const [object] = await load('sock_release', 4, socket.address().port);
    using _ = object;
    attach(object, 'sock_release');
    assert.equal(counter(object, 'seen'), 0n);
    socket.close();
    await once(socket, 'close');
    assert.equal(counter(object, 'seen'), 1n);
  });

  proves({ 'cgroup_sockopt cgroup_setsockopt': 'denied' }).it('deny an option', async () => {
    const socket = await bound(4);
    const [object] = await load('setsockopt', 4);
    using _ = object;
    const link = attach(object, 'setsockopt');
    assert.throws(() => socket.setRecvBufferSize(8192), /EPERM/);
    link.close();
    socket.setRecvBufferSize(8192);
    socket.close();
  });

  proves({ 'cgroup_skb cgroup_inet_ingress': 'dropped' }).it('drop what arrives', async () => {
    const socket = await bound(4);
    const [object] = await load('ingress', 4);
    using _ = object;
    const link = attach(object, 'ingress');
    assert.equal(await received(socket, 4), undefined);
    assert.equal(counter(object, 'seen'), 1n);
    link.close();
    assert.ok(await received(socket, 4));
    socket.close();
  });

  for (const [call, program] of [
    ['connect', 'unix_deny'],
    ['sendmsg', 'unix_deny'],
    ['recvmsg', 'unix_count'],
    ['getpeername', 'unix_count'],
    ['getsockname', 'unix_count'],
  ] as const)
    proves({ [`cgroup_sock_addr cgroup_unix_${call}`]: program === 'unix_deny' ? 'denied' : 'counted' }).it(
      `see ${call} of a Unix socket`,
      function () {
        needs(this, 'cgroup programs on Unix sockets', kernelIsSince(6, 7) || 'the kernel is older than 6.7');
        const opened = open('cgroup-sockets');
        const type: AttachType = `cgroup_unix_${call}`;
        for (const one of opened.programs.values()) one.autoload = one.name === program;
        opened.programs.need(program).setType('cgroup_sock_addr', type);
        using object = opened.load();
        const told = () =>
          new Map(
            execFileSync(UNIX_NAMES, { encoding: 'utf8' })
              .trimEnd()
              .split('\n')
              .map((line) => line.split(' ') as [string, string]),
          );
        const link = attach(object, program);
        const [during, seen] = [told().get(call), counter(object, 'seen')];
        link.close();
        assert.equal(told().get(call), 'works');
        if (program === 'unix_deny') assert.equal(during, 'EPERM');
        else assert.deepEqual([during, seen, counter(object, 'seen')], ['works', 1n, 1n]);
      },
    );
});
