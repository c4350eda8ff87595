import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { NativeObject } from '../../src/native/binding.js';
import { launcherPath } from '../../src/native/load.js';
import { needs } from '../capability.js';
import { binding, EBADF, must, open, openFds, Tracer } from './helpers.js';

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
    const cases: [string, (object: NativeObject) => ReturnType<NativeObject['attach']>][] = [
      ['handle_sys_enter', (object) => object.attachRawTracepoint('handle_sys_enter', 'sys_exit')],
      [
        'handle_uprobe',
        (object) => object.attachUprobe('handle_uprobe', process.execPath, '', 0x1000, process.pid, false),
      ],
      ['handle_uprobe', (object) => object.attachUprobe('handle_uprobe', launcherPath(), 'main', 0, process.pid, true)],
      ['handle_xdp', (object) => object.attachXdp('handle_xdp', 1)],
      [
        'handle_perf_event',
        (object) =>
          object.attachPerfEvent('handle_perf_event', binding.openTracepoint(tracepointId('sched/sched_process_exit'))),
      ],
    ];
    const before = openFds();
    for (const [program, attach] of cases) {
      const object = loaded(program);
      const link = attach(object);
      if (typeof link === 'number') assert.fail(`${attach}: ${link}`);
      assert.ok(link.fd() > 2, String(attach));
      link.close();
      link.close();
      assert.equal(link.fd(), EBADF);
      assert.equal(link.createIterator(), EBADF);
      object.close();
    }
    assert.equal(openFds(), before);
  });

  it('attaches to functions of the kernel', function () {
    needs(this, 'kprobe-pmu');
    const object = loaded('handle_kprobe');
    const links = [object.attach('handle_kprobe'), object.attachKprobe('handle_kprobe', 'do_nanosleep', true)];
    object.close();
    for (const link of links) must(link).close();
  });

  it('reads an iterator', () => {
    const object = open('iter');
    assert.equal(object.load(), 0);
    for (const link of [must(object.attach('dump_first')), must(object.attachIter('dump_first'))]) {
      const fd = link.createIterator();
      assert.equal(readFileSync(fd, 'utf8'), 'first\n');
      binding.closeFd(fd);
      link.close();
    }
    object.close();
  });

  it('passes refusals on, and closes the perf event all the same', () => {
    const object = loaded('handle_perf_event');
    const id = tracepointId('sched/sched_process_exit');
    const before = openFds();
    const refused = (value: unknown) => assert.ok(typeof value === 'number' && value < 0);
    refused(object.attachPerfEvent('handle_sys_enter', binding.openTracepoint(id)));
    refused(object.attachPerfEvent('none', binding.openTracepoint(id)));
    refused(object.attachPerfEvent('handle_perf_event', -1));
    refused(object.attachKprobe('handle_kprobe', 'do_nanosleep', false));
    refused(object.attachRawTracepoint('handle_sys_enter', 'no_such_tracepoint'));
    refused(object.attachUprobe('handle_uprobe', '/no/such/file', 'main', 0, -1, false));
    refused(object.attachCgroup('handle_cgroup', -1));
    refused(object.attachXdp('handle_xdp', 0x7fff_ffff));
    refused(object.attachIter('handle_sys_enter'));
    object.close();
    refused(object.attachPerfEvent('handle_perf_event', binding.openTracepoint(id)));
    assert.ok(openFds() < before);
  });

  it('outlives its object, and stops with close', () => {
    const tracer = new Tracer();
    tracer.object.close();
    tracer.emit(2);
    assert.deepEqual(tracer.read(), [0, 1]);
    tracer.link.close();
    tracer.emit(2);
    assert.deepEqual(tracer.read(), []);
    tracer.close();
  });
});
