/**
 * The library: libbpf for Node, and events described by their BTF.
 *
 *     using opened = BpfObject.open('my.bpf.o');
 *     opened.globals.need('min_us').set(100);
 *     using object = opened.load();
 *     object.programs.need('handle_exec').attach();
 *     const ring = RingBuffer.open(object.maps.need('events'));
 *     const reader = new EventReader(eventSchema(object.btf, 'my_event', liveContext()));
 *     for await (const record of ring.records()) console.log(reader.read(record));
 */

export type { IteratorOptions } from './bpf/attach-iterator.js';
export type { CgroupOptions, NetfilterOptions, TcOptions, XdpOptions } from './bpf/attach-net.js';
export type { RouteOptions } from './bpf/attach-rtnetlink.js';
export type {
  KprobeOptions,
  PerfEventOptions,
  ProcessOptions,
  UprobeOptions,
  UprobesOptions,
} from './bpf/attach-trace.js';
export { openPerfEvent } from './bpf/attach-trace.js';
export type { ObjectContents, TypedMap } from './bpf/contents.js';
export { type CallNames, disassemble, type Instruction } from './bpf/disassembly.js';
export {
  BpfError,
  ClosedError,
  MapError,
  PrivilegeError,
  ProgramError,
  UnsupportedError,
  VerifierError,
} from './bpf/errors.js';
export { BpfConstant, BpfGlobal } from './bpf/global.js';
export { type JitState, jitState } from './bpf/jit.js';
export { hasHelper, hasMapType, hasProgramType } from './bpf/kernel-features.js';
export {
  type BtfInfo,
  loadedBtf,
  loadedLinks,
  loadedMaps,
  loadedPrograms,
  type MapInfo,
} from './bpf/kernel-objects.js';
export { BpfLink } from './bpf/link.js';
export type { LinkInfo, LinkTarget, LinkType } from './bpf/link-info.js';
export { type LogLevel, setLog } from './bpf/log.js';
export { type AnyMap, BpfMap, UPDATE } from './bpf/map.js';
export type { RawEntry } from './bpf/map-batch.js';
export { MAP_FLAGS } from './bpf/map-flags.js';
export type { HasDescriptor, MapInput, MapValue } from './bpf/map-memory.js';
export type { MapOptions } from './bpf/map-open.js';
export { MAP_TYPE, type MapType } from './bpf/map-type.js';
export type { Named } from './bpf/named.js';
export { BpfObject, type LoadOptions, OpenedObject, type OpenOptions } from './bpf/object.js';
export { OpenedMap } from './bpf/opened-map.js';
export { OpenedProgram } from './bpf/opened-program.js';
export { PerfBuffer, type PerfBufferOptions } from './bpf/perf-buffer.js';
export { BpfProgram } from './bpf/program.js';
export type { ProgramInstruction } from './bpf/program-code.js';
export type { ProgramInfo } from './bpf/program-info.js';
export type { OpenProgramOptions } from './bpf/program-open.js';
export type { RunOptions, RunResult } from './bpf/program-run.js';
export type { AttachType, ProgramType } from './bpf/program-type.js';
export { RecordBatch, type RecordOptions, RecordStream } from './bpf/record-stream.js';
export type { Relocation } from './bpf/relocations.js';
export type { RequiredFunction, Requirements } from './bpf/requirements.js';
export { RingBuffer, type RingBufferOptions } from './bpf/ring-buffer.js';
export { libbpfVersion, openPidfd } from './bpf/system.js';
export { UserRingBuffer, type UserRingBufferOptions } from './bpf/user-ring-buffer.js';
export type { LoggedInstruction, SourceLine } from './bpf/verifier/log.js';
export { vmlinuxHeader } from './bpf/vmlinux.js';
export {
  Btf,
  BtfError,
  type BtfType,
  declareStruct,
  type Input,
  type KnownStructs,
  layoutOf,
  type Member,
  readBtfBytes,
  readValue,
  type Shape,
  type StructLayout,
  type TypedBtf,
  type Value,
  writeValue,
} from './btf/index.js';
export { NotFoundError, SnoopkitError, UsageError } from './errors.js';
export type { Column, Histogram } from './events/column.js';
export { ClockOffset, type EventContext, type NameAsker } from './events/context.js';
export type { ColumnMaker, Field, Kind, Kinds } from './events/kind.js';
export { type EventObject, EventReader, type KnownEvent } from './events/reader.js';
export { type EventSchema, eventSchema, type SchemaOptions } from './events/schema.js';
export { liveContext } from './live-context.js';
export { AddonError } from './native/load.js';
