import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, readFileSync, rmdirSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { openPerfEvent } from '../../src/bpf/attach-trace.js';
import { BpfError, MapError, UnsupportedError } from '../../src/bpf/errors.js';
import { BpfMap, UPDATE } from '../../src/bpf/map.js';
import { MAP_FLAGS } from '../../src/bpf/map-flags.js';
import type { MapOptions } from '../../src/bpf/map-open.js';
import { MAP_TYPE, type MapType, mapTypeOf } from '../../src/bpf/map-type.js';
import { openPidfd, possibleCpus } from '../../src/bpf/system.js';
import { Btf, readBtfBytes, shapeOf } from '../../src/btf/index.js';
import { NotFoundError, UsageError } from '../../src/errors.js';
import { mountPoint } from '../../src/kernel/mounts.js';
import { needs } from '../capability.js';
import { kernelIsSince } from '../helpers/kernel.js';
import { proves } from '../kernels/types.js';
import { makerOfMaps } from './helpers.js';

const u32 = (value: number) => new Uint8Array(new Uint32Array([value]).buffer);
const u64 = (value: bigint) => new Uint8Array(new BigUint64Array([value]).buffer);
const numberOf = (bytes: unknown) => Buffer.from(bytes as Uint8Array).readUInt32LE();
const isUsage = (pattern: RegExp) => (error: unknown) => error instanceof UsageError && pattern.test(error.message);

/** The descriptor of a socket of Node. */
const fdOf = (socket: Server | Socket) => (socket as unknown as { _handle: { fd: number } })._handle.fd;

describe('bpf: types of maps', () => {
  it("are the kernel's", function () {
    needs(this, 'kernel-btf');
    const btf = Btf.parse(readBtfBytes(readFileSync('/sys/kernel/btf/vmlinux')));
    const { shape } = shapeOf(btf, btf.find('bpf_map_type', 'enum') as number);
    assert.ok(shape.kind === 'enum');
    const ours = new Map<string, number>(Object.entries(MAP_TYPE));
    let known = 0;
    for (const [enumerator, number] of shape.names) {
      const name = /^BPF_MAP_TYPE_(?!UNSPEC)(.*?)(_DEPRECATED)?$/.exec(enumerator)?.[1]?.toLowerCase();
      // Newer than this library.
      if (name === undefined || Number(number) > MAP_TYPE.arena) continue;
      assert.equal(ours.get(name), Number(number), enumerator);
      known++;
    }
    // Linux 5.10 has 28.
    assert.ok(known >= 28, `${known}`);
    assert.deepEqual([mapTypeOf(27), mapTypeOf(0), mapTypeOf(1000)], ['ringbuf', 'unknown', 'unknown']);
  });
});

