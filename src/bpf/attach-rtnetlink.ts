/** Attaching by rtnetlink(7): to routes, and as actions of tc. */
import { UsageError } from '../errors.js';
import { addressBytes } from '../kernel/address.js';
import { ERRNO } from '../kernel/errno.js';
import { mistake } from '../mistake.js';
import { checkChoice, checkInteger, checkOptions, checkText } from './arguments.js';
import { type Attachment, interfaceOf } from './attachment.js';
import { BpfError } from './errors.js';
import type { ProgramType } from './program-type.js';
import { attribute, RTM_NEWROUTE, textAttribute, u16, u32 } from './rtnetlink.js';

/** Options of BpfProgram.attachRoute(). */
export interface RouteOptions {
  /** The interface that packets of the route leave by; `lo` for the type `local`. */
  device: string;
  /** Address of the next router (default: none, the destination is on the link). */
  gateway?: string;
  /** `local` for addresses of this machine (default: `unicast`). */
  type?: 'unicast' | 'local';
  /** Routing table (default: 254, main, or 255, local, as the type is). */
  table?: number;
  /** The route's metric: of two routes to a destination, that of the smaller is used (default: 1024 for IPv6, else 0). */
  metric?: number;
  /** Bytes that an lwt_xmit program may put before a packet, up to 256 (default: 0). */
  headroom?: number;
}

/** The attributes of a program, at the end of a body. The addon fills in name and descriptor. */
const programAttributes = (nameType: number, fdType: number) => [
  attribute(nameType, Buffer.alloc(28)),
  attribute(fdType, u32(0)),
];

const [AF_INET, AF_INET6] = [2, 10];
const TYPES = { unicast: { number: 1, table: 254 }, local: { number: 2, table: 255 } } as const;
const SCOPES = { universe: 0, link: 253, host: 254 } as const;
/** Who made a route: a number that nobody has taken (etc/iproute2/rt_protos), so that only our own is removed. */
const RTPROT_SNOOPKIT = 153;
/** The metric of an IPv6 route without one: IP6_RT_PRIO_USER. Where one is to be removed, none stands for any. */
const IP6_METRIC = 1024;
/** enum rtattr_type_t (include/uapi/linux/rtnetlink.h) */
const RTA = { dst: 1, oif: 4, gateway: 5, priority: 6, table: 15, encapType: 21, encap: 22 } as const;
/** enum lwtunnel_encap_types and LWT_BPF_* (include/uapi/linux/lwtunnel.h) */
const [ENCAP_SEG6_LOCAL, ENCAP_BPF] = [7, 6];
const LWT_BPF = { lwt_in: 1, lwt_out: 2, lwt_xmit: 3 } as const;
const LWT_BPF_XMIT_HEADROOM = 4;
/** include/uapi/linux/seg6_local.h */
const [SEG6_LOCAL_ACTION, SEG6_LOCAL_BPF, ACTION_END_BPF] = [1, 8, 15];

/** LWT_BPF_PROG_NAME and LWT_BPF_PROG_FD, or those of SEG6_LOCAL_BPF_PROG. */
const PROGRAM = programAttributes(2, 1);

/** RTA_ENCAP_TYPE and, last, RTA_ENCAP. */
function encapsulation(type: ProgramType, headroom: number): Buffer[] {
  if (type === 'lwt_seg6local')
    return [
      attribute(RTA.encapType, u16(ENCAP_SEG6_LOCAL)),
      attribute(RTA.encap, [attribute(SEG6_LOCAL_ACTION, u32(ACTION_END_BPF)), attribute(SEG6_LOCAL_BPF, PROGRAM)]),
    ];
  const room = headroom === 0 ? [] : [attribute(LWT_BPF_XMIT_HEADROOM, u32(headroom))];
  const program = attribute(LWT_BPF[type as keyof typeof LWT_BPF], PROGRAM);
  return [attribute(RTA.encapType, u16(ENCAP_BPF)), attribute(RTA.encap, [...room, program])];
}

/** The bytes of an address of the same family as the destination's. */
function gatewayBytes(gateway: string, length: number): Uint8Array {
  checkText('gateway', gateway);
  const bytes = addressBytes(gateway);
  if (bytes?.length !== length) throw mistake('gateway', gateway, `an IPv${length === 4 ? 4 : 6} address`);
  return Uint8Array.from(bytes);
}

