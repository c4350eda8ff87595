/**
 * The time of BpfMap.get() and set(), and of bpf(2) alone, which bench/map-calls.c measures. `node dist/bench/maps.js`,
 * as root. Both take turns, and medians of CPU time are compared: for each map in a process of its own, and then for all
 * maps in one process, where V8's code has to serve all of their types.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { possibleCpus } from '../src/bpf/system.js';
import { BpfObject } from '../src/index.js';
import { mapCalls, mapsObject } from './places.js';
import { stat } from './results.js';
import { cpuUs } from './units.js';

const ROUNDS = 15;
const CALLS = 20_000;
/** Calls before the first round: V8 compiles what is called often, and compiles it again for the next map. */
const WARM_UP = 400_000;

const CPUS = possibleCpus();
const PLACE = { device: 8, name: 'passwd', inode: 1234567n };
const SCORE = { hits: 5n, bytes: 4096n, last: 17, result: -2 };

/** A key and a value for each map of bench/fixtures/maps.bpf.c. */
const ENTRIES = {
  numbers: [1, 5n],
  array: [1, 5n],
  structs: [PLACE, SCORE],
  per_cpu: [1, Array.from({ length: CPUS }, () => 5n)],
  bytes: [Buffer.from([1, 0, 0, 0]), Buffer.alloc(8)],
} as const;

/** Nanoseconds per call. */
function timed(call: () => void, calls: number = CALLS): number {
  const before = process.cpuUsage();
  for (let i = 0; i < calls; i++) call();
  return (cpuUs(before) * 1000) / calls;
}

/** Nanoseconds of a lookup and an update without us. */
function alone(fd: number, keySize: number, valueSize: number): [lookup: number, update: number] {
  const sizes = [keySize, valueSize, CALLS].map(String);
  const { stdout } = spawnSync(mapCalls, sizes, { stdio: ['ignore', 'pipe', 'inherit', fd], encoding: 'utf8' });
  const [lookup = Number.NaN, update = Number.NaN] = stdout.trim().split(' ').map(Number);
  return [lookup, update];
}

function measure(object: BpfObject, name: keyof typeof ENTRIES): string {
  const map = object.maps.need(name);
  const [key, value] = ENTRIES[name];
  const valueSize = map.isPerCpu ? ((map.valueSize + 7) & ~7) * CPUS : map.valueSize;
  const setOne = () => map.set(key, value as never);
  const getOne = () => map.get(key);
  for (const call of [setOne, getOne]) timed(call, WARM_UP);
  const rounds = Array.from({ length: ROUNDS }, () => {
    const [lookup, update] = alone(map.fd, map.keySize, valueSize);
    const set = timed(setOne);
    const get = timed(getOne);
    return { lookup, get, update, set };
  });
  const median = (of: (round: (typeof rounds)[number]) => number) => stat(rounds.map(of)).median;
  const row = (what: 'get' | 'set', alone: 'lookup' | 'update') => {
    const [ours, call] = [median((round) => round[what]), median((round) => round[alone])];
    const times = [ours, call].map((time) => time.toFixed(0).padStart(7));
    return [name.padEnd(7), what, ...times, (ours / call).toFixed(2).padStart(6)].join('  ');
  };
  return `${row('get', 'lookup')}\n${row('set', 'update')}\n`;
}

const names = Object.keys(ENTRIES) as (keyof typeof ENTRIES)[];
const chosen = names.filter((name) => process.argv.includes(name));
if (chosen.length === 0) {
  process.stdout.write('map      call       ns  bpf(2)  factor\n');
  const measureIn = (maps: readonly string[]) =>
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...maps], { stdio: 'inherit' });
  for (const name of names) measureIn([name]);
  process.stdout.write('in one process:\n');
  measureIn(names);
} else {
  using object = BpfObject.open(mapsObject).load();
  for (const name of chosen) process.stdout.write(measure(object, name));
}
