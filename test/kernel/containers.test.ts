import assert from 'node:assert/strict';
import { containerOf } from '../../src/kernel/containers.js';

const ID = '0123456789abcdef'.repeat(4);
const POD = '8b3a1f52-6a0e-4f53-9d4c-0e0a8a1b2c3d';

describe('kernel: containers', () => {
  for (const [path, runtime, podUid] of [
    [`/system.slice/docker-${ID}.scope`, 'docker', undefined],
    [`/docker/${ID}`, 'docker', undefined],
    [`/docker/${ID}/init.scope`, 'docker', undefined],
    [`/machine.slice/libpod-${ID}.scope/container`, 'podman', undefined],
    [
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD.replaceAll('-', '_')}.slice/cri-containerd-${ID}.scope`,
      'containerd',
      POD,
    ],
    [`/kubepods/besteffort/pod${POD}/${ID}`, undefined, POD],
    [`/kubepods.slice/kubepods-pod${POD.replaceAll('-', '_')}.slice/crio-${ID}.scope`, 'cri-o', POD],
    // A static pod, whose digest is no uid.
    [`/kubelet/kubepods/pod${'ab'.repeat(16)}/${ID}`, undefined, undefined],
    [`/docker/${'f'.repeat(64)}/kubelet/kubepods/pod${POD}/${ID}`, undefined, POD],
    [
      `/system.slice/containerd.service/kubepods-pod${POD.replaceAll('-', '_')}.slice:cri-containerd:${ID}`,
      'containerd',
      POD,
    ],
    [`/system.slice/nerdctl-${ID}.scope`, 'containerd', undefined],
    [`/docker/${ID}/crio-conmon-${'f'.repeat(64)}.scope`, 'docker', undefined],
  ] as const)
    it(path.replaceAll(ID, '<id>'), () =>
      assert.deepEqual(containerOf(path), { id: ID, runtime, podUid, user: undefined }),
    );

  for (const path of [
    '/',
    '',
    '/user.slice/user-0.slice/session-3.scope',
    '/system.slice/ssh.service',
    `/x/${ID.slice(1)}`,
    `/machine.slice/libpod-conmon-${ID}.scope`,
    `/kubepods.slice/kubepods-pod${POD.replaceAll('-', '_')}.slice/crio-conmon-${ID}.scope`,
  ])
    it(`none: ${path}`, () => assert.equal(containerOf(path), undefined));
});