/** The bytes of a network's address, and its prefix length. */
function networkOf(destination: string): { bytes: Uint8Array; prefix: number } {
  checkText('destination', destination);
  const [, address = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(destination) ?? [];
  const bytes = addressBytes(address);
  if (bytes === undefined) throw mistake('destination', destination, 'an address or a network, such as 10.0.0.0/8');
  const most = 8 * bytes.length;
  const prefix = length === undefined ? most : Number(length);
  checkInteger('length of the prefix', prefix, 0, most);
  return { bytes: Uint8Array.from(bytes), prefix };
}

export function route(program: ProgramType, to: string, options: RouteOptions): Attachment {
  const { bytes, prefix } = networkOf(to);
  checkOptions(options, ['device', 'gateway', 'type', 'table', 'metric', 'headroom']);
  const isIp6 = bytes.length === 16;
  const { device, gateway, type = 'unicast', metric = isIp6 ? IP6_METRIC : undefined, headroom = 0 } = options;
  checkChoice('type', type, Object.keys(TYPES));
  const { table = TYPES[type].table } = options;
  checkInteger('table', table, 1);
  if (metric !== undefined) checkInteger('metric', metric);
  checkInteger('headroom', headroom, 0, 256);
  if (headroom !== 0 && program !== 'lwt_xmit') throw new UsageError('headroom is for lwt_xmit programs only');
  if (program === 'lwt_seg6local' && !isIp6) throw new UsageError('lwt_seg6local programs are for IPv6 routes only');
  const via = gateway === undefined ? [] : [attribute(RTA.gateway, gatewayBytes(gateway, bytes.length))];
  const scope = type === 'local' ? SCOPES.host : via.length > 0 || isIp6 ? SCOPES.universe : SCOPES.link;
  const family = isIp6 ? AF_INET6 : AF_INET;
  const body = Buffer.concat([
    // struct rtmsg: family, lengths of prefixes, TOS, table (that of RTA_TABLE), protocol, scope, type, flags
    Uint8Array.of(family, prefix, 0, 0, 0, RTPROT_SNOOPKIT, scope, TYPES[type].number, 0, 0, 0, 0),
    attribute(RTA.dst, bytes),
    attribute(RTA.table, u32(table)),
    attribute(RTA.oif, u32(interfaceOf(device))),
    ...via,
    ...(metric === undefined ? [] : [attribute(RTA.priority, u32(metric))]),
    ...encapsulation(program, headroom),
  ]);
  return {
    where: `route ${to}`,
    attach: (native) => native.attachNetlink(RTM_NEWROUTE, body, 0),
    explain: (operation, errno) =>
      errno === ERRNO.EEXIST
        ? new BpfError(`${operation}: there is such a route; ip route del removes one`, errno, { isWhole: true })
        : undefined,
  };
}

/** include/uapi/linux/pkt_sched.h and pkt_cls.h */
const CLSACT = { ingress: 0xffff_fff2, egress: 0xffff_fff3 } as const;
const ETH_P_ALL = 0x0300;
const TCA = { kind: 1, options: 2 } as const;
const TCA_MATCHALL_ACT = 2;
/** include/uapi/linux/tc_act/tc_bpf.h */
const TCA_ACT_BPF = { parameters: 2, fd: 5, name: 6 } as const;
/** What follows when the program returns TC_ACT_UNSPEC: the next action, as tc(8) has it. */
const TC_ACT_PIPE = 3;

/** A filter of clsact that matches each packet (tc-matchall(8)), with the program as its only action. */
export function actionBody(
  index: number,
  direction: 'ingress' | 'egress',
  { priority, handle }: { readonly priority: number; readonly handle: number },
): Buffer {
  const bpf = [
    textAttribute(TCA.kind, 'bpf'),
    attribute(TCA.options, [
      attribute(TCA_ACT_BPF.parameters, u32(0, 0, TC_ACT_PIPE, 0, 0)),
      ...programAttributes(TCA_ACT_BPF.name, TCA_ACT_BPF.fd),
    ]),
  ];
  return Buffer.concat([
    // struct tcmsg: family, interface, handle, parent, and the priority with the protocol
    u32(0, index, handle, CLSACT[direction], priority * 0x10000 + ETH_P_ALL),
    textAttribute(TCA.kind, 'matchall'),
    attribute(TCA.options, [attribute(TCA_MATCHALL_ACT, [attribute(1, bpf)])]),
  ]);
}
