import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sinon from 'sinon';
import type { Column } from '../../src/events/column.js';
import { OutputBuffer } from '../../src/events/output-buffer.js';
import { mountPoint } from '../../src/kernel/mounts.js';
import { containerPart } from '../../src/otlp/containers.js';
import { messageType } from '../../src/otlp/messages.js';
import type { Part } from '../../src/output/memo.js';
import { needs } from '../capability.js';
import { Running } from '../helpers/run.js';
import { event, nameColumn, numberColumn, record, show } from '../output/helpers.js';

const ID = '4f1e2d3c5b6a7988'.repeat(4);
const OTHER = '90ab'.repeat(16);
const POD = '5d2c7f10-93ab-4c1e-8f60-7b21d9e4a3c8';
const UNIT_POD = POD.replaceAll('-', '_');
/** Of a static pod the kubelet takes a digest of what is in its file. */
const STATIC_POD = '0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d';

/** A column whose value a test sets; undefined for a cgroup that is gone. */
const cgroup: Column = { ...nameColumn('cgroup'), value: () => event.name.toString() || undefined };
const pid = numberColumn({ name: 'pid' });

function partOf(...columns: Column[]): Part {
  const { part } = containerPart(columns) ?? assert.fail('no part');
  return part;
}

/** The attributes by name, as a decoder understands them. */
function told(part: Part): Record<string, unknown> {
  const out = new OutputBuffer();
  part(record, out);
  const type = messageType('LogRecord');
  const { attributes = [] } = type.toObject(type.decode(out.take())) as {
    attributes?: { key: string; value: { stringValue: string } }[];
  };
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));
}

const expected = (id: string, runtime?: string, pod?: string, user?: string) => ({
  'container.id': id,
  ...(runtime && { 'container.runtime.name': runtime }),
  ...(pod && { 'k8s.pod.uid': pod }),
  ...(user && { 'snoopkit.container.delegated_to': user }),
});

/** What it is, its path, and what is told: the runtime, the pod, and the user it is delegated to. */
type Told = readonly [name: string, path: string, runtime?: string, pod?: string, user?: string];

