/**
 * The library: libbpf for Node, and events that are described by their BTF.
 *
 *     using object = BpfObject.open('my.bpf.o');
 *     object.globals.need('min_us').set(100);
 *     object.load();
 *     object.programs.need('handle_exec').attach();
 *     const ring = RingBuffer.open(object.maps.need('events'));
 *     const reader = new EventReader(eventSchema(object.btf, 'my_event', liveContext()));
 *     for await (const record of ring.records()) console.log(reader.read(record));
 */
export {
  BpfError,
  MapError,
  PrivilegeError,
  ProgramError,
  UnsupportedError,
  VerifierError,
} from './bpf/errors.js';
export { BpfGlobal } from './bpf/global.js';
export { BpfLink } from './bpf/link.js';
export { type LogLevel, setLog } from './bpf/log.js';
export { BpfMap, MAP_TYPE, type MapValue, UPDATE } from './bpf/map.js';
export { BpfObject, type OpenOptions } from './bpf/object.js';
export { BpfProgram, type KprobeOptions, type UprobeOptions } from './bpf/program.js';
export { RecordBatch, RingBuffer, type RingBufferOptions } from './bpf/ring-buffer.js';
export { libbpfVersion } from './bpf/system.js';
export { vmlinuxHeader } from './bpf/vmlinux.js';
export {
  Btf,
  BtfError,
  type BtfType,
  declareStruct,
  layoutOf,
  type Member,
  readBtfBytes,
  readValue,
  type Shape,
  type StructLayout,
  type Value,
  writeValue,
} from './btf/index.js';
export { NotFoundError, SnoopkitError, UsageError } from './errors.js';
export type { Column } from './events/column.js';
export { ClockOffset, type EventContext, type NameAsker } from './events/context.js';
export { type EventObject, EventReader } from './events/reader.js';
export { type EventSchema, eventSchema, type SchemaOptions } from './events/schema.js';
export { liveContext } from './live-context.js';
export { AddonError } from './native/load.js';
