/** The examples, from the packed package, built and run by the commands that each has at its top. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mountPoint } from '../src/kernel/mounts.js';
import { needs } from './capability.js';
import { documented, installed, needsInstalled } from './helpers/installed.js';
import { kernelIsSince } from './helpers/kernel.js';
import { patient } from './helpers/patience.js';

const source = fileURLToPath(new URL('../../examples/', import.meta.url));
const read = (path: string) => readFileSync(join(source, path), 'utf8');

/** An example: the release that it needs, and its commands. */
class Example {
  readonly name: string;
  readonly release: string;
  /** The BPF program and its module. */
  readonly build: readonly string[];
  readonly run: readonly string[];

  constructor(name: string) {
    const [, top = ''] = /^\/\*\*\n(.*?) \*\/\n/s.exec(read(`${name}/main.ts`)) ?? [];
    const commands = [...top.matchAll(/^ \* {5}(.+)$/gm)].map(([, line = '']) => line);
    const compiler = commands.indexOf('npx tsc');
    this.name = name;
    this.release =
      /Needs Linux (\d+\.\d+)\b/.exec(top.replaceAll('\n * ', ' '))?.[1] ?? assert.fail(`${name}: no release`);
    this.build = commands.slice(0, compiler);
    this.run = commands.slice(compiler + 1);
    assert.ok(this.build.length === 2 && this.run.length > 0, `${name}: commands`);
  }

  get isSupported(): boolean {
    const [major = 0, minor = 0] = this.release.split('.').map(Number);
    return kernelIsSince(major, minor);
  }
}

const examples = readdirSync(source, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => new Example(name));

/** Output of each example. */
const OUTPUT: Record<string, string | RegExp> = {
  hello: /^(node|MainThread) \(\d+\) opens \/etc\/os-release\n$/,
  globals: [
    'as the C source has it: { pid: 0, at_least: 1 }',
    'loaded: 1000',
    'reads: 2n bytes: 5000n',
    'while paused: 2n',
    'after a reset: 1n\n',
  ].join('\n'),
  'ring-buffer': /^1 (node|MainThread) OPENED \d+\n2 \1 FAILED -2\nlost events: true; all are accounted for: true\n$/,
  maps: [
    'one pair: { packets: 3n, bytes: 192n }',
    'all pairs: 203n',
    'bytes: 12992n',
    'an LRU hash keeps the latest: true true',
    '10.7.0.0/16: 200n',
    '10.0.0.0/8: 3n\n',
  ].join('\n'),
  'test-run': /^ {2}5 passing /m,
  iterators: new RegExp(`^(node|MainThread) \\(\\d+\\), child of ${process.pid}\\nprocesses: ([3-9]|\\d{2,})\\n$`),
  'map-in-map': 'even: 10n odd: 20n\nthird: 30n\n',
  cgroup: 'attached: Operation not permitted\ndetached: connected\ndenied: 1n\n',
  tc: 'uid 0: 47 bytes, 0 packets dropped\nuid 65534: 153 bytes, 3 packets dropped\n',
  routes: 'to the port: sent\nreceived: hello\nto another: EPERM\npassed: 1, dropped: 1\n',
  'global-functions': 'received, from 64 bytes: 2\nreceived, from 1024 bytes: 1\nsent, from 256 bytes: 1\n',
  xdp: /^(127\.0\.0\.1 1n\n127\.0\.0\.2 2n|127\.0\.0\.2 2n\n127\.0\.0\.1 1n)\n$/,
  pinning: 'pinned\nstill attached: xdp 1n\ndetached: 0n\n',
  'tail-calls': [
    'filled at load: counted 1, dropped 0, others 0, received 1',
    'replaced: counted 1, dropped 1, others 0, received 1',
    'removed: counted 1, dropped 1, others 1, received 2\n',
  ].join('\n'),
  'spin-locks': [
    'sent 8 of 10 bytes, received 5, left: { lock: { val: 0 }, packets: 0, bytes: 9740n }',
    'sent 8 of 1000 bytes, received 2, left: { lock: { val: 0 }, packets: 98, bytes: 416n }\n',
  ].join('\n'),
  timers: '127.0.0.1 5n\nexpired: 1n\n',
  'bpf-loop': new RegExp(`^\\d+ < ${process.pid} < (\\d+ < )*[01]\\n$`),
  dynptrs: '6 bytes: /\n18 bytes: /proc/self/fd\nlost: 0n\n',
  kfuncs: 'bpf_task_from_pid true\nbpf_task_release true\ntrue sleep\n',
};

describe('docs: the examples', function () {
  this.timeout(patient(300_000));
  let place: string;

  before(async function () {
    needsInstalled(this);
    const folder = await installed();
    place = mkdtempSync(join(folder, 'examples-'));
    cpSync(join(folder, 'node_modules/snoopkit/examples'), place, { recursive: true });
    await quietly('npx snoopkit vmlinux -o vmlinux.h');
    for (const { build } of examples) await quietly(...build);
    await quietly('npx tsc');
  });

  /** Runs commands that have nothing to say. */
  async function quietly(...lines: string[]): Promise<void> {
    const { status, stdout, said } = await documented(lines, { cwd: place });
    assert.deepEqual([status, stdout.toString(), said], [0, '', '']);
  }

  it('each has a test, and a line in the README with the release that it needs', () => {
    const names = examples.map(({ name }) => name);
    assert.deepEqual(Object.keys(OUTPUT).sort(), names);
    const rows = [...read('README.md').matchAll(/^\| \[([\w-]+)\]\(([\w-]+)\/main\.ts\) \|.*\| (\d+\.\d+) \|$/gm)];
    assert.deepEqual(
      rows.map(([, name, folder, release]) => [name, folder, release]).sort(),
      examples.map(({ name, release }) => [name, name, release]),
    );
  });

  for (const example of examples)
    it(`${example.name}, from Linux ${example.release} on`, async function () {
      needs(this, `Linux ${example.release}`, example.isSupported);
      if (example.name === 'cgroup') needs(this, 'cgroup2');
      const lines = example.run.map((line) => line.replace('/sys/fs/cgroup', mountPoint('cgroup2') ?? ''));
      const { status, stdout, said } = await documented(lines, { cwd: place, isAlone: true });
      assert.deepEqual([status, said], [0, '']);
      const expected = OUTPUT[example.name] ?? assert.fail();
      if (typeof expected === 'string') assert.equal(stdout.toString(), expected);
      else assert.match(stdout.toString(), expected);
    });
});
