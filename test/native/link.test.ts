import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { NativeObject, NativeProgram } from '../../src/native/binding.js';
import type { NativeLink } from '../../src/native/links.js';
import { launcherPath } from '../../src/native/load.js';
import { needs } from '../capability.js';
import { binding, EBADF, must, open, openFds, programOf, TRACEPOINT, Tracer } from './helpers.js';

const BPF_XDP = 37;
const NOTHING = new Uint8Array();

function loaded(program: string): NativeObject {
  const object = open();
  object.setAutoload(program, true);
  assert.equal(object.load(), 0);
  return object;
}

function tracepointId(name: string): number {
  const fd = binding.openTracefs();
  const id = Number(readFileSync(`/proc/self/fd/${fd}/events/${name}/id`, 'utf8'));
  binding.closeFd(fd);
  return id;
}

describe('native link', () => {
  it('attaches to each kind of hook', () => {
    const cases: [string, (program: NativeProgram) => NativeLink | number][] = [
      ['handle_sys_enter', (program) => program.attachRawTracepoint('sys_exit')],
      ['handle_uprobe', (program) => program.attachUprobe(process.execPath, '', 0x1000, process.pid, false)],
      ['handle_uprobe', (program) => program.attachUprobe(launcherPath(), 'main', 0, process.pid, true)],
      ['handle_xdp', (program) => program.createLink(1, BPF_XDP, 0)],
      [
        'handle_perf_event',
        (program) => program.attachPerfEvent(TRACEPOINT, tracepointId('sched/sched_process_exit'), 1, false, -1, 0),
      ],
    ];
    const before = openFds();
    for (const [name, attach] of cases) {
      const object = loaded(name);
      const program = programOf(object, name);
      const link = attach(program);
      if (typeof link === 'number') assert.fail(`${attach}: ${link}`);
      assert.ok(link.fd() > 2, String(attach));
      link.close();
      link.close();
      assert.equal(link.fd(), EBADF);
      assert.equal(link.createIterator(), EBADF);
      assert.equal(link.info(), EBADF);
      assert.equal(link.pin('x'), EBADF);
      assert.equal(link.update(0), EBADF);
      assert.equal(link.detach(), EBADF);
      program.close();
      object.close();
    }
    assert.equal(openFds(), before);
  });

  it('attaches to functions of the kernel', function () {
    needs(this, 'kprobe-pmu');
    const object = loaded('handle_kprobe');
    const program = programOf(object, 'handle_kprobe');
    const links = [program.attach(), program.attachKprobe('do_nanosleep', true)];
    program.close();
    object.close();
    for (const link of links) must(link).close();
  });

  it('reads an iterator', () => {
    const object = open('iter');
    assert.equal(object.load(), 0);
    const program = programOf(object, 'dump_first');
    for (const link of [must(program.attach()), must(program.attachIter(NOTHING))]) {
      const fd = link.createIterator();
      assert.equal(readFileSync(fd, 'utf8'), 'first\n');
      binding.closeFd(fd);
      link.close();
    }
    program.close();
    object.close();
  });

  it('passes refusals on, and closes the perf event all the same', () => {
    const object = loaded('handle_perf_event');
    const id = tracepointId('sched/sched_process_exit');
    const before = openFds();
    const refused = (value: unknown) => assert.ok(typeof value === 'number' && value < 0);
    const program = programOf(object, 'handle_perf_event');
    const traced = programOf(object, 'handle_sys_enter');
    refused(traced.attachPerfEvent(TRACEPOINT, id, 1, false, -1, 0));
    refused(program.attachPerfEvent(TRACEPOINT, 0x7fff_ffff, 1, false, -1, 0));
    refused(program.attachKprobe('do_nanosleep', false));
    refused(traced.attachRawTracepoint('no_such_tracepoint'));
    refused(program.attachUprobe('/no/such/file', 'main', 0, -1, false));
    refused(program.createLink(-1, 0, 0));
    refused(program.createLink(0x7fff_ffff, BPF_XDP, 0));
    refused(traced.attachIter(NOTHING));
    // Too short for a program, no multiple of 4, and no message that the kernel knows.
    for (const size of [36, 42, 64]) refused(program.attachNetlink(24, Buffer.alloc(size), 0));
    object.close();
    program.close();
    program.close();
    traced.close();
    for (const call of [
      () => program.fd(),
      () => program.misses(),
      () => program.attach(),
      () => program.attachPerfEvent(TRACEPOINT, id, 1, false, -1, 0),
      () => program.attachRawTracepoint('b'),
      () => program.attachKprobe('b', false),
      () => program.createLink(1, BPF_XDP, 0),
      () => program.attachUprobe('b', 'c', 0, -1, false),
      () => program.attachTarget(1, 0, 0),
      () => program.attachSocket(1, false),
      () => program.attachTc(1, true, 0, 0),
      () => program.attachNetlink(24, Buffer.alloc(40), 0),
      () => program.replaceXdp(1, 0),
      () => program.attachTrace(),
      () => program.info(),
      () => program.pin('x'),
      () => program.attachIter(NOTHING),
    ])
      assert.equal(call(), EBADF, String(call));
    assert.ok(openFds() < before);
  });

  it('outlives its object, and stops with close', () => {
    const tracer = new Tracer();
    const program = programOf(tracer.object, 'handle_sys_enter');
    tracer.object.close();
    // Before Linux 6.10 a program attaches to a raw tracepoint only once.
    must(program.attachRawTracepoint('sys_exit')).close();
    assert.ok(program.fd() > 2);
    assert.equal(program.misses(), 0);
    program.close();
    tracer.emit(2);
    assert.deepEqual(tracer.read(), [0, 1]);
    tracer.link.close();
    tracer.emit(2);
    assert.deepEqual(tracer.read(), []);
    tracer.close();
  });
});
