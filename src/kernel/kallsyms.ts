import { readFileSync } from 'node:fs';

const NEWLINE = 0x0a;
/** `ffffffff81000000 T name\t[module]` */
const ADDRESS_DIGITS = 16;
const NAME_AT = ADDRESS_DIGITS + 3;

/**
 * Further behind a symbol than functions are long there is something that has none, such as a program that was loaded
 * later.
 */
const LONGEST = { kernel: 1 << 20, module: 1 << 16 } as const;

/** Of a kernel address the lower 48 bits, which a double holds: above them all have the same. */
function shortened(bytes: Buffer, at: number): number {
  let value = 0;
  for (let i = at + 4; i < at + ADDRESS_DIGITS; i++) {
    const digit = bytes[i] as number;
    value = value * 16 + (digit > 0x60 ? digit - 0x57 : digit - 0x30);
  }
  return value;
}

/** What is where in the kernel, by /proc/kallsyms. */
export class KernelSymbols {
  readonly #bytes: Buffer;
  /** In ascending order, with where in the bytes their lines are. */
  readonly #addresses: Float64Array;
  readonly #lines: Uint32Array;

  /** Without CAP_SYSLOG, or where kptr_restrict forbids it, all addresses are 0, and nothing is known. */
  static read(file = '/proc/kallsyms'): KernelSymbols {
    try {
      return new KernelSymbols(readFileSync(file));
    } catch {
      return new KernelSymbols(Buffer.alloc(0));
    }
  }

  constructor(bytes: Buffer) {
    const found: { address: number; line: number }[] = [];
    let isSorted = true;
    for (let at = 0, last = 0; at < bytes.length; ) {
      const address = shortened(bytes, at);
      // What is per CPU has an offset instead.
      if (bytes[at] === 0x66) {
        found.push({ address, line: at });
        isSorted &&= address >= last;
        last = address;
      }
      const end = bytes.indexOf(NEWLINE, at + NAME_AT);
      at = end < 0 ? bytes.length : end + 1;
    }
    // Those of the modules are behind the kernel's, and lie before them.
    if (!isSorted) found.sort((a, b) => a.address - b.address);
    this.#bytes = bytes;
    this.#addresses = Float64Array.from(found, ({ address }) => address);
    this.#lines = Uint32Array.from(found, ({ line }) => line);
  }

  /** The function that has an address, and how far into it that is: `tcp_v4_rcv+0x1b0`, `veth_xmit+0x5c [veth]`. */
  at(address: bigint): string | undefined {
    const wanted = Number(address & 0xffff_ffff_ffffn);
    let [low, high] = [0, this.#addresses.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#addresses[middle] as number) <= wanted) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    const offset = wanted - (this.#addresses[low - 1] as number);
    const line = this.#lines[low - 1] as number;
    const end = this.#bytes.indexOf(NEWLINE, line);
    const text = this.#bytes.toString('latin1', line + NAME_AT, end < 0 ? this.#bytes.length : end);
    const [name, module] = text.split('\t');
    if (offset >= (module ? LONGEST.module : LONGEST.kernel)) return undefined;
    return `${name}+0x${offset.toString(16)}${module ? ` ${module}` : ''}`;
  }
}
