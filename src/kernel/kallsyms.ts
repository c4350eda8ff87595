import { readFileSync } from 'node:fs';

const NEWLINE = 0x0a;
/** `ffffffff81000000 T name\t[module]` */
const ADDRESS_DIGITS = 16;
const NAME_AT = ADDRESS_DIGITS + 3;

/**
 * Maximum distance in bytes between a symbol and an address in its function. Addresses farther away belong to code
 * without a symbol, such as a program loaded later.
 */
const LONGEST = { kernel: 1 << 20, module: 1 << 16 } as const;

/** The lower 48 bits of a kernel address, which a double can hold. The upper ones are the same for all. */
function shortened(bytes: Buffer, at: number): number {
  let value = 0;
  for (let i = at + 4; i < at + ADDRESS_DIGITS; i++) {
    const digit = bytes[i] as number;
    value = value * 16 + (digit > 0x60 ? digit - 0x57 : digit - 0x30);
  }
  return value;
}

/** Symbols of the kernel, from /proc/kallsyms. */
export class KernelSymbols {
  readonly #bytes: Buffer;
  /** In ascending order, with the offsets of their lines in the bytes. */
  readonly #addresses: Float64Array;
  readonly #lines: Uint32Array;

  /**
   * Reads all symbols. Without CAP_SYSLOG, or if kptr_restrict forbids it, all addresses are 0, and no symbol is found.
   */
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
      // Per-CPU symbols have an offset instead.
      if (bytes[at] === 0x66) {
        found.push({ address, line: at });
        isSorted &&= address >= last;
        last = address;
      }
      const end = bytes.indexOf(NEWLINE, at + NAME_AT);
      at = end < 0 ? bytes.length : end + 1;
    }
    // Symbols of modules come last, but their addresses are lower.
    if (!isSorted) found.sort((a, b) => a.address - b.address);
    this.#bytes = bytes;
    this.#addresses = Float64Array.from(found, ({ address }) => address);
    this.#lines = Uint32Array.from(found, ({ line }) => line);
  }

  /** The address of a function of the kernel itself; undefined if there is none of that name, or addresses are hidden. */
  addressOf(name: string): bigint | undefined {
    const end = this.#bytes.indexOf(` ${name}\n`, 0, 'latin1');
    if (end < 0) return undefined;
    const start = this.#bytes.lastIndexOf(NEWLINE, end) + 1;
    return BigInt(`0x${this.#bytes.toString('latin1', start, start + ADDRESS_DIGITS)}`) || undefined;
  }

  /** The function at an address, with the offset in it: `tcp_v4_rcv+0x1b0`, `veth_xmit+0x5c [veth]`. */
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
