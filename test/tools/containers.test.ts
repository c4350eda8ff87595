import assert from 'node:assert/strict';
import { existsSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mountPoint } from '../../src/kernel/mounts.js';
import { needs } from '../capability.js';
import type { Attributes } from '../helpers/otlp-arrivals.js';
import { ACCOUNT, plainEnvironment, useReceiver } from '../helpers/otlp-run.js';
import { fewer, patient } from '../helpers/patience.js';
import { snoopkit } from '../helpers/run.js';
import { SOCKETS } from '../helpers/sockets.js';
import { Trace } from '../helpers/trace.js';

const POD = '7e0c51aa-4b1d-4f6e-9c2a-0d8e6f3b1a95';

/** Short processes in a pod's cgroup, which is made just before them and removed at once behind them. */
class Pod {
  readonly path: string;
  readonly id: string;
  readonly #folder: string;

  constructor(sign: string) {
    this.id = `${process.pid}`.padStart(64, sign);
    this.path = `/snoopkit-${sign}-${process.pid}/kubepods-pod${POD.replaceAll('-', '_')}.slice/cri-containerd-${this.id}.scope`;
    this.#folder = join(mountPoint('cgroup2') ?? '/', this.path);
  }

  /** Lines of a shell around `inside`, which is what runs in there, so many times. */
  around(inside: string, times: number): string {
    const folders = [this.#folder, dirname(this.#folder), dirname(dirname(this.#folder))].map((path) => `"${path}"`);
    const loop = `i=0; while [ $i -lt ${times} ]; do ${inside}; i=$((i+1)); done`;
    const script = `echo $$ >"${this.#folder}/cgroup.procs"; ${loop}`;
    return `mkdir -p ${folders[0]}; sh -c '${script}'; rmdir ${folders.join(' ')}`;
  }

  get attributes(): Attributes {
    return { 'container.id': this.id, 'container.runtime.name': 'containerd', 'k8s.pod.uid': POD };
  }

  /** Whether attributes say that this is it. */
  isTold(attributes: Attributes): boolean {
    return Object.entries(this.attributes).every(([key, value]) => attributes[key] === value);
  }

  remove(): void {
    for (let folder = this.#folder; existsSync(folder) && folder.includes('snoopkit-'); folder = dirname(folder))
      rmdirSync(folder);
  }
}

const TIMES = fewer(200);
const LIMIT = patient(60_000);

describe('containers of short processes', function () {
  this.timeout(LIMIT);
  const receiver = useReceiver();
  let pod: Pod;
  let other: Pod;
  beforeEach(function () {
    needs(this, 'cgroup2');
    pod = new Pod('a');
    other = new Pod('b');
  });
  afterEach(() => {
    pod?.remove();
    other?.remove();
  });

  /** Sends what a tool sees of a shell's lines. */
  async function sent(tool: string, flags: readonly string[], lines: string) {
    const words = [tool, '-o', 'otlp', '-f', ...flags, ...receiver().flags, '--', 'sh', '-c', lines];
    const { status, said } = await snoopkit(words, { env: plainEnvironment(), timeout: LIMIT });
    assert.equal(status, 0, said);
    for (const line of said.split('\n').filter((text) => text !== '')) assert.match(line, ACCOUNT);
    return receiver().take();
  }

  for (const [tool, name] of [
    ['execsnoop', 'cat'],
    ['opensnoop', 'cat'],
    ['exitsnoop', 'cat'],
  ] as const)
    it(`${tool}: each log record`, async () => {
      const { logs } = await sent(tool, ['-n', name], pod.around('cat /dev/null', TIMES));
      assert.ok(logs.length >= TIMES, `${logs.length} records`);
      assert.deepEqual(
        logs.filter(({ attributes }) => !pod.isTold(attributes)),
        [],
      );
    });

  it('procsnoop: each span', async () => {
    const { spans } = await sent('procsnoop', ['--otlp-spans'], pod.around('cat /dev/null', TIMES));
    const cats = spans.filter(({ name }) => name === 'cat');
    assert.equal(cats.length, TIMES);
    assert.ok(cats.every(({ attributes }) => pod.isTold(attributes)));
    assert.ok(spans.filter(({ name }) => name === 'rmdir').every(({ attributes }) => !pod.isTold(attributes)));
  });

  it('tcptop: each series, one for each container', async () => {
    const talk = `${SOCKETS} listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 accept 2 0 send 1 100 recv 2 100`;
    const lines = `${pod.around(talk, 5)}; ${other.around(talk, 3)}; ${talk}`;
    const { metrics } = await sent('tcptop', ['-i', '1h'], lines);
    const { points } = metrics.findLast(({ name }) => name === 'snoopkit.tcp.io') ?? assert.fail('no metric');
    const bytes = (isIt: (attributes: Attributes) => boolean) =>
      points.filter(({ attributes }) => isIt(attributes)).map(({ value }) => value);
    assert.deepEqual(
      bytes((attributes) => pod.isTold(attributes)),
      [500, 500],
    );
    assert.deepEqual(
      bytes((attributes) => other.isTold(attributes)),
      [300, 300],
    );
    assert.deepEqual(
      bytes((attributes) => attributes['container.id'] === undefined),
      [100, 100],
    );
  });

  it('--otlp-resource-per-container: each has a resource, and no record repeats it', async () => {
    const lines = `${pod.around('cat /dev/null', 20)}; ${other.around('cat /dev/null', 10)}; cat /dev/null`;
    const perContainer = '--otlp-resource-per-container';
    for (const [tool, flags, signal] of [
      ['execsnoop', [], 'logs'],
      ['procsnoop', ['--otlp-spans'], 'spans'],
    ] as const) {
      const { resources } = await sent(tool, [...flags, perContainer], lines);
      const count = (isIt: (resource: Attributes) => boolean) =>
        resources.filter(({ resource }) => isIt(resource)).reduce((sum, one) => sum + one[signal].length, 0);
      assert.ok(count((resource) => pod.isTold(resource)) >= 20);
      assert.ok(count((resource) => other.isTold(resource)) >= 10);
      assert.ok(count((resource) => resource['container.id'] === undefined) >= 3);
      for (const { resource, ...records } of resources) {
        assert.equal(resource['service.name'], 'snoopkit');
        for (const { attributes } of records[signal]) assert.equal(attributes['container.id'], undefined);
      }
    }
    const talk = `${SOCKETS} listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 accept 2 0 send 1 100 recv 2 100`;
    const { resources } = await sent('tcptop', ['-i', '1h', perContainer], `${pod.around(talk, 2)}; ${talk}`);
    const totals = resources.flatMap(({ resource, metrics }) =>
      metrics
        .filter(({ name }) => name === 'snoopkit.tcp.io')
        .map(({ points }) => [pod.isTold(resource), points.length, points[0]?.value, points[1]?.value]),
    );
    assert.deepEqual(totals.sort(), [
      [false, 2, 100, 100],
      [true, 2, 200, 200],
    ]);
  });

  it('are in JSON and tables as the path of the cgroup, which is gone by then', async () => {
    const trace = new Trace<{ cgroup: string | null }>('exitsnoop');
    try {
      const { events } = await trace.run(['-f', '-n', 'cat'], ['sh', '-c', pod.around('cat /dev/null', 20)], {
        timeout: LIMIT,
      });
      assert.deepEqual(
        events.map(({ cgroup }) => cgroup),
        Array(20).fill(pod.path),
      );
    } finally {
      trace.remove();
    }
    const words = ['exitsnoop', '-F', 'cgroup', '-f', '-n', 'cat', '--', 'sh', '-c', other.around('cat /dev/null', 3)];
    const { stdout } = await snoopkit(words, { timeout: LIMIT });
    assert.deepEqual(stdout.toString().trimEnd().split('\n').slice(1), Array(3).fill(other.path));
  });
});
