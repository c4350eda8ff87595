import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { RingBuffer } from '../../src/bpf/ring-buffer.js';
import { needs } from '../capability.js';
import { fewer, patient } from '../helpers/patience.js';
import { load } from './helpers.js';

const SCRIPT = fileURLToPath(new URL('./fixtures/collected.js', import.meta.url));
const HELPERS = JSON.stringify(new URL('./helpers.js', import.meta.url).href);
const RING = JSON.stringify(new URL('../../src/bpf/ring-buffer.js', import.meta.url).href);
/** Opens, and closes nothing. */
const IN_PROCESS = `
  const { load } = await import(${HELPERS});
  const { RingBuffer } = await import(${RING});
  const object = load('ring');
  const link = object.programs.need('handle_call').attach();
  const ring = RingBuffer.open(object.maps.need('events'));`;
const O_CLOEXEC = 0o2000000;

/** The descriptors of this process, with what they are. */
function descriptors(): [fd: string, what: string][] {
  return readdirSync('/proc/self/fd').flatMap((fd): [string, string][] => {
    try {
      return [[fd, readlinkSync(`/proc/self/fd/${fd}`)]];
    } catch {
      // The one that lists them.
      return [];
    }
  });
}

describe('bpf: descriptors', function () {
  this.timeout(patient(60_000));
  before(function () {
    needs(this, 'root');
  });

  for (const [kept, result] of [
    ['map', '5'],
    ['ring', '3'],
    ['link', 'true,3'],
    ['program', 'true,true,0'],
  ] as const)
    it(`serve a ${kept} whose object was collected`, () => {
      const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', SCRIPT, kept], { encoding: 'utf8' });
      assert.deepEqual([stdout, stderr], [`collected 1, then ${result}`, '']);
    });

  for (const [how, end] of [
    ['ends by itself', ''],
    ['is terminated', "require('node:worker_threads').parentPort.postMessage(0); for (;;);"],
    ['exits', 'process.exit();'],
    ['throws', "throw new Error('planted');"],
  ] as const)
    it(`are closed with a worker that ${how}`, async () => {
      const before = new Set(descriptors().map(([fd]) => fd));
      for (let i = 0; i < 3; i++) {
        const worker = new Worker(`(async () => { ${IN_PROCESS} ${end} })();`, { eval: true });
        worker.on('error', (error) => assert.equal(error.message, 'planted'));
        worker.on('message', () => worker.terminate());
        // once() would reject for the error.
        await new Promise((resolve) => worker.once('exit', resolve));
      }
      const left = descriptors().filter(([fd, what]) => !before.has(fd) && /bpf|btf|perf/.test(what));
      assert.deepEqual(left, []);
    });

  for (const end of [
    '',
    'process.exit(0);',
    'setTimeout(() => process.exit(0), 20); for await (const _ of ring.records());',
  ])
    it(`may be left to the end of the process: ${end}`, () => {
      const script = `(async () => { ${IN_PROCESS} ${end} })();`;
      const { status, signal, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
      assert.deepEqual([status, signal, stderr], [0, null, '']);
    });

  it('are each of one thing alone', () => {
    const object = load('ring');
    const [events, scratch] = [object.maps.need('events'), object.maps.need('scratch')];
    const program = object.programs.need('handle_call');
    const link = program.attach();
    const fds = [events.fd, scratch.fd, program.fd, link.fd];
    assert.equal(new Set(fds).size, fds.length);
    assert.match(readFileSync(`/proc/self/fdinfo/${events.fd}`, 'utf8'), /map_type:\s*27/);
    assert.match(readFileSync(`/proc/self/fdinfo/${program.fd}`, 'utf8'), /prog_type:\s*5/);
    object.close();
  });

  it('are closed when another program is executed', () => {
    const before = new Set(descriptors().map(([fd]) => fd));
    const object = load('ring');
    const ring = RingBuffer.open(object.maps.need('events'));
    object.programs.need('handle_call').attach();
    const opened = descriptors().filter(([fd]) => !before.has(fd));
    assert.ok(opened.length > 8, `${opened.length}`);
    for (const [fd, what] of opened) {
      const [, flags = ''] = /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? [];
      assert.ok(Number.parseInt(flags, 8) & O_CLOEXEC, `${fd} ${what}: ${flags}`);
    }
    ring.close();
    object.close();
  });

  it('are all closed with the object, a thousand times', () => {
    const rounds = fewer(1000);
    // The first ones open what stays, such as libbpf's.
    let before: string[] = [];
    for (let i = -3; i < rounds; i++) {
      if (i === 0) before = descriptors().map(String);
      const object = load('maps');
      const link = object.programs.need('handle_nothing').attach();
      if (i % 2) link.close();
      if (i % 3 === 0) object.programs.need('handle_nothing').close();
      object.close();
    }
    assert.deepEqual(descriptors().map(String), before);
  });
});
