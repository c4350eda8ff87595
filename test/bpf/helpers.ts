import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BpfMap } from '../../src/bpf/map.js';
import type { MapOptions } from '../../src/bpf/map-open.js';
import { BpfObject, type OpenedObject } from '../../src/bpf/object.js';

export type Fixture =
  | 'calls'
  | 'attach-cgroup'
  | 'cgroup-sockets'
  | 'attach-freplace'
  | 'attach-lsm'
  | 'attach-many'
  | 'attach-net'
  | 'attach-netfilter'
  | 'attach-ops'
  | 'attach-run'
  | 'attach-sections'
  | 'attach-target'
  | 'attach-trace'
  | 'fentry'
  | 'globals'
  | 'hookless'
  | 'lacking'
  | 'large'
  | 'locks'
  | 'hooks'
  | 'functions'
  | 'iterate-cgroups'
  | 'iterate-map'
  | 'writable'
  | 'xdp-maps'
  | 'iterator'
  | 'kconfig'
  | 'kernel-function'
  | 'maps'
  | 'maps-cgroup'
  | 'maps-programs'
  | 'maps-redirect'
  | 'maps-storage'
  | 'mistakes'
  | 'perf'
  | 'pinned'
  | 'printk'
  | 'refused'
  | 'relocations'
  | 'ring'
  | 'skeleton'
  | 'statics'
  | 'unlicensed'
  | 'user-ring';

export function fixturePath(name: Fixture): string {
  return fileURLToPath(new URL(`./fixtures/${name}.bpf.o`, import.meta.url));
}

export function fixtureBytes(name: Fixture): Buffer {
  return readFileSync(fixturePath(name));
}

/** A fixture whose section of types has another name, so that nobody finds it. */
export function withoutBtf(name: Fixture): Buffer {
  return Buffer.from(fixtureBytes(name).toString('latin1').replaceAll('.BTF\0', '.BTX\0'), 'latin1');
}

export function open(name: Fixture): OpenedObject {
  return BpfObject.open(fixturePath(name));
}

/** Opens a fixture, makes this process the one that it looks at, and loads it with only these programs. */
export function load(name: Fixture, programs?: readonly string[]): BpfObject {
  const opened = open(name);
  opened.globals.get('target')?.set(process.pid);
  for (const program of opened.programs.values()) program.autoload = programs?.includes(program.name) ?? true;
  return opened.load();
}

/** Has a suite make maps, which are closed after each test. */
export function makerOfMaps(): (options: MapOptions) => BpfMap {
  const maps: BpfMap[] = [];
  afterEach(() => {
    for (const map of maps.splice(0)) map.close();
  });
  return (options) => {
    const map = BpfMap.create(options);
    maps.push(map);
    return map;
  };
}

/**
 * Runs scenarios of fixtures/<name>.ts in network and mount namespaces of their own, with lo up and a BPF file system on
 * /sys/fs/bpf, by a wrapping command if one is given.
 */
export function scenariosOf(name: string): (scenario: string, ...wrapper: readonly string[]) => void {
  const child = fileURLToPath(new URL(`./fixtures/${name}.js`, import.meta.url));
  const setup = 'ip link set lo up && mount -t bpf bpf /sys/fs/bpf && exec "$@"';
  return (scenario, ...wrapper) => {
    const args = ['--net', '--mount', 'sh', '-c', setup, 'sh', ...wrapper, process.execPath, child, scenario];
    const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
    const { stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8', env });
    assert.equal(stderr, '');
    assert.equal(stdout, `${scenario} is well\n`);
  };
}

/** A system call that Node makes for nothing else. */
export function callGetegid(count: number): void {
  for (let i = 0; i < count; i++) process.getegid?.();
}

/** Has the kernel's vfs_open() called. */
export function openFiles(count: number): void {
  for (let i = 0; i < count; i++) closeSync(openSync('/dev/null', 'r'));
}

/** A counter of the object, live. */
export function counter(object: BpfObject, name: string): bigint {
  const value = object.globals.need(name).get();
  assert.ok(typeof value === 'bigint', name);
  return value;
}

/** The message of an error, which must be one line. */
export function oneLine(error: unknown): string {
  assert.ok(error instanceof Error);
  assert.doesNotMatch(error.message, /\n/);
  return error.message;
}

/** A key of the map `places` of the fixture `maps`. */
export const bin = { device: 8, name: 'bin', inode: -1n };
/** A value of it. */
export const score = (hits: number, seen = false) => ({ hits, parts: [1, 2, 65535], seen });

/** Has all garbage collected, and what it held released. */
export async function collected(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  for (let i = 0; i < 5; i++) {
    collect();
    await setImmediate();
  }
}
