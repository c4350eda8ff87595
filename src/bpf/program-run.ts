import { UsageError } from '../errors.js';
import { ERRNO } from '../kernel/errno.js';
import type { NativeProgram, NativeRun } from '../native/binding.js';
import { checkInstance, checkInteger, checkOptions } from './arguments.js';
import { BpfError, refused, UnsupportedError } from './errors.js';
import type { AttachType, ProgramType } from './program-type.js';

/** Input of BpfProgram.run(). */
export interface RunOptions {
  /** A packet, from its Ethernet header on: for programs that see packets. */
  data?: Uint8Array;
  /** The program's context, a struct such as `__sk_buff`, `xdp_md` or the argument of a syscall program. */
  context?: Uint8Array;
  /** Number of runs (default: 1). The result is that of the last. Not for raw tracepoint, tracing and syscall programs. */
  repeat?: number;
  /** The CPU to run on, for raw tracepoint programs (default: the current one). */
  cpu?: number;
  /** `bpf_attr.test.flags`: BPF_F_TEST_XDP_LIVE_FRAMES and the like (default: none). */
  flags?: number;
}

/** Result of BpfProgram.run(). */
export interface RunResult {
  /** The program's return value, unsigned: XDP_PASS is 2. */
  readonly ret: number;
  /** The packet afterwards; of a flow dissector, its `struct bpf_flow_keys`. Empty for programs without one. */
  readonly data: Buffer;
  /** The context afterwards; empty if none was given. */
  readonly context: Buffer;
  /** Average time of one run in nanoseconds; 0 if the kernel does not measure it. */
  readonly durationNs: number;
}

/** Input that the kernel takes: a packet, and a context that it returns separately or writes in place. */
interface Form {
  readonly takesData: boolean;
  readonly context: 'apart' | 'in place' | 'kept' | 'none';
  readonly repeats: boolean;
  /** Whether the kernel refuses a context that ends before what the program reads of it (EINVAL). */
  readonly readsContext?: true;
}
const PACKET: Form = { takesData: true, context: 'apart', repeats: true };
const CALL: Form = { takesData: false, context: 'kept', repeats: false };
const FORMS: Partial<Record<ProgramType, Form>> = {
  socket_filter: PACKET,
  sched_cls: PACKET,
  sched_act: PACKET,
  xdp: PACKET,
  cgroup_skb: PACKET,
  lwt_in: PACKET,
  lwt_out: PACKET,
  lwt_xmit: PACKET,
  lwt_seg6local: PACKET,
  flow_dissector: { ...PACKET, context: 'kept' },
  netfilter: { ...PACKET, context: 'kept' },
  sk_lookup: { takesData: false, context: 'apart', repeats: true },
  raw_tracepoint: { ...CALL, readsContext: true },
  raw_tracepoint_writable: { ...CALL, readsContext: true },
  syscall: { ...CALL, context: 'in place', readsContext: true },
  tracing: { ...CALL, context: 'none' },
};
const CALLED: readonly (AttachType | undefined)[] = ['trace_fentry', 'trace_fexit', 'modify_return'];

const NOTHING = new Uint8Array();
const ETHERNET_HEADER = 14;
/** Room for what a program adds to a packet, whose length the kernel limits by the MTU of the loopback interface. */
const HEADROOM = 2 ** 16 + 4096;
const ON_CPU = 1;
const MAX_REPEAT = 2 ** 31 - 1;

/** Runs a program by BPF_PROG_TEST_RUN. */
export function runProgram(
  native: NativeProgram,
  { name, type, attachType }: { name: string; type: ProgramType; attachType: AttachType | undefined },
  options: RunOptions,
): RunResult {
  const form = type === 'tracing' && !CALLED.includes(attachType) ? undefined : FORMS[type];
  const kind = type === 'tracing' && attachType ? attachType : type;
  if (!form)
    throw new UsageError(
      `cannot run ${name}: the kernel runs programs of type ${Object.keys(FORMS).join(', ')} on request, not ${kind}`,
    );
  checkOptions(options, ['data', 'context', 'repeat', 'cpu', 'flags']);
  const { data, context, repeat, cpu, flags = 0 } = options;
  if (data !== undefined) checkInstance('data', data, Uint8Array);
  if (context !== undefined) checkInstance('context', context, Uint8Array);
  if (repeat !== undefined) checkInteger('repeat', repeat, 1, MAX_REPEAT);
  if (cpu !== undefined) checkInteger('cpu', cpu);
  checkInteger('flags', flags);
  const needed = type === 'netfilter' ? 1 : ETHERNET_HEADER;
  if (form.takesData && (data?.length ?? 0) < needed)
    throw new UsageError(`data: ${kind} programs need a packet of at least ${needed} bytes`);
  if (!form.takesData && data) throw new UsageError(`data: ${kind} programs take no packet`);
  if (type === 'sk_lookup' && !context) throw new UsageError('context: sk_lookup programs need a struct bpf_sk_lookup');
  if (form.context === 'none' && context) throw new UsageError(`context: ${kind} programs take none`);
  if (!form.repeats && repeat !== undefined && repeat > 1) throw new UsageError(`repeat: ${kind} programs run once`);
  if (cpu !== undefined && !type.startsWith('raw_tracepoint'))
    throw new UsageError(`cpu: ${kind} programs run on the current one`);

  const given = Buffer.from(context ?? NOTHING);
  const after = Buffer.alloc(form.context === 'apart' ? given.length : 0);
  const packet = Buffer.alloc(data ? data.length + HEADROOM : 0);
  const result = native.run(
    data ?? NOTHING,
    given,
    packet,
    after,
    form.repeats ? (repeat ?? 1) : 0,
    cpu ?? 0,
    cpu === undefined ? flags : flags | ON_CPU,
  );
  if (result === -ERRNO.ENOSPC && given.length > 0)
    throw new UsageError(`context: ${given.length} bytes are less than the kernel's context of ${kind} programs`);
  if (result === -ERRNO.EINVAL && form.readsContext)
    throw new BpfError(`cannot run ${name}`, ERRNO.EINVAL, {
      hint: `is the context, of ${given.length} bytes, shorter than what the program reads of it?`,
    });
  if (typeof result === 'number') throw failure(`cannot run ${name}`, kind, -result);
  return outcome(result, packet, form.context === 'apart' ? after : given);
}

function outcome({ ret, duration, dataSize }: NativeRun, packet: Buffer, context: Buffer): RunResult {
  // A copy, because the room is much larger than most packets.
  return { ret, data: Buffer.from(packet.subarray(0, dataSize)), context, durationNs: duration };
}

function failure(operation: string, kind: string, errno: number): Error {
  return errno === ERRNO.ENOTSUPP || errno === ERRNO.EOPNOTSUPP
    ? new UnsupportedError(`${operation}: this kernel does not run ${kind} programs on request`)
    : refused(operation, errno);
}
