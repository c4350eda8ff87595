/**
 * Hello: a program at a tracepoint, for one process, whose events are printed. Needs Linux 5.8.
 *
 * Build and run (../README.md has what comes before):
 *
 *     clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c hello/hello.bpf.c -o hello/hello.bpf.o
 *     npx snoopkit gen types hello/hello.bpf.o -o hello/hello.ts
 *     npx tsc
 *     sudo node hello/main.js
 */
import { readFileSync } from 'node:fs';
import { EventReader, eventSchema, liveContext, RingBuffer } from 'snoopkit';
// The module that `gen types` wrote: it opens the object, and knows the names and types of all that is in it.
import { openHello } from './hello.js';

const opened = openHello();
opened.globals.need('only_pid').set(process.pid);
// load() passes the object to the kernel, whose verifier checks each program. `using` closes it at the end.
using object = opened.load();
using ring = RingBuffer.open(object.maps.need('events'));
// The C struct describes the event: its names, types and offsets are in the object.
const reader = new EventReader(eventSchema(object.btf, 'opened', liveContext()));

object.programs.need('handle_openat').attach();
readFileSync('/etc/os-release');
for await (const record of ring.records()) {
  const { pid, comm, path } = reader.read(record);
  console.log(`${comm} (${pid}) opens ${path}`);
  if (path === '/etc/os-release') break;
}
