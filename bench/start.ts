/**
 * Breakdown of the time to the first event and of the memory: `node dist/bench/start.js --help`. Needs root and strace.
 * Each round traces one process twice with each contender: alone, for the total and the memory, and under strace, whose
 * seccomp filter stops only at the few system calls that end phases. The product has no code for this.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mountPoint } from '../src/kernel/mounts.js';
import { programOf, root } from './places.js';
import { Load, Sink } from './programs.js';

const HELP = `node dist/bench/start.js [OPTION...] [-- ARGS]   (ARGS: of the tool)

  --rounds N      so many rounds, of which medians are shown (15)
  --tool NAME     opensnoop or filesnoop, say: what sees open(2) of the load (opensnoop)
  --output NAME   table or json (table)
  --before DIR    compare with another checkout, which is built; may be given more than once
`;

/**
 * The system call that ends each phase, in the format of strace; a phase may be missing. Some end at the last such
 * call.
 */
const PHASES: readonly (readonly [name: string, end: RegExp, isLast?: boolean])[] = [
  ['shell', /execve\("[^"]*\/node"/],
  ['Node', /openat\(.*\/bin\/snoopkit\.cjs"/],
  ['bundle', /openat\(.*oclif\.manifest\.json"/],
  ['oclif, flags', /openat\(.*\.bpf\.o"/],
  ['object, addon', /bpf\(BPF_PROG_LOAD|openat\(.*\/(vmlinux|btf)[^/]*", O_RDONLY\)/],
  ['kernel BTF', /map_name="events"/],
  ['maps, relocation', /BPF_PROG_LOAD.*license="Dual/],
  ['verifier', /BPF_PROG_LOAD.*license="Dual/, true],
  ['attach', /BPF_LINK_CREATE|BPF_RAW_TRACEPOINT_OPEN/, true],
  ['first line', /write\([12], ".*(first|event)/],
];
const TRACED = 'trace=execve,openat,bpf,write';

/** Milliseconds of each phase, from a log of strace. */
function phasesOf(log: string): Map<string, number> {
  const lines = log.split('\n').flatMap((line) => {
    const [, time, call] = /^\d+ +(\d+\.\d+) (.*)/.exec(line) ?? [];
    return time && call ? [{ at: Number(time) * 1000, call }] : [];
  });
  const found = new Map<string, number>();
  let from = 0;
  let started = lines[0]?.at ?? 0;
  for (const [name, end, isLast] of PHASES) {
    const test = ({ call }: { call: string }) => end.test(call);
    const at = isLast ? lines.findLastIndex(test) : lines.findIndex((line, index) => index >= from && test(line));
    const line = lines[at];
    if (!line || at < from) continue;
    found.set(name, line.at - started);
    started = line.at;
    from = at;
  }
  return found;
}

/** Resident memory of a process by mapping, in KiB. */
function memoryOf(pid: number): Map<string, number> {
  const sizes = new Map<string, number>();
  const add = (name: string, size: number) => sizes.set(name, (sizes.get(name) ?? 0) + size);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  for (const name of ['VmHWM', 'VmRSS']) add(name, Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]));
  let place = '';
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const [, path] = /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+ *(.*)/.exec(line) ?? [];
    if (path !== undefined) place = path;
    const size = Number(/^Rss: +(\d+)/.exec(line)?.[1] ?? 0);
    if (size === 0) continue;
    if (/\/node$/.test(place)) add('node', size);
    else if (/bpf-map|bpf_ring/.test(place)) add('ring, maps', size);
    else if (place.startsWith('/')) add('libraries', size);
    else if (place === '[heap]') add('malloc', size);
    else add('V8, other anonymous', size);
  }
  return sizes;
}

const childrenOf = (pid: number) =>
  readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  );

const folder = mkdtempSync(join(tmpdir(), 'snoopkit-start-'));
const log = join(folder, 'strace');

/** Measures a start: nanoseconds until the first line of output, and the memory at that time. */
async function start(command: (pid: number) => string[]): Promise<{ first: number; memory: Map<string, number> }> {
  const load = new Load('open', 0, folder);
  const sink = new Sink({
    terminal: true,
    tracefs: mountPoint('tracefs') === undefined,
    note: undefined,
    marks: [`${folder}/first`, `${folder}/event`, `${folder}/last`],
    command: command(load.pid),
    losses: /(\d+) events lost/g,
  });
  try {
    const first = await sink.firstEvent();
    const [tracer] = childrenOf(sink.pid);
    const memory = memoryOf(tracer as number);
    await sink.end();
    return { first: first / 1e6, memory };
  } finally {
    await load.end();
    await sink.kill();
  }
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '15' },
    tool: { type: 'string', default: 'opensnoop' },
    output: { type: 'string', default: 'table' },
    before: { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit();
}

const contenders = [root, ...values.before].map((checkout) => ({
  checkout,
  figures: new Map<string, number[]>(),
  command: (pid: number) => [
    ...[programOf(checkout), values.tool, '-p', `${pid}`, '-o', values.output],
    ...positionals,
  ],
}));
try {
  for (const name of ['first', 'event', 'last']) writeFileSync(join(folder, name), '');
  // The first round writes the bytecode.
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const { command, figures } of contenders) {
      const { first, memory } = await start(command);
      await start((pid) => [
        ...['strace', '--seccomp-bpf', '-f', '-ttt', '-s', '200', '-e', TRACED, '-e', 'signal=none', '-o', log],
        ...command(pid),
      ]);
      if (round === 0) continue;
      const all = [...[['first event', first] as const], ...phasesOf(readFileSync(log, 'utf8')), ...memory];
      for (const [name, value] of all) figures.set(name, [...(figures.get(name) ?? []), value]);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
process.stdout.write(
  `${''.padEnd(20)} ${contenders.map(({ checkout }) => checkout.slice(-24).padStart(26)).join('')}\n`,
);
for (const name of contenders[0]?.figures.keys() ?? []) {
  const cells = contenders.map(({ figures }) => {
    const all = figures.get(name) ?? [];
    return `${median(all).toFixed(1)} (${Math.min(...all).toFixed(0)}..${Math.max(...all).toFixed(0)})`.padStart(26);
  });
  process.stdout.write(`${name.padEnd(20)} ${cells.join('')}\n`);
}
