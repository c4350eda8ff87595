import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { UsageError } from '../../src/errors.js';
import { mountPoint } from '../../src/kernel/mounts.js';
import { needs } from '../capability.js';
import { patient } from '../helpers/patience.js';
import { proves } from '../kernels/types.js';
import { counter, load, open } from './helpers.js';

describe('bpf: programs on a cgroup', () => {
  let path: string;
  before(function () {
    needs(this, 'root');
    needs(this, 'cgroup2');
    path = join(mountPoint('cgroup2') as string, `snoopkit-programs-${process.pid}`);
    mkdirSync(path);
  });
  after(() => path && rmdirSync(path));

  /** Runs a command in the cgroup. */
  async function inside(command: string, ...args: string[]): Promise<{ status: number; stdout: string }> {
    const enter = ['-c', 'echo $$ > "$0/cgroup.procs"; exec "$@"', path, command, ...args];
    const child = spawn('sh', enter, { stdio: ['ignore', 'pipe', 'ignore'] });
    let stdout = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    const [status] = await once(child, 'close');
    return { status, stdout };
  }
  const node = (script: string) => inside(process.execPath, '--input-type=module', '-e', script);
  const connects = async (port: number, host = '127.0.0.1') =>
    (
      await node(`import { connect } from 'node:net';
        const socket = connect(${port}, '${host}');
        socket.on('connect', () => { console.log('connected'); socket.destroy(); });
        socket.on('error', (error) => console.log(error.code));`)
    ).stdout.trim();

  proves({ 'cgroup_sock_addr cgroup_inet4_connect': 'denied, rewritten', 'sock_ops cgroup_sock_ops': 'counted' }).it(
    'deny and rewrite connections, and count them',
    async () => {
      const listening = createServer().listen(0, '127.0.0.1');
      await once(listening, 'listening');
      const { port } = listening.address() as AddressInfo;
      const opened = open('attach-cgroup');
      opened.globals.need('server_port').set(port);
      using object = opened.load();
      const link = object.programs.need('rewrite_connect').attachCgroup(path);
      object.programs.need('count_established').attachCgroup(path);
      assert.equal(await connects(9), 'connected');
      assert.equal(counter(object, 'established'), 1n);
      assert.equal(await connects(port), 'EPERM');
      const { type, target } = link.info();
      assert.equal(type, 'cgroup');
      assert.equal(target.attachType, 'cgroup_inet4_connect');
      assert.ok((target.cgroupId ?? 0n) > 0n);
      link.close();
      assert.equal(await connects(port), 'connected');
      listening.close();
    },
  );

  proves({ 'cgroup_sock cgroup_inet_sock_create': 'denied', cgroup_device: 'denied', cgroup_sysctl: 'denied' }).it(
    'deny sockets, devices and settings',
    async () => {
      using object = load('attach-cgroup');
      const socket = `import { createSocket } from 'node:dgram';
      const socket = createSocket('udp6');
      socket.on('error', (error) => console.log(error.code));
      socket.bind(0, '::1', () => { console.log('bound'); socket.close(); });`;
      for (const [name, act] of [
        ['deny_ipv6', async () => (await node(socket)).stdout.includes('EPERM')],
        ['deny_zero', async () => (await inside('head', '-c1', '/dev/zero')).status !== 0],
        ['deny_settings', async () => (await inside('cat', '/proc/sys/kernel/ostype')).status !== 0],
      ] as const) {
        assert.equal(await act(), false, name);
        const link = object.programs.need(name).attachCgroup(path);
        assert.equal(await act(), true, name);
        link.close();
        assert.equal(await act(), false, name);
      }
      assert.equal((await inside('head', '-c1', '/dev/null')).status, 0);
    },
  );

  proves({ 'cgroup_sockopt cgroup_getsockopt': 'changed' }).it('change what a socket answers', async () => {
    using object = load('attach-cgroup');
    object.programs.need('change_option').attachCgroup(path);
    const { stdout } = await node(`import { createSocket } from 'node:dgram';
      const socket = createSocket('udp4');
      socket.bind(0, () => { console.log(socket.getRecvBufferSize()); socket.close(); });`);
    assert.equal(stdout, '4242\n');
  });

  proves({ 'cgroup_skb cgroup_inet_egress': 'dropped' }).it('attach without a link, beside others or not', async () => {
    using object = load('attach-cgroup');
    const [drop, pass] = [object.programs.need('drop_sent'), object.programs.need('pass_sent')];
    const listening = createServer().listen(0, '127.0.0.1');
    await once(listening, 'listening');
    const { port } = listening.address() as AddressInfo;
    const sends = async () =>
      (await inside('timeout', `${patient(1500) / 1000}`, 'bash', '-c', `echo > /dev/tcp/127.0.0.1/${port}`)).status;
    for (const mode of ['multi', 'override', 'exclusive'] as const) {
      const link = drop.attachCgroup(path, { mode });
      assert.notEqual(await sends(), 0, mode);
      assert.throws(() => link.fd, UsageError);
      assert.equal(link.info().type, undefined);
      link.update(pass);
      assert.equal(link.info().programId, pass.id);
      assert.equal(await sends(), 0, mode);
      link.update(drop);
      assert.notEqual(await sends(), 0, mode);
      link.close();
      assert.equal(await sends(), 0, mode);
    }
    using link = drop.attachCgroup(path);
    link.update(pass);
    assert.equal(await sends(), 0);
    assert.throws(
      () => drop.attachCgroup(path, { mode: 'exclusive' }),
      /operation not permitted \(EPERM\); is there a program of another mode, /,
    );
    link.detach();
    assert.throws(() => drop.attachCgroup('/tmp'), /it is not a cgroup v2$/);
    assert.throws(
      () => drop.attachCgroup(path, { attachType: 'tcx_ingress' }),
      /^UsageError: attachType 'tcx_ingress'/,
    );
    assert.throws(() => drop.attach(), /names no hook; use attachCgroup\(\)$/);
    listening.close();
  });
});
