import { readFileSync } from 'node:fs';
import { Btf, type Input, layoutOf, readBtfBytes, writeValue } from '../src/btf/index.js';
import { EventRecord } from '../src/events/column.js';
import type { EventContext } from '../src/events/context.js';
import { ClockOffset } from '../src/events/context.js';
import { type EventSchema, eventSchema } from '../src/events/schema.js';
import { objectPath } from '../src/trace/object-path.js';

/** Opens typical of a compiler and a shell: path and result. */
const OPENS: readonly [path: string, ret: number][] = [
  ['/etc/ld.so.cache', 3],
  ['/lib/x86_64-linux-gnu/libc.so.6', 3],
  ['/usr/lib/locale/locale-archive', -2],
  ['/usr/lib/gcc/x86_64-linux-gnu/12/include/stddef.h', 5],
  ['/usr/include/x86_64-linux-gnu/bits/types/struct_timespec.h', 5],
  ['src/main.c', 4],
  ['/proc/self/status', 3],
  ['/tmp/cc8a1b2c.s', 4],
  ['/var/log/app/access.log', 7],
  ['/home/build/.cache/très-long/object.o', -13],
];

/** Events in memory, one after the other as in a batch from the ring. */
export interface Records {
  readonly schema: EventSchema;
  readonly bytes: Buffer;
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
}

/** Points the same record object at each of them. */
export function forEachRecord({ bytes, offsets, lengths }: Records, receive: (record: EventRecord) => void): void {
  const record = new EventRecord();
  record.setBytes(bytes);
  offsets.forEach((offset, i) => {
    record.offset = offset;
    record.length = lengths[i] as number;
    receive(record);
  });
}

/** Larger than any pid: no process has a container to look for. */
const NO_PID = 4_194_305;

/** Names as on any machine, from memory: reading them is not measured. */
const context: EventContext = {
  clock: new ClockOffset(1_795_233_011_123_456_789n),
  arch: process.arch,
  userName: () => 'root',
  groupName: () => 'root',
  envNames: [],
  cgroupPath: () => '/system.slice/build.service',
  enumName: () => undefined,
  kernelSymbol: () => undefined,
};

/** This many opensnoop events, in the layout of the tool's object. */
export function openRecords(count: number): Records {
  const btf = Btf.parse(readBtfBytes(readFileSync(objectPath('opensnoop'))));
  const struct = 'opensnoop_event';
  const schema = eventSchema(btf, struct, context);
  const layout = layoutOf(btf, struct);
  const stride = schema.size + 64;
  const bytes = Buffer.alloc(count * stride);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const offsets = new Uint32Array(count);
  const lengths = new Uint32Array(count);
  for (let i = 0, at = 0; i < count; i++) {
    const [path, ret] = OPENS[i % OPENS.length] as (typeof OPENS)[number];
    const size = Buffer.byteLength(path);
    const event: Input = {
      time: 123_456_789_012n + BigInt(i) * 1700n,
      pid: NO_PID + (i % 7),
      tid: NO_PID + (i % 7),
      ppid: 17,
      euid: 0xffffffff,
      comm: 'cc1',
      thread_comm: 'cc1',
      cgroup: 4242n,
      ret,
      flags: 0o2000000,
      dirfd: -100,
      path: { offset: layout.size, length: size, source: 1 },
    };
    writeValue({ kind: 'struct', layout }, view, at, event, struct);
    bytes.write(path, at + layout.size);
    offsets[i] = at;
    lengths[i] = layout.size + size + 1;
    at += (layout.size + size + 8) & ~7;
  }
  return { schema, bytes, offsets, lengths };
}
