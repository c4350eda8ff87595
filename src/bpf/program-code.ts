/** The code of a loaded program, and where it comes from. Source: bpf_prog_get_info_by_fd() of kernel/bpf/syscall.c. */
import { existsSync, readFileSync } from 'node:fs';
import { Btf } from '../btf/index.js';
import { ERRNO } from '../kernel/errno.js';
import { KernelSymbols } from '../kernel/kallsyms.js';
import type { NativeProgram } from '../native/binding.js';
import { type CallNames, disassemble, type Instruction } from './disassembly.js';
import { check } from './errors.js';
import type { SourceLine } from './verifier/log.js';
import { KERNEL_BTF } from './vmlinux.js';

/** An instruction of a loaded program. */
export interface ProgramInstruction extends Instruction {
  /** Name of the function that begins here. Undefined for all other instructions, and without BTF. */
  readonly function: string | undefined;
  /** The line that it was compiled from. Undefined without BTF, and for what the compiler ascribes to no line. */
  readonly source: SourceLine | undefined;
}

/** Sizes of struct bpf_func_info and struct bpf_line_info. */
const [FUNCTION_SIZE, LINE_SIZE] = [8, 16] as const;
/** Helpers are called by the distance of their address from that of this function. */
const CALL_BASE = '__bpf_call_base';

function isWithheld(answer: unknown): answer is number {
  return answer === -ERRNO.ENOENT || answer === -ERRNO.EPERM;
}

/** A program's machine code, or its BPF code after the verifier; undefined if there is none, or the kernel withholds it. */
export function codeOf(native: NativeProgram, name: string, isJited: boolean): Uint8Array | undefined {
  const code = native.code(isJited);
  return isWithheld(code) ? undefined : check<Uint8Array>(code, `cannot read the code of ${name}`);
}

/** Functions and lines of a program, by the index of their first instruction. */
interface Origin {
  readonly functions: ReadonlyMap<number, string>;
  readonly lines: ReadonlyMap<number, SourceLine | undefined>;
}

/** Records of 32-bit numbers. */
function* records(bytes: Uint8Array, size: number): Generator<readonly number[]> {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const length = size / 4;
  for (let at = 0; at < words.length; at += length) yield [...words.subarray(at, at + length)];
}

function originOf(native: NativeProgram, name: string): Origin {
  const answer = native.origin();
  if (isWithheld(answer)) return { functions: new Map(), lines: new Map() };
  const { functions, lines, btf: bytes } = check(answer, `cannot read the source lines of ${name}`);
  const btf = Btf.parse(bytes);
  const named = new Map<number, string>();
  for (const [index = 0, type = 0] of records(functions, FUNCTION_SIZE)) named.set(index, btf.type(type).name);
  const found = new Map<number, SourceLine | undefined>();
  for (const [index = 0, file = 0, line = 0, position = 0] of records(lines, LINE_SIZE)) {
    const text = btf.string(line).trim();
    found.set(index, text === '' ? undefined : { file: btf.string(file), line: position >>> 10, text });
  }
  return { functions: named, lines: found };
}

/** The whole name of a program, of which the kernel keeps 15 characters: its BTF has it, if the kernel gives that. */
export function wholeName(native: NativeProgram, name: string): string {
  const { functions } = originOf(native, name);
  const whole = functions.get(0);
  return whole?.startsWith(name) ? whole : name;
}

/** Names of helpers by their distance, which does not change while the kernel runs. To read all symbols takes a while. */
const helpers = new Map<number, string>();

/** The name of the function at a distance from the base of calls, if this process may read addresses of the kernel. */
function helperNames(): (distance: number) => string | undefined {
  let symbols: KernelSymbols | undefined;
  return (distance) => {
    const known = helpers.get(distance);
    // The kernel shows the distance as 0 to those who may not read addresses.
    if (known !== undefined || distance === 0) return known;
    symbols ??= KernelSymbols.read();
    const base = symbols.addressOf(CALL_BASE);
    const place = base === undefined ? undefined : symbols.at(base + BigInt(distance));
    const [, name] = /^([^+]+)\+0x0\b/.exec(place ?? '') ?? [];
    if (name !== undefined) helpers.set(distance, name);
    return name;
  };
}

/**
 * Names of kfuncs: after the verifier, by a distance like a helper's (always before Linux 6.4, and on x86), or by their id in
 * the kernel's BTF.
 */
function kfuncNames(helper: (distance: number) => string | undefined): CallNames['kfunc'] {
  let btf: Btf | undefined;
  return (immediate, offset) => {
    const name = helper(immediate);
    // Of a module: the offset is an index of descriptors that are closed.
    if (name !== undefined || offset !== 0) return name;
    if (btf === undefined && existsSync(KERNEL_BTF)) btf = Btf.parse(readFileSync(KERNEL_BTF));
    const type = btf && immediate > 0 && immediate < btf.count ? btf.type(immediate) : undefined;
    return type?.kind === 'func' ? type.name : undefined;
  };
}

/** The code after the verifier; undefined if the kernel withholds it. */
export function instructionsOf(native: NativeProgram, name: string): ProgramInstruction[] | undefined {
  const code = codeOf(native, name, false);
  if (code === undefined) return undefined;
  const { functions, lines } = originOf(native, name);
  const helper = helperNames();
  const names = { helper, kfunc: kfuncNames(helper), function: (index: number) => functions.get(index) };
  let source: SourceLine | undefined;
  return disassemble(code, names).map(({ index, code: text }) => {
    if (lines.has(index)) source = lines.get(index);
    return { index, code: text, function: functions.get(index), source };
  });
}