describe('output: OTLP attributes of containers', () => {
  for (const [name, path, runtime, pod, user] of [
    ['Docker by systemd', `/system.slice/docker-${ID}.scope`, 'docker'],
    ['Docker by cgroupfs', `/docker/${ID}`, 'docker'],
    [
      'Docker of a user',
      `/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${ID}.scope`,
      'docker',
      undefined,
      '1000',
    ],
    ['Docker in Docker', `/system.slice/docker-${OTHER}.scope/docker/${ID}`, 'docker'],
    ['systemd in Docker', `/docker/${ID}/system.slice/nginx.service`, 'docker'],
    ['nerdctl', `/system.slice/nerdctl-${ID}.scope`, 'containerd'],
    ['Podman', `/machine.slice/libpod-${ID}.scope/container`, 'podman'],
    ['Podman with runc', `/machine.slice/libpod-${ID}.scope`, 'podman'],
    [
      'Podman of a user',
      `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container`,
      'podman',
      undefined,
      '1000',
    ],
    [
      // Nobody but the user says so.
      'a pod that a user claims to be',
      `/user.slice/user-1001.slice/user@1001.service/kubepods-pod${UNIT_POD}.slice/cri-containerd-${ID}.scope`,
      'containerd',
      undefined,
      '1001',
    ],
    ['Podman by cgroupfs', `/libpod_parent/libpod-${ID}`, 'podman'],
    ['a pod of Podman', `/machine.slice/machine-libpod_pod_${OTHER}.slice/libpod-${ID}.scope/container`, 'podman'],
    [
      'containerd, guaranteed',
      `/kubepods.slice/kubepods-pod${UNIT_POD}.slice/cri-containerd-${ID}.scope`,
      'containerd',
      POD,
    ],
    [
      'containerd, burstable',
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UNIT_POD}.slice/cri-containerd-${ID}.scope`,
      'containerd',
      POD,
    ],
    [
      'containerd by cgroupfs where the kubelet has systemd',
      `/system.slice/containerd.service/kubepods-besteffort-pod${UNIT_POD}.slice:cri-containerd:${ID}`,
      'containerd',
      POD,
    ],
    [
      'CRI-O, best effort',
      `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${UNIT_POD}.slice/crio-${ID}.scope`,
      'cri-o',
      POD,
    ],
    ['CRI-O with crun', `/kubepods.slice/kubepods-pod${UNIT_POD}.slice/crio-${ID}.scope/container`, 'cri-o', POD],
    ['CRI-O by cgroupfs', `/kubepods/burstable/pod${POD}/crio-${ID}`, 'cri-o', POD],
    ['Docker below the kubelet', `/kubepods.slice/kubepods-pod${UNIT_POD}.slice/docker-${ID}.scope`, 'docker', POD],
    // The path does not tell who made these.
    ['a pod by cgroupfs, guaranteed', `/kubepods/pod${POD}/${ID}`, undefined, POD],
    ['a pod by cgroupfs, burstable', `/kubepods/burstable/pod${POD}/${ID}`, undefined, POD],
    ['a static pod, whose digest is no uid', `/kubepods/besteffort/pod${STATIC_POD}/${ID}`],
    [
      'a static pod by systemd',
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${STATIC_POD}.slice/cri-containerd-${ID}.scope`,
      'containerd',
    ],
    [
      'kind: a node that is a container',
      `/docker/${OTHER}/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${UNIT_POD}.slice/cri-containerd-${ID}.scope`,
      'containerd',
      POD,
    ],
  ] as readonly Told[])
    it(`tell of ${name}`, () => {
      show({ name: Buffer.from(path) });
      assert.deepEqual(told(partOf(cgroup)), expected(ID, runtime, pod, user));
    });

  for (const [name, path] of [
    ['the root', '/'],
    ['a service', '/system.slice/containerd.service'],
    ['a login', '/user.slice/user-1000.slice/session-2.scope'],
    ['a program of a desktop', '/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-1234.scope'],
    ['a virtual machine', '/machine.slice/machine-qemu\\x2d1\\x2ddebian.scope'],
    ['LXC, which has names', '/lxc.payload.debian/system.slice/cron.service'],
    ['BuildKit, which has ids of its own', '/docker/buildkit/t4xq0b8y1m2n3p5r7s9v'],
    ['a pod without its container', `/kubepods.slice/kubepods-pod${UNIT_POD}.slice`],
    ["Podman's monitor", `/machine.slice/libpod-conmon-${ID}.scope`],
    ["CRI-O's monitor", `/kubepods.slice/kubepods-pod${UNIT_POD}.slice/crio-conmon-${ID}.scope`],
    ['a number that is too short', `/docker/${ID.slice(1)}`],
    ['a number that is too long', `/docker/${ID}0`],
    ['a folder that is called so', `/${ID}.service`],
  ] as const)
    it(`do not tell of ${name}`, () => {
      show({ name: Buffer.from(path) });
      assert.deepEqual(told(partOf(cgroup)), {});
    });

  it('are of the event that is shown, for columns that come and go', () => {
    const part = partOf(cgroup);
    for (const [path, attributes] of [
      [`/docker/${ID}`, expected(ID, 'docker')],
      ['/', {}],
      [`/docker/${OTHER}`, expected(OTHER, 'docker')],
      [`/docker/${ID}`, expected(ID, 'docker')],
      ['', {}],
    ] as const) {
      show({ name: Buffer.from(path) });
      assert.deepEqual(told(part), attributes);
    }
  });

  it('need a cgroup or a process', () => {
    assert.equal(containerPart([nameColumn('path'), numberColumn()]), undefined);
  });

  it('are none for a process that nobody knows', () => {
    // More than any pid can be.
    show({ number: 4_194_305 });
    assert.deepEqual(told(partOf(pid)), {});
  });

  it('follow a process, and stay when it has ended', async function () {
    needs(this, 'cgroup2');
    // Each run has its own.
    const [first, second] = ['a', 'b'].map((sign) => `${process.pid}`.padStart(64, sign)) as [string, string];
    const root = mountPoint('cgroup2') as string;
    const folders = [join(root, `docker-${first}.scope`), join(root, `libpod-${second}.scope`)];
    for (const folder of folders) mkdirSync(folder);
    const running = new Running('sleep', ['60']);
    const moveTo = (folder: string) => writeFileSync(join(folder, 'cgroup.procs'), `${running.pid}`);
    const clock = sinon.useFakeTimers({ toFake: ['performance'] });
    try {
      const part = partOf(nameColumn('path'), pid);
      show({ number: running.pid });
      /** As of a batch that is read so much later. */
      const toldAfter = async (ms: number) => {
        await clock.tickAsync(ms);
        return told(part);
      };
      moveTo(folders[0] as string);
      assert.deepEqual(await toldAfter(0), expected(first, 'docker'));
      moveTo(folders[1] as string);
      // It is not looked up for each event.
      assert.deepEqual(await toldAfter(500), expected(first, 'docker'));
      assert.deepEqual(await toldAfter(600), expected(second, 'podman'));
      running.kill();
      await running.finished;
      assert.deepEqual(await toldAfter(2000), expected(second, 'podman'));
    } finally {
      clock.restore();
      running.kill();
      await running.finished;
      for (const folder of folders) rmdirSync(folder);
    }
  });
});
