import { type Btf, layoutOf, type Member, type StructLayout, sizeOfShape } from '../btf/index.js';
import type { Column } from './column.js';
import type { EventContext } from './context.js';
import { endpointKind, ip4Kind, ip6Kind, peerKind, portKind } from './kinds/address.js';
import { cgroupKind } from './kinds/cgroup.js';
import { flagsKind } from './kinds/flags.js';
import { givenNumber, givenSpan } from './kinds/given.js';
import { durationHistogramKind } from './kinds/histogram.js';
import type { Field, Kind } from './kinds/kind.js';
import { argsKind, envKind } from './kinds/list.js';
import { bitsKind, countKind, enumKind, integerKind, knownCountKind, valueKind } from './kinds/number.js';
import { euidKind, gidKind, uidKind } from './kinds/owner.js';
import { dropReasonKind, knownNameKind, tcpFlagsKind } from './kinds/packet.js';
import { signalCodeKind, signalKind, signalResultKind } from './kinds/process.js';
import { ksymKind, stackKind } from './kinds/stack.js';
import { dirfdKind, modeKind, openFlagsKind, retKind } from './kinds/syscall.js';
import { charsKind, componentsKind, fileKind, placeKind, spanKind } from './kinds/text.js';
import { durationKind, knownDurationKind, type TimeStyle, timeKind } from './kinds/time.js';

const givenModeKind = givenNumber(modeKind);
const givenUidKind = givenNumber(uidKind);
const givenGidKind = givenNumber(gidKind);
const givenSizeKind = givenNumber(countKind);

/** What the typedefs of bpf/include/types.h mean. `snoop_time` is not here, for it depends on `--time`. */
const KINDS: Readonly<Record<string, Kind>> = {
  snoop_duration: durationKind,
  snoop_known_duration: knownDurationKind,
  snoop_count: countKind,
  snoop_known_count: knownCountKind,
  snoop_signal: signalKind,
  snoop_signal_code: signalCodeKind,
  snoop_signal_result: signalResultKind,
  snoop_ret: retKind,
  snoop_uid: uidKind,
  snoop_euid: euidKind,
  snoop_gid: gidKind,
  snoop_mode: modeKind,
  snoop_given_mode: givenModeKind,
  snoop_given_uid: givenUidKind,
  snoop_given_gid: givenGidKind,
  snoop_given_size: givenSizeKind,
  snoop_open_flags: openFlagsKind,
  snoop_dirfd: dirfdKind,
  snoop_ip4: ip4Kind,
  snoop_ip6: ip6Kind,
  snoop_port: portKind,
  snoop_peer: peerKind,
  snoop_endpoint: endpointKind,
  snoop_cgroup: cgroupKind,
  snoop_comm: charsKind,
  snoop_tcp_flags: tcpFlagsKind,
  snoop_known_tcp_state: knownNameKind,
  snoop_mptcp: knownNameKind,
  snoop_drop_reason: dropReasonKind,
  snoop_ksym: ksymKind,
  snoop_stack: stackKind,
  snoop_text: spanKind,
  snoop_path: spanKind,
  snoop_given_text: givenSpan(spanKind),
  snoop_components: componentsKind,
  snoop_given_components: givenSpan(componentsKind),
  snoop_place: placeKind,
  snoop_file: fileKind,
  snoop_args: argsKind,
  snoop_env: envKind,
  snoop_histogram_ns: durationHistogramKind,
};

/** Kinds whose text is all in the member: not elsewhere in the record, nor changing with the clock. */
const IN_PLACE: ReadonlySet<Kind> = new Set([
  integerKind,
  countKind,
  knownCountKind,
  signalKind,
  signalCodeKind,
  signalResultKind,
  enumKind,
  flagsKind,
  charsKind,
  ip4Kind,
  ip6Kind,
  portKind,
  endpointKind,
  peerKind,
  cgroupKind,
  tcpFlagsKind,
  knownNameKind,
  dropReasonKind,
  ksymKind,
  retKind,
  uidKind,
  euidKind,
  gidKind,
  modeKind,
  givenModeKind,
  givenUidKind,
  givenGidKind,
  givenSizeKind,
  openFlagsKind,
  dirfdKind,
]);

export interface SchemaOptions {
  /** How a table shows times; `local` when left out. */
  time?: TimeStyle;
}

/** The columns of an event, and how long a record must be at least. */
export interface EventSchema {
  readonly struct: string;
  /** In bytes. */
  readonly size: number;
  readonly columns: readonly Column[];
}

function kindOf(member: Member, options: SchemaOptions): Kind {
  for (const typedef of member.typedefs) {
    if (typedef === 'snoop_time') return timeKind(options.time ?? 'local');
    const kind = KINDS[typedef];
    if (kind) return kind;
  }
  if (member.bits) return bitsKind(member.bits);
  switch (member.type.kind) {
    case 'int':
    case 'pointer':
      return integerKind;
    case 'enum':
      return member.type.size < 8 && member.type.name.endsWith('_flags') ? flagsKind : enumKind;
    case 'array':
      return isText(member.type) ? charsKind : valueKind;
    default:
      return valueKind;
  }
}

const isText = (shape: { element: Member['type'] }) => shape.element.kind === 'int' && shape.element.char;

function columnsOf(
  layout: StructLayout,
  near: Field['near'],
  base: number,
  prefix: string,
  context: EventContext,
  options: SchemaOptions,
): Column[] {
  return layout.members.flatMap((member): Column[] => {
    // Padding and what a program keeps for itself.
    if (member.name.startsWith('_')) return [];
    const name = prefix + member.name;
    const kind = kindOf(member, options);
    if (kind === valueKind && member.type.kind === 'struct') {
      return columnsOf(member.type.layout, near, base + member.offset, `${name}_`, context, options);
    }
    const field: Field = { name, offset: base + member.offset, shape: member.type, ...(near && { near }) };
    const columns = kind(field, context);
    if (!IN_PLACE.has(kind) || (kind === peerKind && context.hostName)) return columns;
    const dependsOn = { offset: field.offset, size: sizeOfShape(field.shape) };
    return columns.map((column) => ({ ...column, dependsOn }));
  });
}

/**
 * The columns of an event struct, from its BTF: the order is that of the struct, members of nested structs
 * are named `outer_inner`, names that start with an underscore are private. Throws NotFoundError when
 * there is no such struct.
 */
export function eventSchema(btf: Btf, struct: string, context: EventContext, options: SchemaOptions = {}): EventSchema {
  const layout = layoutOf(btf, struct);
  const near = (name: string) => layout.members.find((member) => member.name === name)?.offset;
  return { struct, size: layout.size, columns: columnsOf(layout, near, 0, '', context, options) };
}
