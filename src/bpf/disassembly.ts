/**
 * Text of BPF instructions, in the notation of the verifier's log. Source: Documentation/bpf/standardization/
 * instruction-set.rst; the kernel's own instructions are in include/linux/filter.h.
 */
import { checkBytes, mistake } from '../mistake.js';
import { checkFunction, checkOptions } from './arguments.js';
import { helperName } from './helper-list.js';

/** Bytes of an instruction (struct bpf_insn). */
export const INSTRUCTION_SIZE = 8;

/** An instruction of BPF code. */
export interface Instruction {
  /** Its place in the code, in units of 8 bytes. An instruction that loads 64 bits takes two of them. */
  readonly index: number;
  /** In the notation of the verifier's log: `r0 = *(u64 *)(r0 +0)`. */
  readonly code: string;
}

/** Names for the numbers in calls. Each function returns undefined for a number that it does not know. */
export interface CallNames {
  /** Of a helper: by its immediate, which after the verifier is the distance of its address from `__bpf_call_base`. */
  readonly helper?: (immediate: number) => string | undefined;
  /** Of a kfunc: by its immediate, an id in the kernel's BTF if `offset` is 0, or after the verifier a distance, too. */
  readonly kfunc?: (immediate: number, offset: number) => string | undefined;
  /** Of a function of the program: by the index of its first instruction. */
  readonly function?: (index: number) => string | undefined;
}

const NAMES = ['helper', 'kfunc', 'function'] as const;

/** A decoded instruction (struct bpf_insn). */
interface Fields {
  readonly index: number;
  readonly opcode: number;
  readonly dst: number;
  readonly src: number;
  readonly offset: number;
  readonly immediate: number;
  /** The immediate of the second half of an instruction that loads 64 bits. */
  readonly upper: number;
}

const LOAD_64 = 0x18;
const [LD, LDX, ST, STX, JMP, JMP32, ALU64] = [0, 1, 2, 3, 5, 6, 7] as const;
/** Bit of the opcode: the operand is a register, not the immediate. */
const X = 0x08;
const SIZES = ['u32', 'u16', 'u8', 'u64'] as const;
const SIGNED_SIZES = ['s32', 's16', 's8', undefined] as const;

/** By the upper half of the opcode. */
const OPERATORS = ['+=', '-=', '*=', '/=', '|=', '&=', '<<=', '>>=', '', '%=', '^=', '=', 's>>='] as const;
const [DIV, NEG, MOD, MOV, END] = [0x3, 0x8, 0x9, 0xb, 0xd] as const;
const SIGNED_DIVISION = 1;
const ADDRESS_SPACE_CAST = 1;
const PER_CPU_ADDRESS = -1;

const COMPARISONS = ['', '==', '>', '>=', '&', '!=', 's>', 's>=', '', '', '<', '<=', 's<', 's<='] as const;
const [JA, CALL, EXIT, JCOND] = [0x0, 0x8, 0x9, 0xe] as const;
/** A tail call, after the verifier (BPF_TAIL_CALL). Since Linux 4.17 the kernel shows a call of the helper instead. */
const TAIL_CALL = 0xf5;
/** A barrier against speculation, after the verifier (BPF_NOSPEC). */
const NOSPEC = 0xc2;

/** Kinds of access, in the three upper bits of the opcode. */
const [ABS, IND, MEM, MEMSX, ATOMIC] = [0x20, 0x40, 0x60, 0x80, 0xc0] as const;
/** After the verifier: accesses that survive a fault. PROBE_MEM32 and PROBE_ATOMIC are in an arena. */
const [PROBE_MEM, PROBE_MEMSX, PROBE_MEM32, PROBE_MEM32SX, PROBE_ATOMIC] = [0x20, 0x40, 0xa0, 0xc0, 0xe0] as const;

/** Immediates of atomic operations. */
const FETCH = 0x01;
const ATOMIC_OPERATORS: Readonly<Record<number, readonly [operator: string, name: string]>> = {
  0: ['+=', 'add'],
  64: ['|=', 'or'],
  80: ['&=', 'and'],
  160: ['^=', 'xor'],
};
const [XCHG, CMPXCHG, LOAD_ACQUIRE, STORE_RELEASE] = [0xe1, 0xf1, 0x100, 0x110] as const;

/** Source registers of calls and of loads of 64 bits. */
const [PSEUDO_CALL, PSEUDO_KFUNC_CALL] = [1, 2] as const;
const [MAP_ID, MAP_VALUE, FUNCTION, MAP_INDEX, MAP_INDEX_VALUE] = [1, 2, 4, 5, 6] as const;

