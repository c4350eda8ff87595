import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmdirSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BpfMap } from '../../src/bpf/map.js';
import { BpfObject } from '../../src/bpf/object.js';
import { openPidfd } from '../../src/bpf/system.js';
import { mountPoint } from '../../src/kernel/mounts.js';
import { needs } from '../capability.js';
import { kernelIsSince } from '../helpers/kernel.js';
import { proves } from '../kernels/types.js';
import { callGetegid, counter, fixturePath, load } from './helpers.js';

const GETEGID = process.arch === 'arm64' ? 177n : 108n;

/** Loads and attaches one program of maps-programs.bpf.c. */
function run(program: string, others: readonly string[] = []): BpfObject {
  const opened = BpfObject.open(fixturePath('maps-programs'));
  opened.globals.need('target').set(process.pid);
  opened.globals.need('getegid_number').set(GETEGID);
  for (const one of opened.programs.values()) one.autoload = one.name === program || others.includes(one.name);
  const object = opened.load();
  object.programs.need(program).attach();
  return object;
}

/** The descriptor of a socket of Node. */
const fdOf = (server: Server) => (server as unknown as { _handle: { fd: number } })._handle.fd;

describe('bpf: maps that programs use, too', () => {
  before(function () {
    needs(this, 'root');
  });

  proves({ 'map queue': 'popped', 'map stack': 'popped' }).it(
    'queue what programs push, the oldest first; a stack, the newest',
    () => {
      using object = run('push_values');
      const [queue, stack] = [object.maps.need('queue'), object.maps.need('stack')];
      assert.equal(queue.pop(), undefined);
      callGetegid(3);
      assert.deepEqual([queue.peek(), queue.pop(), queue.pop(), queue.pop(), queue.pop()], [1n, 1n, 2n, 3n, undefined]);
      assert.deepEqual([stack.peek(), stack.pop(), stack.pop(), stack.pop(), stack.pop()], [3n, 3n, 2n, 1n, undefined]);
      // The program makes room for the newest.
      callGetegid(6);
      assert.deepEqual([queue.pop(), stack.pop()], [6n, 9n]);
    },
  );

  proves({ 'map percpu_array': 'counted' }).it('count on each CPU', () => {
    using object = run('count_per_cpu');
    callGetegid(5);
    const counts = object.maps.need('per_cpu').get(0) as bigint[];
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0n),
      5n,
    );
  });

  proves({ 'map hash': 'counted', 'map percpu_hash': 'counted', 'map lru_percpu_hash': 'counted' }).it(
    'count by key',
    () => {
      using object = run('count_in_hashes');
      callGetegid(5);
      for (const name of ['hash', 'percpu_hash', 'lru_percpu_hash']) {
        const counts = [object.maps.need(name).get(process.pid)].flat() as bigint[];
        assert.equal(
          counts.reduce((sum, count) => sum + count, 0n),
          5n,
          name,
        );
      }
    },
  );

  proves({ 'map lru_hash': 'evicted' }).it('evict the least recently used entries', () => {
    using object = run('keep_recent');
    const recent = object.maps.need('recent');
    callGetegid(100);
    const keys = [...recent.keys()] as bigint[];
    assert.ok(keys.length > 0 && keys.length <= 16, `${keys.length}`);
    assert.ok(keys.includes(100n) && !keys.includes(1n), keys.join());
  });

  proves({ 'map array_of_maps': 'counted' }).it('hold maps, which are replaced while a program writes to them', () => {
    using object = run('count_inside');
    const [outer, first] = [object.maps.need('counters_of'), object.maps.need('first')];
    assert.deepEqual([outer.get(0), outer.get(1)], [first.id, undefined]);
    callGetegid(2);
    using second = BpfMap.create({ type: 'array', valueSize: 8, maxEntries: 1, name: 'second' });
    outer.set(0, second);
    callGetegid(3);
    assert.equal(outer.get(0), second.id);
    // There is none at 1.
    assert.deepEqual([[...outer.entries()], outer.readAll().length], [[[0, second.id]], 1]);
    assert.equal(first.get(0), 2n);
    assert.equal(Buffer.from(second.get(0) as Uint8Array).readBigUInt64LE(), 3n);
    // By its id, and with its types.
    using again = BpfMap.byId(first.id);
    assert.deepEqual([again.name, again.type, again.get(0)], ['first', 'array', 2n]);
    assert.ok(outer.delete(0));
    callGetegid(1);
    assert.equal(Buffer.from(second.get(0) as Uint8Array).readBigUInt64LE(), 3n);
  });

  proves({ 'map hash_of_maps': 'counted' }).it('hold maps by name, too, and keep them', () => {
    using object = run('count_inside');
    const outer = object.maps.need('named_counters');
    const inner = BpfMap.create({ type: 'array', valueSize: 8, maxEntries: 1 });
    outer.set(7n, inner);
    inner.close();
    callGetegid(4);
    const [[name, id] = assert.fail()] = [...outer];
    assert.equal(name, 7n);
    using again = BpfMap.byId(id as number);
    assert.equal(Buffer.from(again.get(0) as Uint8Array).readBigUInt64LE(), 4n);
    assert.ok(outer.delete(7n));
  });

  proves({ 'map prog_array': 'called' }).it('hold programs, which are called', () => {
    using object = run('call_tail', ['be_tail']);
    const programs = object.maps.need('programs');
    callGetegid(1);
    assert.deepEqual([counter(object, 'calls'), counter(object, 'tails')], [1n, 0n]);
    programs.set(1, object.programs.need('be_tail'));
    callGetegid(2);
    assert.deepEqual([counter(object, 'calls'), counter(object, 'tails')], [1n, 2n]);
    assert.ok((programs.get(1) as number) > 0);
    assert.ok(programs.delete(1));
    callGetegid(1);
    assert.deepEqual([counter(object, 'calls'), counter(object, 'tails')], [2n, 2n]);
  });

  proves({ 'map cgroup_array': 'matched' }).it(
    'hold cgroups, of which a program knows whether it runs in them',
    function () {
      needs(this, 'cgroup2');
      const root = mountPoint('cgroup2') as string;
      const path = join(root, `snoopkit-array-${process.pid}`);
      mkdirSync(path);
      const [all, none] = [openSync(root, 'r'), openSync(path, 'r')];
      try {
        using object = run('count_in_cgroup');
        const cgroups = object.maps.need('cgroups');
        cgroups.set(0, none);
        callGetegid(1);
        assert.equal(counter(object, 'inside'), 0n);
        cgroups.set(0, { fd: all });
        callGetegid(2);
        assert.equal(counter(object, 'inside'), 2n);
        assert.throws(() => cgroups.get(0), {
          code: 'ERR_SNOOPKIT_UNSUPPORTED',
          message: 'cannot read the map cgroups: this kernel has no such operation for the type cgroup_array',
        });
      } finally {
        for (const fd of [all, none]) closeSync(fd);
        rmdirSync(path);
      }
    },
  );

  proves({ 'map stack_trace': 'read' }).it('hold stack traces', () => {
    using object = run('keep_trace');
    callGetegid(1);
    const id = object.globals.need('stack_id').get() as bigint;
    const addresses = object.maps.need('traces').get(Number(id)) as bigint[];
    assert.equal(addresses.length, 16);
    assert.ok((addresses[0] as bigint) > 0n);
    assert.ok(object.maps.need('traces').delete(Number(id)));
    assert.equal(object.maps.need('traces').get(Number(id)), undefined);
  });

  proves({ 'map lpm_trie': 'found' }).it('find the longest prefix of an address', () => {
    using object = run('look_up_route');
    const routes = object.maps.need('routes');
    const found = () => {
      callGetegid(1);
      return counter(object, 'inside');
    };
    assert.equal(found(), 0n);
    routes.set({ length: 8, address: [10, 0, 0, 0] }, 8n);
    assert.equal(found(), 8n);
    routes.set({ length: 24, address: Buffer.from([10, 1, 2, 0]) }, 24n);
    routes.set({ length: 24, address: [10, 1, 3, 0] }, 33n);
    assert.equal(found(), 24n);
    assert.equal(routes.get({ length: 32, address: [10, 1, 3, 9] }), 33n);
    assert.ok(routes.delete({ length: 24, address: [10, 1, 2, 0] }));
    assert.equal(found(), 8n);
    assert.throws(() => routes.get({ length: 8 }), {
      code: 'ERR_SNOOPKIT_BTF',
      message: "routes: key: the member 'address' of struct prefix is missing",
    });
    assert.throws(() => routes.get({ length: 8, address: [10] }), {
      code: 'ERR_SNOOPKIT_BTF',
      message: 'routes: key.address: 1 elements, expected 4',
    });
  });

  proves({ 'map array': 'counted' }).it('are memory that both see', () => {
    using object = run('write_memory');
    const memory = object.maps.need('memory').mmap();
    assert.equal(memory.length, 24);
    const numbers = new Uint32Array(memory.buffer);
    callGetegid(2);
    assert.deepEqual([...numbers], [0, 0, 0, 0, 2, 0]);
    numbers[4] = 40;
    callGetegid(1);
    assert.deepEqual([numbers[4], object.maps.need('memory').get(2)], [41, 41]);
  });

  proves({ 'map task_storage': 'stored' }).it('store with tasks, by pidfds', function () {
    needs(this, 'task storage for tracing', kernelIsSince(5, 13));
    needs(this, 'storage-memory');
    using object = load('maps-storage', ['note_task']);
    object.programs.need('note_task').attach();
    const tasks = object.maps.need('tasks');
    const self = openPidfd(process.pid);
    const parent = openPidfd(process.ppid);
    try {
      callGetegid(3);
      const note = tasks.get(self) as { pid: number; count: number };
      assert.ok(note.pid === process.pid && note.count >= 3);
      assert.equal(tasks.get(parent), undefined);
      object.programs.need('note_task').detach();
      tasks.set(self, { pid: 1, count: 2 });
      assert.deepEqual(tasks.get(self), { pid: 1, count: 2 });
      assert.deepEqual([tasks.delete(self), tasks.delete(self)], [true, false]);
      assert.throws(() => [...tasks.keys()], { code: 'ERR_SNOOPKIT_UNSUPPORTED' });
      assert.throws(() => tasks.get(0), { code: 'ERR_SNOOPKIT_BPF' });
    } finally {
      for (const fd of [self, parent]) closeSync(fd);
    }
    assert.throws(() => openPidfd(2 ** 22 + 1), { errno: 'ESRCH' });
  });

  proves({ 'map sk_storage': 'stored' }).it('store with sockets, by their descriptors', async function () {
    needs(this, 'storage of sockets for tracing', kernelIsSince(5, 11));
    needs(this, 'storage-memory');
    using object = load('maps-storage', ['note_socket']);
    object.programs.need('note_socket').attach();
    const sockets = object.maps.need('sockets');
    const server = createServer();
    try {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      assert.deepEqual(sockets.get(fdOf(server)), { pid: process.pid, count: 1 });
      assert.ok(sockets.delete(fdOf(server)));
      assert.equal(sockets.get(fdOf(server)), undefined);
    } finally {
      server.close();
    }
  });

  proves({ 'map cgroup_storage': 'counted', 'map percpu_cgroup_storage': 'counted' }).it(
    'store with cgroups that a program is attached to',
    function () {
      needs(this, 'cgroup2');
      const path = join(mountPoint('cgroup2') as string, `snoopkit-storage-${process.pid}`);
      mkdirSync(path);
      try {
        using object = load('maps-cgroup');
        object.programs.need('count_packets').attachCgroup(path);
        const send = 'echo $$ > "$0/cgroup.procs"; for i in 1 2 3; do echo hello > /dev/udp/127.0.0.1/9; done 2>&-';
        spawnSync('bash', ['-c', send, path]);
        const packets = object.maps.need('packets');
        const [[key, count] = assert.fail()] = [...packets];
        const { cgroup_inode_id } = key as { cgroup_inode_id: bigint };
        assert.deepEqual([cgroup_inode_id, count], [statSync(path, { bigint: true }).ino, 3n]);
        const sums = object.maps.need('bytes').get(key) as bigint[];
        // A header of 28 bytes, and `hello` with its newline.
        assert.equal(
          sums.reduce((sum, one) => sum + one, 0n),
          3n * 34n,
        );
        packets.set(key, 40n);
        assert.equal(packets.get(key), 40n);
      } finally {
        rmdirSync(path);
      }
    },
  );

  proves({ 'map devmap': 'redirected', 'map devmap_hash': 'redirected' }).it(
    'redirect packets to an interface',
    function () {
      needs(this, 'veth');
      const script = fileURLToPath(new URL('./fixtures/redirect.js', import.meta.url));
      // The kernel sends packets of its own through an interface that has IPv6.
      const quiet = 'sysctl -qw net.ipv6.conf.default.disable_ipv6=1';
      const pair = 'ip link add one type veth peer name two && ip link set one up && ip link set two up';
      const line = `${quiet}; ${pair} && ip link set lo up && exec "$@"`;
      const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
      const command = ['--net', 'sh', '-c', line, 'sh', process.execPath, script];
      const { stdout, stderr } = spawnSync('unshare', command, { encoding: 'utf8', env });
      assert.deepEqual([stdout, stderr], ['devmap 0 3 0;devmap_hash 0 3 0;', '']);
    },
  );
});
