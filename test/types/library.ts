/** Uses of the library before and after load that the compiler tells apart. Nothing here runs: compiling it is the test. */
import {
  type BpfLink,
  type BpfMap,
  BpfObject,
  type BpfProgram,
  MAP_TYPE,
  type MapType,
  type OpenedObject,
  RingBuffer,
} from '../../src/index.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only if both types are the same. */
const same = <A, B>(_same: Same<A, B>) => {};

export function opened(): void {
  const object = BpfObject.open('some.bpf.o');
  same<typeof object, OpenedObject>(true);
  const map = object.maps.need('events');
  const program = object.programs.need('handle');
  const global = object.globals.need('target');

  // Before load only.
  map.maxEntries = 4096;
  map.valueSize = 8;
  program.autoload = false;
  program.attachTarget = 'sched_process_exit';
  global.set(1);
  same<ReturnType<typeof object.load>, BpfObject>(true);

  // After load only.
  same<typeof map.type, MapType | 'unknown'>(true);
  // @ts-expect-error a name, not a number
  void (map.type === MAP_TYPE.hash);
  // @ts-expect-error a map without a descriptor
  map.fd;
  // @ts-expect-error not in the kernel
  map.get(0);
  // @ts-expect-error not in the kernel
  map.set(0, 1);
  // @ts-expect-error not in the kernel
  map.delete(0);
  // @ts-expect-error not in the kernel
  map.keys();
  // @ts-expect-error not in the kernel
  map.readAll();
  // @ts-expect-error not in the kernel
  [...map];
  // @ts-expect-error the map of an opened object
  RingBuffer.open(map);
  // @ts-expect-error a program without a descriptor
  program.fd;
  // @ts-expect-error not in the kernel
  program.misses;
  // @ts-expect-error not in the kernel
  program.attach();
  // @ts-expect-error not in the kernel
  program.attachTracepoint('sched', 'sched_process_exit');
  // @ts-expect-error not in the kernel
  program.attachIterator();
  // @ts-expect-error nothing to detach
  program.detach();
  // @ts-expect-error all variables are in `globals`
  object.constants;
  // @ts-expect-error not a loaded object
  object satisfies BpfObject;
}

export function loaded(object: BpfObject): void {
  const map = object.maps.need('events');
  const program = object.programs.need('handle');
  same<typeof map, BpfMap>(true);
  same<typeof program, BpfProgram>(true);

  // After load only.
  same<typeof map.fd, number>(true);
  same<typeof program.misses, number>(true);
  map.set(0, 1);
  same<ReturnType<typeof program.attach>, BpfLink>(true);
  same<ReturnType<typeof program.attachTc>, BpfLink>(true);
  same<ReturnType<typeof program.attachRoute>, BpfLink>(true);
  program.type === 'xdp';
  // @ts-expect-error no such type
  program.type === 'xpd';
  // @ts-expect-error no such direction
  program.attachTc('lo', 'both');
  // @ts-expect-error no device
  program.attachRoute('10.0.0.0/8', {});
  same<ReturnType<typeof RingBuffer.open>, RingBuffer>(true);
  RingBuffer.open(map);
  object.globals.need('count').set(1n);
  object.constants.need('target').get();

  // Before load only.
  // @ts-expect-error its size is fixed
  map.maxEntries = 4096;
  // @ts-expect-error its size is fixed
  map.valueSize = 8;
  // @ts-expect-error it is loaded
  program.autoload = false;
  // @ts-expect-error its target is fixed
  program.attachTarget = 'sched_process_exit';
  // @ts-expect-error a constant
  object.constants.need('target').set(1);
  // @ts-expect-error already loaded
  object.load();
  // @ts-expect-error not an opened object
  object satisfies OpenedObject;
}
