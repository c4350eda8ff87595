import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { loadedBtf, loadedLinks, loadedMaps, loadedPrograms } from '../../src/bpf/kernel-objects.js';
import { BpfMap } from '../../src/bpf/map.js';
import { needs } from '../capability.js';
import { kernelIsSince } from '../helpers/kernel.js';
import { patient } from '../helpers/patience.js';
import { callGetegid, fixturePath, load, open } from './helpers.js';

/** Those of ours, by their ids: what others have loaded is none of the tests' business. */
const withId = <T extends { readonly id: number | undefined }>(all: Iterable<T>, id: number) =>
  [...all].find((each) => each.id === id);

describe('bpf: what is loaded', () => {
  before(function () {
    needs(this, 'root');
  });

  it('has our programs, as they describe themselves', () => {
    using object = load('ring');
    const program = object.programs.need('handle_call');
    const found = withId(loadedPrograms(), program.id);
    assert.deepEqual(found, program.info());
    assert.equal(found?.type, 'tracepoint');
    assert.ok(found.mapIds.includes(object.maps.need('events').id));
    // Whole pages of code.
    assert.ok(found.memory >= found.translatedSize && found.memory % 4096 === 0, `${found.memory}`);
  });

  it('has our maps', () => {
    using object = load('maps');
    const map = object.maps.need('counters');
    const { id, name, type, typeNumber, keySize, valueSize, maxEntries, flags, isPerCpu } = map;
    const expected = { id, name, type, keySize, valueSize, maxEntries, flags, isPerCpu };
    const { memory } = map;
    assert.deepEqual(withId(loadedMaps(), id), { ...expected, typeNumber, memory });
    assert.equal(type, 'percpu_array');
  });

  it('has the memory of maps', () => {
    using map = BpfMap.create({ type: 'array', valueSize: 8, maxEntries: 1000 });
    const found = withId(loadedMaps(), map.id);
    assert.ok(found && found.memory >= 8000 && found.memory < 20_000, `${found?.memory}`);
  });

  it('has our links, while they last', () => {
    const opened = open('ring');
    opened.globals.need('target').set(process.pid);
    using object = opened.load();
    const program = object.programs.need('handle_call');
    const ours = () => [...loadedLinks()].filter(({ programId }) => programId === program.id);
    assert.deepEqual(ours(), []);
    const link = program.attach();
    callGetegid(1);
    const { id } = link.info();
    // Tracepoints have links since Linux 5.15.
    if (id !== undefined)
      assert.deepEqual(
        ours().map((each) => each.id),
        [id],
      );
    link.close();
    assert.deepEqual(ours(), []);
  });

  it('leaves out links that are being made', async function () {
    this.timeout(patient(20_000));
    const script = `
      import('${new URL('../../src/index.js', import.meta.url)}').then(({ BpfObject }) => {
        const program = BpfObject.open('${fixturePath('ring')}').load().programs.need('handle_call');
        require('node:worker_threads').parentPort.postMessage('attaching');
        // While the other thread holds a link open, the program stays attached, and a second attachment is refused.
        for (;;) try { program.attach().close(); } catch (error) { if (error.errno !== 'EEXIST') throw error; }
      });`;
    const worker = new Worker(script, { eval: true });
    await once(worker, 'message');
    try {
      // Without the exception for them, this fails.
      for (const end = performance.now() + 1000; performance.now() < end; )
        for (const { id } of loadedLinks()) assert.ok(id);
    } finally {
      await worker.terminate();
    }
  });

  it('has the BTF of the kernel, and of our programs', () => {
    const all = [...loadedBtf()];
    const kernel = all.find(({ name }) => name === 'vmlinux');
    // Linux 5.10 numbers only that of programs and maps.
    if (kernelIsSince(5, 11)) assert.ok(kernel?.isKernel && kernel.size > 1_000_000);
    const before = new Set(all.map(({ id }) => id));
    using object = load('ring');
    const added = [...loadedBtf()].filter(({ id, isKernel }) => !before.has(id) && !isKernel);
    assert.ok(added.length > 0 && object.name === 'ring');
  });
});
