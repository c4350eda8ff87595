import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../../src/errors.js';
import { needs } from '../capability.js';
import { kernelIsSince } from '../helpers/kernel.js';
import { proves } from '../kernels/types.js';
import { load, scenariosOf } from './helpers.js';

const REUSEPORT = fileURLToPath(new URL('../fixtures/attach-reuseport', import.meta.url));
const happens = scenariosOf('attach-net');

/** Whether struct_ops maps can be loaded: arm64 has had trampolines since 6.0. */
const trampolines = () => process.arch !== 'arm64' || kernelIsSince(6, 0) || 'the kernel is older than 6.0';

describe('bpf: programs on packets and sockets', () => {
  before(function () {
    needs(this, 'root');
    needs(this, 'unshare');
    needs(this, 'ip');
  });

  proves({ socket_filter: 'dropped' }).it('drop what a socket would receive, until they are closed', () =>
    happens('socket'),
  );
  proves({ 'sk_reuseport sk_reuseport_select': 'dropped' }).it('drop what a group of sockets would receive', () =>
    happens('group', REUSEPORT, 'udp'),
  );
  proves({ 'xdp generic': 'dropped' }).it('drop packets by XDP; are replaced, pinned and detached', () =>
    happens('xdp'),
  );
  proves({ 'sched_cls clsact': 'dropped, marked' }).it('drop and mark packets by a filter of clsact', () =>
    happens('clsact'),
  );

  proves({ 'sched_cls tcx_ingress': 'dropped', 'sched_cls tcx_egress': 'marked' }).it(
    'drop and mark packets by tcx',
    function () {
      needs(this, 'tcx', kernelIsSince(6, 6) || 'the kernel is older than 6.6');
      happens('tcx');
    },
  );

  proves({ sk_lookup: 'steered' }).it('steer a connection to a socket', () => happens('lookup'));
  proves({
    'sk_msg sk_msg_verdict': 'redirected',
    'sk_skb sk_skb_stream_verdict': 'dropped',
    'map sockmap': 'redirected',
  }).it('pass what a socket sends to another one', () => happens('sockmap'));

  proves({ 'sk_skb sk_skb_stream_parser': 'counted', 'map sockhash': 'redirected' }).it(
    'pass what a socket receives to another one',
    () => happens('sockhash'),
  );

  proves({ 'map reuseport_sockarray': 'selected' }).it('select a socket of a group', () =>
    happens('sockarray', REUSEPORT, 'udp'),
  );

  proves({ 'sk_reuseport sk_reuseport_select_or_migrate': 'migrated' }).it(
    'move connections to another socket of the group',
    function () {
      needs(this, 'migrating connections', kernelIsSince(5, 14) || 'the kernel is older than 5.14');
      happens('migration', REUSEPORT, 'tcp');
    },
  );

  proves({ 'sk_skb sk_skb_verdict': 'dropped' }).it('drop what a socket of a map would receive', function () {
    needs(this, 'verdicts on datagrams', kernelIsSince(5, 13) || 'the kernel is older than 5.13');
    happens('verdict');
  });

  proves({ netfilter: 'dropped' }).it('drop packets by netfilter', function () {
    needs(this, 'netfilter programs', kernelIsSince(6, 4) || 'the kernel is older than 6.4');
    happens('netfilter');
  });

  it('are detached when the process ends in order', () => happens('exit'));
  proves({ flow_dissector: 'dissected' }).it('dissect flows', () => happens('dissector'));

  proves({ 'struct_ops tcp_congestion_ops': 'congestion control', 'map struct_ops': 'congestion control' }).it(
    'control the congestion of connections',
    function () {
      needs(this, 'kernel-btf');
      needs(this, 'BPF trampolines', trampolines());
      happens('congestion');
    },
  );

  it('say which method attaches them', () => {
    const methods = [
      ['drop_received', 'attachSocket()'],
      ['drop_packet', 'attachXdp()'],
      ['drop_frame', 'attachTc()'],
      ['drop_by_action', 'attachTc()'],
      ['mark_route', 'attachRoute()'],
      ['steer', 'attachNetns()'],
      ['redirect_message', 'attachSockmap()'],
      ['drop_stream', 'attachSockmap()'],
    ] as const;
    using object = load(
      'attach-net',
      methods.map(([name]) => name),
    );
    for (const [name, method] of methods) {
      const program = object.programs.need(name);
      assert.throws(
        () => program.attach(),
        (error) => error instanceof UsageError && error.message.endsWith(`names no hook; use ${method}`),
        name,
      );
    }
    const wrong = /^UsageError: drop_packet is a program of type xdp: use attachXdp\(\)$/;
    const program = object.programs.need('drop_packet');
    assert.throws(() => program.attachTc('lo', 'ingress'), wrong);
    assert.throws(() => program.attachSocket(0), wrong);
    assert.throws(() => program.attachNetns(), wrong);
    assert.throws(() => program.attachTracepoint('sched', 'sched_switch'), wrong);
    assert.throws(() => program.attachRawTracepoint('sys_enter'), wrong);
    assert.throws(() => program.attachKprobe('vfs_read'), wrong);
    assert.throws(() => program.attachKprobes('vfs_*'), wrong);
    assert.throws(() => program.attachUprobe('/proc/self/exe', 'main'), wrong);
    assert.throws(() => program.attachUprobes('/proc/self/exe', 'main'), wrong);
    assert.throws(() => program.attachUsdt('/proc/self/exe', 'a', 'b'), wrong);
    assert.throws(() => program.attachPerfEvent({ type: 1, config: 0, cpu: 0, frequency: 1 }), wrong);
    assert.throws(() => program.attachIterator(), wrong);
    // The kernel would take the descriptor of the cgroup for the index of an interface.
    assert.throws(() => program.attachCgroup('/'), wrong);
  });
});