const signed = (value: number) => (value < 0 ? `${value}` : `+${value}`);
const hex = (value: number | bigint) => `0x${value.toString(16)}`;
const sizeOf = (opcode: number) => (opcode >> 3) & 3;
const memory = (type: string, register: number, offset: number) => `(${type} *)(r${register} ${signed(offset)})`;

function arithmetic({ opcode, dst, src, offset, immediate }: Fields): string | undefined {
  const is64 = (opcode & 7) === ALU64;
  const [left, right] = is64 ? [`r${dst}`, `r${src}`] : [`w${dst}`, `w${src}`];
  const operation = opcode >> 4;
  const isRegister = (opcode & X) !== 0;
  if (operation === END) {
    if (is64) return isRegister ? undefined : `r${dst} = bswap${immediate} r${dst}`;
    return `r${dst} = ${isRegister ? 'be' : 'le'}${immediate} r${dst}`;
  }
  if (operation === NEG) return isRegister ? undefined : `${left} = -${left}`;
  const operator = OPERATORS[operation];
  if (operator === undefined) return undefined;
  if (operation === MOV && isRegister && offset !== 0) {
    if (is64 && offset === ADDRESS_SPACE_CAST)
      return `${left} = addr_space_cast(${right}, ${immediate >>> 16}, ${immediate & 0xffff})`;
    if (is64 && offset === PER_CPU_ADDRESS) return `${left} = &(void __percpu *)(${right})`;
    return `${left} = (s${offset})${right}`;
  }
  const isSigned = (operation === DIV || operation === MOD) && offset === SIGNED_DIVISION;
  return `${left} ${isSigned ? 's' : ''}${operator} ${isRegister ? right : immediate}`;
}

function call({ index, src, offset, immediate }: Fields, names: CallNames): string {
  if (src === PSEUDO_CALL) {
    // The verifier moves the distance to the offset, and puts a number of its own in its place.
    const distance = offset === 0 ? immediate : offset;
    const name = names.function?.(index + 1 + distance);
    return `call pc${signed(distance)}${name === undefined ? '' : `#${name}`}`;
  }
  const name =
    src === PSEUDO_KFUNC_CALL ? names.kfunc?.(immediate, offset) : (names.helper?.(immediate) ?? helperName(immediate));
  return `call ${name ?? 'unknown'}#${immediate}`;
}

function jump(fields: Fields, names: CallNames): string | undefined {
  const { opcode, dst, src, offset, immediate } = fields;
  const is32 = (opcode & 7) === JMP32;
  const isRegister = (opcode & X) !== 0;
  const operation = opcode >> 4;
  if (opcode === TAIL_CALL) return 'tail_call';
  if (operation === JA) {
    if (isRegister) return is32 ? undefined : `gotox r${dst}`;
    return is32 ? `gotol pc${signed(immediate)}` : `goto pc${signed(offset)}`;
  }
  const comparison = COMPARISONS[operation];
  if (comparison) {
    const letter = is32 ? 'w' : 'r';
    const right = isRegister ? `${letter}${src}` : hex(immediate >>> 0);
    return `if ${letter}${dst} ${comparison} ${right} goto pc${signed(offset)}`;
  }
  if (is32) return undefined;
  if (operation === CALL) return isRegister ? `callx r${dst}` : call(fields, names);
  if (isRegister) return undefined;
  if (operation === EXIT) return 'exit';
  return operation === JCOND ? `may_goto pc${signed(offset)}` : undefined;
}

function load64({ dst, src, immediate, upper }: Fields): string {
  const id = immediate >>> 0;
  switch (src) {
    case MAP_ID:
      return `r${dst} = map[id:${id}]`;
    case MAP_VALUE:
      return `r${dst} = map[id:${id}][0]+${upper >>> 0}`;
    case FUNCTION:
      return `r${dst} = subprog[${signed(immediate)}]`;
    case MAP_INDEX:
      return `r${dst} = map[idx:${id}]`;
    case MAP_INDEX_VALUE:
      return `r${dst} = map[idx:${id}]+${upper >>> 0}`;
    default:
      return `r${dst} = ${hex((BigInt(upper >>> 0) << 32n) | BigInt(id))}`;
  }
}

/** Loads of packets, of the first BPF. */
function loadPacket({ opcode, src, immediate }: Fields): string | undefined {
  const type = SIZES[sizeOf(opcode)];
  switch (opcode & 0xe0) {
    case ABS:
      return `r0 = *(${type} *)skb[${immediate}]`;
    case IND:
      return `r0 = *(${type} *)skb[r${src} + ${immediate}]`;
    default:
      return undefined;
  }
}