describe('bpf: maps made without an object', () => {
  const make = makerOfMaps();
  before(function () {
    needs(this, 'root');
  });

  it('are as they were asked for', () => {
    const map = make({ type: 'hash', name: 'ages', keySize: 8, valueSize: 2, maxEntries: 5, flags: 1 });
    const { name, type, typeNumber, keySize, valueSize, maxEntries, flags, isPerCpu } = map;
    assert.deepEqual([name, type, typeNumber, keySize, valueSize], ['ages', 'hash', 1, 8, 2]);
    assert.deepEqual([maxEntries, flags, isPerCpu], [5, MAP_FLAGS.NO_PREALLOC, false]);
    const about = readFileSync(`/proc/self/fdinfo/${map.fd}`, 'utf8');
    assert.match(about, new RegExp(`^map_type:\\s1\n(.*\n)*max_entries:\\s5\n(.*\n)*map_id:\\s${map.id}$`, 'm'));
  });

  it('refuse wrong options', () => {
    const refuses = (options: object, pattern: RegExp) =>
      assert.throws(() => make(options as MapOptions), isUsage(pattern), JSON.stringify(options));
    refuses({ type: 'HASH' }, /^type: no type of maps 'HASH'$/);
    refuses({}, /^type: no type of maps undefined$/);
    refuses({ type: 'hash', name: 'much too long a name' }, /^name: much too long a name is not up to 15 letters/);
    refuses({ type: 'hash', name: 'a b' }, /^name: /);
    for (const size of ['keySize', 'valueSize', 'maxEntries', 'flags'])
      for (const wrong of [-1, 1.5, '4', 2 ** 32, null])
        refuses({ type: 'hash', [size]: wrong }, new RegExp(`^${size} `));
    refuses({ type: 'struct_ops', maxEntries: 1 }, /^type: a map of type struct_ops is made by its object only$/);
    refuses({ type: 'array_of_maps' }, /^innerMap: a map of type array_of_maps needs a template/);
    refuses({ type: 'array_of_maps', innerMap: 5 }, /^innerMap 5: /);
    refuses({ type: 'array_of_maps', innerMap: {} }, /^innerMap.fd -1: /);
    assert.throws(
      () => make({ type: 'hash', keySize: 4, valueSize: 0, maxEntries: 0 }),
      (error) => error instanceof MapError && error.errno === 'EINVAL' && error.map === '(no name)',
    );
  });

  for (const type of ['hash', 'lru_hash'] as const)
    it(`read and delete at once: ${type}`, () => {
      const map = make({ type, valueSize: 4, maxEntries: 8 });
      map.set(u32(1), u32(10));
      if (kernelIsSince(5, 14)) {
        assert.equal(numberOf(map.getAndDelete(u32(1))), 10);
        assert.deepEqual([map.getAndDelete(u32(1)), map.has(u32(1))], [undefined, false]);
      } else assert.throws(() => map.getAndDelete(u32(1)), UnsupportedError);
    });

  for (const type of ['percpu_hash', 'lru_percpu_hash', 'percpu_array'] as const)
    it(`have a value for each CPU: ${type}`, () => {
      const map = make({ type, valueSize: 4, maxEntries: 8 });
      const values = Array.from({ length: possibleCpus() }, (_, cpu) => u32(cpu + 1));
      const key = type === 'percpu_array' ? 1 : u32(1);
      map.set(key, values);
      assert.deepEqual((map.get(key) as Uint8Array[]).map(numberOf), values.map(numberOf));
      if (type === 'percpu_array' || !kernelIsSince(5, 14)) return;
      assert.deepEqual((map.getAndDelete(key) as Uint8Array[]).map(numberOf), values.map(numberOf));
      assert.equal(map.has(key), false);
    });

  it('are an LRU that makes room', () => {
    const map = make({ type: 'lru_hash', valueSize: 4, maxEntries: 4 });
    for (let i = 0; i < 50; i++) map.set(u32(i), u32(i));
    assert.ok(map.has(u32(49)) && !map.has(u32(0)));
  });

  it('are queues and stacks', () => {
    for (const [type, order] of [
      ['queue', [2, 3]],
      ['stack', [3, 2]],
    ] as const) {
      const map = make({ type, name: 'line', valueSize: 4, maxEntries: 2 });
      assert.deepEqual([map.peek(), map.pop()], [undefined, undefined]);
      map.push(u32(1));
      map.push(u32(2));
      assert.throws(
        () => map.push(u32(3)),
        (error) => error instanceof BpfError && error.message === 'the map line is full: its max_entries is 2 (E2BIG)',
      );
      map.push(u32(3), UPDATE.EXIST);
      assert.deepEqual([map.peek(), map.pop(), map.pop()].map(numberOf), [order[0], ...order]);
      assert.equal(map.pop(), undefined);
      for (const call of [() => map.get(u32(1)), () => map.set(u32(1), u32(1)), () => map.readAll(), () => [...map]])
        assert.throws(call, isUsage(new RegExp(`^the map line is of type ${type}: it has no keys$`)));
      assert.throws(() => map.push(Buffer.alloc(5)), isUsage(/^line: 5 bytes, expected 4$/));
      assert.throws(() => map.push(u32(1), -1), isUsage(/^flags -1/));
    }
  });

  proves({ 'map bloom_filter': 'found' }).it('are bloom filters', function () {
    needs(this, 'bloom filters', kernelIsSince(5, 16));
    const seen = make({ type: 'bloom_filter', valueSize: 4, maxEntries: 1000 });
    assert.equal(seen.has(u32(1)), false);
    for (let i = 0; i < 100; i++) seen.add(u32(i));
    for (let i = 0; i < 100; i++) assert.ok(seen.has(u32(i)));
    // A few of them may be taken for others.
    const others = Array.from({ length: 100 }, (_, i) => seen.has(u32(1000 + i)));
    assert.ok(others.filter((isThere) => isThere).length < 20);
    assert.throws(() => seen.get(u32(1)), isUsage(/is of type bloom_filter: it has no keys$/));
  });

  it('refuse methods of other types, and say of which', () => {
    const map = make({ type: 'array', name: 'list', valueSize: 4, maxEntries: 1 });
    for (const [call, types] of [
      [() => map.push(u32(1)), 'push\\(\\) is for queue, stack'],
      [() => map.peek(), 'peek\\(\\) is for queue, stack'],
      [() => map.pop(), 'pop\\(\\) is for queue, stack'],
      [() => map.add(u32(1)), 'add\\(\\) is for bloom_filter'],
      [() => map.getAndDelete(0), 'getAndDelete\\(\\) is for hash, percpu_hash, lru_hash, lru_percpu_hash'],
    ] as const)
      assert.throws(call, isUsage(new RegExp(`^the map list is of type array: ${types}$`)));
  });

  it('are LPM tries, which are full at some point', () => {
    const map = make({ type: 'lpm_trie', name: 'routes', keySize: 8, valueSize: 4, maxEntries: 2 });
    const prefix = (length: number, ...bytes: number[]) => Buffer.from([length, 0, 0, 0, ...bytes]);
    map.set(prefix(8, 10, 0, 0, 0), u32(1));
    map.set(prefix(16, 10, 1, 0, 0), u32(2));
    assert.deepEqual([map.get(prefix(32, 10, 1, 2, 3)), map.get(prefix(32, 10, 9, 2, 3))].map(numberOf), [2, 1]);
    assert.throws(
      () => map.set(prefix(16, 10, 2, 0, 0), u32(3)),
      (error) => error instanceof BpfError && /^the map routes is full: its max_entries is 2/.test(error.message),
    );
  });

  it('hold maps of the form of a template', () => {
    const inner = make({ type: 'hash', valueSize: 4, maxEntries: 3 });
    const outer = make({ type: 'hash_of_maps', maxEntries: 2, innerMap: inner });
    outer.set(u32(1), inner);
    assert.equal(outer.get(u32(1)), inner.id);
    const other = make({ type: 'hash', valueSize: 8, maxEntries: 3 });
    assert.throws(
      () => outer.set(u32(2), other),
      (error) => error instanceof BpfError && error.errno === 'EINVAL',
    );
    inner.close();
    assert.throws(() => outer.set(u32(2), inner), { code: 'ERR_SNOOPKIT_CLOSED' });
  });

  it('can be frozen', () => {
    const map = make({ type: 'array', name: 'list', valueSize: 4, maxEntries: 1 });
    map.set(0, u32(5));
    assert.equal(map.isFrozen, false);
    map.freeze();
    assert.equal(map.isFrozen, true);
    assert.equal(numberOf(map.get(0)), 5);
    for (const write of [() => map.set(0, u32(6)), () => map.setAll([[0, u32(6)]])])
      assert.throws(
        write,
        (error) => error instanceof BpfError && error.message === 'cannot write to the map list: it is frozen (EPERM)',
      );
  });

  it('are found by their ids', () => {
    const map = make({ type: 'array', name: 'list', valueSize: 4, maxEntries: 1 });
    using same = BpfMap.byId(map.id);
    assert.notEqual(same.fd, map.fd);
    same.set(0, u32(3));
    assert.deepEqual([same.name, same.id, numberOf(map.get(0))], ['list', map.id, 3]);
    for (const wrong of [0, -1, 1.5, '1']) assert.throws(() => BpfMap.byId(wrong as number), UsageError);
    assert.throws(
      () => BpfMap.byId(2 ** 32 - 1),
      (error) => error instanceof NotFoundError && error.message === 'no map has the id 4294967295',
    );
  });

  describe('of descriptors and devices', () => {
    it('redirect to interfaces', () => {
      for (const type of ['devmap', 'devmap_hash'] as const) {
        const map = make({ type, valueSize: 4, maxEntries: 2 });
        // The loopback interface.
        map.set(1, 1);
        assert.deepEqual([...map], [[1, 1]]);
        assert.throws(() => map.set(1, 2 ** 31 - 1), BpfError);
        const typed = make({ type, valueSize: 8, maxEntries: 2 });
        typed.set(0, { ifindex: 1 });
        assert.deepEqual(typed.get(0), { ifindex: 1, bpf_prog: { fd: 0, id: 0 } });
        assert.ok(typed.delete(0));
        assert.equal(typed.get(0), undefined);
      }
    });

    it('redirect to CPUs', () => {
      const map = make({ type: 'cpumap', name: 'cpus', valueSize: 4, maxEntries: possibleCpus() });
      map.set(0, 128);
      assert.equal(map.get(0), 128);
      assert.ok(map.delete(0));
      assert.throws(
        () => map.set(possibleCpus(), 128),
        (error) =>
          error instanceof BpfError && /the index is not below max_entries, \d+ \(E2BIG\)$/.test(error.message),
      );
    });

    it('are of perf events', () => {
      const fd = openPerfEvent({ type: 1, config: 0, cpu: 0 });
      const map = make({ type: 'perf_event_array', name: 'events', maxEntries: 1 });
      map.set(0, fd);
      closeSync(fd);
      assert.equal(map.delete(0), true);
      assert.throws(() => map.set(0, fd), { errno: 'EBADF' });
      assert.throws(() => map.get(0), UnsupportedError);
    });

    it('are of sockets, which leave when they are closed', async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
      await new Promise((resolve) => socket.once('connect', resolve));
      try {
        const map = make({ type: 'sockmap', name: 'peers', valueSize: 8, maxEntries: 2 });
        const hash = make({ type: 'sockhash', valueSize: 8, maxEntries: 2 });
        map.set(0, fdOf(socket));
        hash.set(u32(7), { fd: fdOf(socket) });
        const cookie = map.get(0) as bigint;
        assert.ok(cookie > 0n);
        assert.equal(hash.get(u32(7)), cookie);
        const plain = make({ type: 'sockmap', name: 'plain', maxEntries: 1 });
        plain.set(0, fdOf(socket));
        assert.throws(() => plain.get(0), /^BpfError: cannot read the map plain: it needs values of 8 bytes/);
        socket.destroy();
        await new Promise((resolve) => socket.once('close', resolve));
        assert.deepEqual([map.get(0), hash.get(u32(7))], [undefined, undefined]);
      } finally {
        socket.destroy();
        server.close();
      }
    });

    proves({ 'map xskmap': 'TCP socket refused' }).it('take only such sockets as they are for', async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      try {
        const xsk = make({ type: 'xskmap', name: 'rings', maxEntries: 1 });
        assert.throws(() => xsk.set(0, fdOf(server)), {
          code: 'ERR_SNOOPKIT_BPF',
          message: 'cannot write to the map rings: a map of type xskmap does not take such a socket (EOPNOTSUPP)',
        });
        assert.equal(xsk.delete(0), true);
        const group = make({ type: 'reuseport_sockarray', valueSize: 8, maxEntries: 1 });
        // It has no SO_REUSEPORT.
        assert.throws(() => group.set(0, fdOf(server)), { errno: 'EINVAL' });
      } finally {
        server.close();
      }
    });
  });

  describe('that store with something', () => {
    for (const [type, since, open] of [
      ['sk_storage', [5, 2], undefined],
      // Debian's 5.10 makes the map, and refuses each file (EBADF).
      ['inode_storage', [5, 11], () => openSync('/proc/self/exe', 'r')],
      ['task_storage', [5, 11], () => openPidfd(process.pid)],
      ['cgrp_storage', [6, 2], () => openSync(mountPoint('cgroup2') as string, 'r')],
    ] as const)
      proves({ [`map ${type}`]: 'stored' }).it(`keep a value: ${type}`, async function () {
        const [major, minor] = since;
        needs(this, type, kernelIsSince(major, minor));
        needs(this, 'storage-memory');
        if (type === 'cgrp_storage') needs(this, 'cgroup2');
        const server = createServer().listen(0, '127.0.0.1');
        await new Promise((resolve) => server.once('listening', resolve));
        const fd = open?.() ?? fdOf(server);
        try {
          const map = make({ type, valueSize: 4 });
          assert.equal(map.get(fd), undefined);
          map.set(fd, u32(77));
          assert.equal(numberOf(map.get(fd)), 77);
          assert.throws(() => map.set(fd, u32(78), UPDATE.NOEXIST), { errno: 'EEXIST' });
          assert.deepEqual([map.delete(fd), map.delete(fd), map.get(fd)], [true, false, undefined]);
          assert.throws(() => map.get(1_000_000), { errno: 'EBADF' });
        } finally {
          if (open) closeSync(fd);
          server.close();
        }
      });
  });

  it('are of all types that the kernel makes without a program', () => {
    const options: Partial<Record<MapType, Partial<MapOptions>>> = {
      ringbuf: { maxEntries: 4096 },
      stack_trace: { valueSize: 64 },
      cgroup_storage: { keySize: 8, valueSize: 8, maxEntries: 0 },
      percpu_cgroup_storage: { keySize: 8, valueSize: 8, maxEntries: 0 },
    };
    for (const [name, about] of Object.entries(options)) {
      const type = name as MapType;
      assert.equal(make({ type, maxEntries: 1, ...about }).type, type);
    }
  });

  it('are ring buffers that user space writes to', function () {
    needs(this, 'user_ringbuf', kernelIsSince(6, 1) || 'the kernel is older than 6.1');
    assert.equal(make({ type: 'user_ringbuf', maxEntries: 4096 }).type, 'user_ringbuf');
  });

  proves({ 'map arena': 'created' }).it('are arenas', function () {
    needs(this, 'arena', kernelIsSince(6, 9) || 'the kernel is older than 6.9');
    needs(this, 'arena', process.arch === 'x64' || 'not on arm64');
    needs(this, 'storage-memory');
    assert.equal(make({ type: 'arena', maxEntries: 1, flags: MAP_FLAGS.MMAPABLE }).type, 'arena');
  });

  it('keep what is in a cgroup array', function () {
    needs(this, 'cgroup2');
    const path = join(mountPoint('cgroup2') as string, `snoopkit-types-${process.pid}`);
    mkdirSync(path);
    const fd = openSync(path, 'r');
    try {
      const map = make({ type: 'cgroup_array', maxEntries: 1 });
      map.set(0, fd);
      assert.deepEqual([map.delete(0)], [true]);
      const file = openSync('/dev/null', 'r');
      assert.throws(() => map.set(0, file), { errno: 'EBADF' });
      closeSync(file);
    } finally {
      closeSync(fd);
      rmdirSync(path);
    }
  });

  it('keep numbers of 8 bytes as they are', () => {
    const map = make({ type: 'hash', keySize: 8, valueSize: 8, maxEntries: 1 });
    map.set(u64(2n ** 63n), u64(5n));
    assert.deepEqual(map.get(u64(2n ** 63n)), u64(5n));
  });
});
