import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { needs } from '../capability.js';
import { kernelIsSince } from '../helpers/kernel.js';
import { proves } from '../kernels/types.js';

const CHILD = fileURLToPath(new URL('./fixtures/xdp-native.js', import.meta.url));
/** `two` is in a namespace of its own, which a process that sleeps keeps. */
const SETUP = [
  'sysctl -qw net.ipv6.conf.default.disable_ipv6=1',
  'ip link add one type veth peer name two',
  'unshare --net sleep 1000 & peer=$!',
  'trap "kill $peer" EXIT',
  'until [ "$(readlink /proc/$peer/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done',
  'ip link set two netns $peer',
  'ip addr add 10.9.0.1/24 dev one',
  'ip link set lo up',
  'ip link set one up',
  'ip link set one address 02:00:00:00:00:01',
  // The neighbor is known, and there is no IPv6, so that programs see datagrams alone.
  'two="sysctl -qw net.ipv6.conf.all.disable_ipv6=1; ip addr add 10.9.0.2/24 dev two; ip link set two up; ip neigh add 10.9.0.1 lladdr 02:00:00:00:00:01 dev two"',
  'nsenter --net=/proc/$peer/ns/net sh -ec "$two"',
  '"$1" "$2" $peer "$3"',
].join('\n');

/** Runs a scenario of fixtures/xdp-native.ts. */
function happens(scenario: string): void {
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
  const args = ['--net', 'sh', '-ec', SETUP, 'sh', process.execPath, CHILD, scenario];
  const { stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8', env });
  assert.deepEqual([stdout, stderr], [`${scenario} is well\n`, '']);
}

describe('bpf: XDP programs in the driver', () => {
  before(function () {
    needs(this, 'root');
    needs(this, 'veth');
  });

  proves({ 'xdp native': 'dropped' }).it('drop packets', () => happens('native'));

  proves({ 'map cpumap': 'redirected', 'xdp xdp_cpumap': 'dropped' }).it('redirect packets to a CPU', () =>
    happens('cpumap'),
  );

  proves({ 'xdp xdp_devmap': 'dropped' }).it('redirect packets to a device, by a program of its own', function () {
    needs(this, 'generic XDP programs of devmaps', kernelIsSince(5, 14) || 'the kernel is older than 5.14');
    happens('devmap');
  });
});
