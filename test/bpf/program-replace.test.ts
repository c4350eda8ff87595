import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { BpfObject } from '../../src/bpf/object.js';
import { mountPoint } from '../../src/kernel/mounts.js';
import { needs } from '../capability.js';
import { kernelIsSince } from '../helpers/kernel.js';
import { proves } from '../kernels/types.js';
import { counter, fixturePath, load } from './helpers.js';

describe('bpf: programs that take the place of others', () => {
  before(function () {
    needs(this, 'root');
    needs(this, 'kernel-btf');
  });

  proves({ ext: 'replaced' }).it('replace a function', function () {
    needs(this, 'fentry');
    using object = load('attach-target');
    const target = object.programs.need('decide');
    const data = Buffer.alloc(60);
    assert.equal(target.run({ data }).ret, 2);
    using opened = BpfObject.open(fixturePath('attach-freplace'));
    const replacing = opened.programs.need('drop_all');
    assert.throws(() => replacing.setAttachTarget(target, 'no_such_function'), { kind: 'function' });
    replacing.setAttachTarget(target, 'verdict');
    using other = opened.load();
    const link = other.programs.need('drop_all').attachFreplace(target, 'verdict');
    assert.equal(target.run({ data }).ret, 1);
    link.close();
    assert.equal(target.run({ data }).ret, 2);
  });

  proves({ 'lsm lsm_mac': 'denied' }).it('deny what a process asks for, by LSM', async function () {
    needs(this, 'lsm-bpf');
    needs(this, 'fentry');
    using object = load('attach-lsm');
    const link = object.programs.need('deny_socket').attachTrace();
    const [error] = await once(createSocket('udp4').bind(0), 'error');
    assert.equal(error.code, 'EPERM');
    assert.ok(counter(object, 'denied') > 0n);
    assert.equal(link.info().target.attachType, 'lsm_mac');
  });

  proves({ 'tracing modify_return': 'denied' }).it('deny what a function would allow, by fmod_ret', function () {
    needs(this, 'fentry');
    using object = load('functions', ['deny_execution']);
    const link = object.programs.need('deny_execution').attachTrace();
    assert.throws(() => execFileSync('true'), { code: 'EPERM' });
    assert.ok(counter(object, 'denied') > 0n);
    link.close();
    execFileSync('true');
  });

  proves({ 'lsm lsm_cgroup': 'denied' }).it('deny sockets in a cgroup, by LSM', function () {
    needs(this, 'lsm-bpf');
    needs(this, 'fentry');
    needs(this, 'cgroup2');
    needs(this, 'LSM programs on cgroups', kernelIsSince(6, 0) || 'the kernel is older than 6.0');
    const path = join(mountPoint('cgroup2') as string, `snoopkit-lsm-${process.pid}`);
    mkdirSync(path);
    try {
      using object = load('functions', ['deny_socket']);
      object.programs.need('deny_socket').attachCgroup(path);
      const send = 'echo $$ > "$0/cgroup.procs"; echo > /dev/udp/127.0.0.1/9';
      assert.notEqual(spawnSync('bash', ['-c', send, path], { stdio: 'ignore' }).status, 0);
      assert.equal(counter(object, 'denied'), 1n);
      assert.equal(spawnSync('bash', ['-c', 'echo > /dev/udp/127.0.0.1/9'], { stdio: 'ignore' }).status, 0);
    } finally {
      rmdirSync(path);
    }
  });
});