function load({ opcode, dst, src, offset }: Fields): string | undefined {
  const mode = opcode & 0xe0;
  const isSigned = mode === MEMSX || mode === PROBE_MEMSX || mode === PROBE_MEM32SX;
  if (!isSigned && mode !== MEM && mode !== PROBE_MEM && mode !== PROBE_MEM32) return undefined;
  const type = (isSigned ? SIGNED_SIZES : SIZES)[sizeOf(opcode)];
  return type && `r${dst} = *${memory(type, src, offset)}`;
}

function atomic({ opcode, dst, src, offset, immediate }: Fields): string | undefined {
  const type = SIZES[sizeOf(opcode)] as string;
  const place = memory(type, dst, offset);
  if (immediate === LOAD_ACQUIRE) return `r${dst} = load_acquire(${memory(type, src, offset)})`;
  if (immediate === STORE_RELEASE) return `store_release(${place}, r${src})`;
  if (type === 'u8' || type === 'u16') return undefined;
  const prefix = type === 'u64' ? 'atomic64' : 'atomic';
  if (immediate === XCHG) return `r${src} = ${prefix}_xchg(${place}, r${src})`;
  if (immediate === CMPXCHG) return `r0 = ${prefix}_cmpxchg(${place}, r0, r${src})`;
  const [operator, name] = ATOMIC_OPERATORS[immediate & ~FETCH] ?? [];
  if (operator === undefined) return undefined;
  return (immediate & FETCH) === 0
    ? `lock *${place} ${operator} r${src}`
    : `r${src} = ${prefix}_fetch_${name}(${place}, r${src})`;
}

function store(fields: Fields): string | undefined {
  const { opcode, dst, src, offset, immediate } = fields;
  const mode = opcode & 0xe0;
  const isRegister = (opcode & 7) === STX;
  if (opcode === NOSPEC) return 'nospec';
  if (isRegister && (mode === ATOMIC || mode === PROBE_ATOMIC)) return atomic(fields);
  if (mode !== MEM && mode !== PROBE_MEM32) return undefined;
  const value = isRegister ? `r${src}` : immediate;
  return `*${memory(SIZES[sizeOf(opcode)] as string, dst, offset)} = ${value}`;
}

function textOf(fields: Fields, names: CallNames): string | undefined {
  switch (fields.opcode & 7) {
    case LD:
      return fields.opcode === LOAD_64 ? load64(fields) : loadPacket(fields);
    case LDX:
      return load(fields);
    case ST:
    case STX:
      return store(fields);
    case JMP:
    case JMP32:
      return jump(fields, names);
    default:
      return arithmetic(fields);
  }
}

/**
 * Disassembles BPF code, little-endian: of a loaded program (`BpfProgram.translatedCode()`), or of a section of an object.
 * One entry per instruction. Helpers have their names of include/uapi/linux/bpf.h; `names` adds others. A map is named by
 * the number in the instruction: the id after the verifier, the descriptor before. An unknown instruction is shown as its
 * 8 bytes: `unknown ff00000000000000`. Throws UsageError if the length is not a multiple of 8.
 */
export function disassemble(code: Uint8Array, names: CallNames = {}): Instruction[] {
  checkBytes('code', code);
  // A copy by the language's own length, which properties of the array may hide.
  const copy = new Uint8Array(code);
  checkOptions(names, NAMES);
  for (const name of NAMES) if (names[name] !== undefined) checkFunction(name, names[name]);
  if (copy.length % INSTRUCTION_SIZE !== 0) throw mistake('length of code', copy.length, 'a multiple of 8');
  const view = new DataView(copy.buffer, copy.byteOffset, copy.byteLength);
  const instructions: Instruction[] = [];
  for (let at = 0; at < copy.length; at += INSTRUCTION_SIZE) {
    const opcode = view.getUint8(at);
    const registers = view.getUint8(at + 1);
    const isWide = opcode === LOAD_64 && at + INSTRUCTION_SIZE < copy.length;
    const fields = {
      index: at / INSTRUCTION_SIZE,
      opcode,
      dst: registers & 0xf,
      src: registers >> 4,
      offset: view.getInt16(at + 2, true),
      immediate: view.getInt32(at + 4, true),
      upper: isWide ? view.getInt32(at + 12, true) : 0,
    };
    const bytes = copy.subarray(at, at + INSTRUCTION_SIZE);
    const text = textOf(fields, names) ?? `unknown ${Buffer.from(bytes).toString('hex')}`;
    instructions.push({ index: fields.index, code: text });
    if (isWide) at += INSTRUCTION_SIZE;
  }
  return instructions;
}
